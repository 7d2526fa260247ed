"""Published checkpoints -> model folders: TxST, AdaIN, MicroAST, SANet, AdaAttN, StyTr2, Johnson's networks, PCA-KD and CartoonGAN as they are given out."""

from pathlib import Path

from torch import Tensor, nn

from txst.encoders.weights import fill, find
from txst.export.published import adaattn, adain, microast, pca_kd, sanet, stytr2, txst
from txst.export.published_cartoongan import cartoongan, read_arrays
from txst.export.published_johnson import ml5, pytorch_example, read_ml5
from txst.export.run import without_files
from txst.export.safe_unpickle import read_checkpoint
from txst.export.tensorflow_checkpoint import read_tensorflow
from txst.model_folder.folder import build, save_folder

# Names that files of parts begin with, where their weights do not say which part they are of
PARTS = ("content_encoder", "style_encoder", "modulator", "decoder")
IGNORED = ("vgg_feat.", "text_editor.", "simCLR.")  # of TxST: the encoder once more, CLIP, a left-over of training


def import_weights(files: list[Path], folder: str | Path, vgg: str | Path = "vgg_normalised.pth") -> Path:
    """Writes the model folder of a published checkpoint. Nothing in the files is executed.

    Args:
        files: the checkpoint; or the files of its parts, each under its published name; or the manifest.json of one of ml5's
            folders; or the .index files of PCA-KD's encoder and decoder; or a folder of CartoonGAN's arrays.
        folder: where to.
        vgg: for AdaIN, SANet and AdaAttN, whose own files have no encoder: its weights, a file or the name of a downloaded one.

    Raises:
        ValueError: the file is none of those known, or lacks weights, or has others.
    """
    tensors: dict[str, Tensor] = {}
    for file in files:
        part = next((f"{p}." for p in PARTS if len(files) > 1 and file.name.startswith(p)), "")
        tensors |= {f"{part}{name}": t for name, t in read(file if file.is_dir() else find(file)).items()}
    source = ", ".join(str(file) for file in files)
    known = (
        txst(),
        pytorch_example(),
        ml5(),
        adain(vgg),
        microast(),
        pca_kd(),
        sanet(vgg),
        adaattn(vgg),
        stytr2(),
        cartoongan(),
    )
    network = next((n for n in known if n.sign in tensors), None)
    if network is None:
        held = ", ".join(list(tensors)[:3])
        raise ValueError(f"{source} holds {held}, ... and is no checkpoint of {', '.join(n.title for n in known)}")
    model = build(network.model)
    take(model.get_submodule(network.part), network.folded(tensors), network.names, source)
    config = {"model": without_files(network.model), "clip": network.clip}
    weights = {f"model.{name}": tensor for name, tensor in model.state_dict().items()}
    return save_folder(folder, config, weights, f"# {network.title}, as published\n{network.card}")


def read(file: Path) -> dict[str, Tensor]:
    """The tensors of a file in any of the forms that people have; those of an index are named after it as well."""
    if file.is_dir():
        return read_arrays(file)
    if file.suffix == ".json":
        return read_ml5(file)
    if file.suffix == ".index":
        return {f"{file.stem}.{name}": tensor for name, tensor in read_tensorflow(file).items()}
    return read_checkpoint(file, IGNORED)


def take(module: nn.Module, tensors: dict[str, Tensor], names: dict[str, str], source: str) -> None:
    """Fills a module with published weights: each has its place, and each place that has a published name its weight."""
    ours = {}
    for name in tensors:
        begin = next((b for b in names if name.startswith(b)), "")
        ours[name] = names.get(begin, "?") + name.removeprefix(begin)
    state = module.state_dict()
    if unknown := [name for name, our in ours.items() if our not in state]:
        raise ValueError(f"{source} has weights that the published network lacks: {', '.join(unknown[:4])}")
    named = {name for name in state if name.startswith(tuple(names.values()))}
    if missing := named - set(ours.values()):
        begins = {our: their for their, our in names.items()}
        theirs = [begins[b] + name.removeprefix(b) for name in missing for b in begins if name.startswith(b)]
        raise ValueError(f"{source} lacks {', '.join(sorted(theirs)[:4])}")
    fill(module, state | {ours[name]: tensor.float() for name, tensor in tensors.items()}, source)
