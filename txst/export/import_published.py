"""Published checkpoints -> model folders: TxST, AdaIN, MicroAST, Johnson's networks and PCA-KD as they are given out."""

from pathlib import Path

from torch import Tensor, nn

from txst.encoders.weights import fill, find
from txst.export.published import adain, microast, pca_kd, txst
from txst.export.published_johnson import ml5, pytorch_example, read_ml5
from txst.export.run import without_files
from txst.export.safe_unpickle import read_checkpoint
from txst.export.tensorflow_checkpoint import read_tensorflow
from txst.model_folder.folder import build, save_folder

MICROAST_FILES = ("content_encoder", "style_encoder", "modulator", "decoder")
IGNORED = ("vgg_feat.", "text_editor.", "simCLR.")  # of TxST: the encoder once more, CLIP, a left-over of training


def import_weights(files: list[Path], folder: str | Path, vgg: str | Path = "vgg_normalised.pth") -> Path:
    """Writes the model folder of a published checkpoint. Nothing in the files is executed.

    Args:
        files: the checkpoint; or MicroAST's four files, each named after its part; or the manifest.json of one of ml5's
            folders; or the .index files of PCA-KD's encoder and decoder.
        folder: where to.
        vgg: for AdaIN, whose own file is a decoder alone: the encoder's weights, a file or the name of a downloaded one.

    Raises:
        ValueError: the file is none of those known, or lacks weights, or has others.
    """
    tensors: dict[str, Tensor] = {}
    for file in files:
        part = next((f"{p}." for p in MICROAST_FILES if len(files) > 1 and file.name.startswith(p)), "")
        tensors |= {f"{part}{name}": t for name, t in read(find(file)).items()}
    source = ", ".join(str(file) for file in files)
    known = (txst(), pytorch_example(), ml5(), adain(vgg), microast(), pca_kd())
    network = next((n for n in known if n.sign in tensors), None)
    if network is None:
        held = ", ".join(list(tensors)[:3])
        raise ValueError(
            f"{source} holds {held}, ... and is no checkpoint of TxST, of AdaIN's decoder, of MicroAST, of Johnson's networks or of PCA-KD"
        )
    model = build(network.model)
    take(model.get_submodule(network.part), network.folded(tensors), network.names, source)
    config = {"model": without_files(network.model), "clip": network.clip}
    weights = {f"model.{name}": tensor for name, tensor in model.state_dict().items()}
    return save_folder(folder, config, weights, f"# {network.title}, as published\n{network.card}")


def read(file: Path) -> dict[str, Tensor]:
    """The tensors of a file in any of the forms that people have; those of an index are named after it as well."""
    if file.suffix == ".json":
        return read_ml5(file)
    if file.suffix == ".index":
        return {f"{file.stem}.{name}": tensor for name, tensor in read_tensorflow(file).items()}
    return read_checkpoint(file, IGNORED)


def take(module: nn.Module, tensors: dict[str, Tensor], names: dict[str, str], source: str) -> None:
    """Fills a module with published weights: each has its place, and each place its weight."""
    ours = {}
    for name in tensors:
        begin = next((b for b in names if name.startswith(b)), "")
        ours[name] = names.get(begin, "?") + name.removeprefix(begin)
    state = module.state_dict()
    if unknown := [name for name, our in ours.items() if our not in state]:
        raise ValueError(f"{source} has weights that the published network lacks: {', '.join(unknown[:4])}")
    if missing := state.keys() - set(ours.values()):
        begins = {our: their for their, our in names.items()}
        theirs = [begins[b] + name.removeprefix(b) for name in missing for b in begins if name.startswith(b)]
        raise ValueError(f"{source} lacks {', '.join(sorted(theirs)[:4])}")
    fill(module, {ours[name]: tensor.float() for name, tensor in tensors.items()}, source)
