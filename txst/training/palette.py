"""Names for a model whose styles are codes: the training that follows its own."""

from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from omegaconf import DictConfig, OmegaConf
from torch import Tensor

from txst.export.run import history, parts, save_model
from txst.metrics.artist import ArtistClassifier
from txst.model_folder.config import WEIGHTS, read_config
from txst.model_folder.folder import build
from txst.model_folder.run_folder import averaged, read_run, starting_weights
from txst.palette.build import make_palette
from txst.palette.tune import CodeTuner
from txst.types import CodeModel


def build_palette(
    source: Path,
    folder: Path,
    pictures: Sequence[str],
    steps: int = 2000,
    classifier: Path | None = None,
    tune: int = 0,
    half: bool = False,
) -> Path:
    """Makes a model folder in which the codes of pictures are kept under their names, with a text encoder.

    Of a model that paints by embeddings, as those of CLIP, the codes are what its embedder gives pictures; it reads any text itself.

    Args:
        source: folder of a run, or of a model.
        folder: where to.
        pictures: folders of shards, of the pictures that have names.
        steps: of the text encoder's training; 0 leaves it out, and the model knows names alone.
        classifier: folder of a classifier of artists on the run's loss network (scripts/train_artist_classifier.py --network): of an
            artist's paintings the palette then prefers those after which photos are taken for the artist's and can still
            be read.
        tune: photos by which the best code of each name that the classifier knows is moved further that way.
        half: see `export_run`.
    """
    cfg, config, weights = opened(source)
    model = build(config["model"])
    if "text" in model.reads:
        if classifier is not None:
            raise ValueError(f"{source}: its embedder gives the codes, and no classifier of artists tunes them")
        return with_names(source, folder, pictures, cfg, config, weights, half)
    if "code" not in model.reads:
        raise ValueError(
            f"{source}: a palette is for models whose styles are codes (transfer=conditional_norm) or embeddings (clip=openclip)"
        )
    weights = {name: weight for name, weight in weights.items() if name.startswith("model.")}
    model.load_state_dict({name.removeprefix("model."): weight for name, weight in weights.items()})
    tuner = None if classifier is None else tuner_of(cfg, model.eval(), classifier)
    config["clip"], tensors, found = make_palette(model.eval(), pictures, steps, tuner, tune)
    weights |= {f"clip.{name}": tensor for name, tensor in tensors.items()}
    shares = {name: round(share, 3) for name, share in found.items()}
    config["training"] = {"stages": history(source), "words": shares, "tuned": tune}
    return save_model(folder, cfg.name if cfg else source.name, config, weights, half)


def with_names(
    source: Path,
    folder: Path,
    pictures: Sequence[str],
    cfg: DictConfig | None,
    config: dict[str, Any],
    weights: dict[str, Tensor],
    half: bool,
) -> Path:
    """The same of a model that paints by embeddings."""
    clip = build(config["clip"])
    if own := {name.removeprefix("clip."): weight for name, weight in weights.items() if name.startswith("clip.")}:
        clip.load_state_dict(own)
    reader = cast(CodeModel, SimpleNamespace(style_code=clip.eval()))
    config["palette"], tensors, _ = make_palette(reader, pictures, 0)
    weights = weights | {f"palette.{name}": tensor for name, tensor in tensors.items()}
    config["training"] = {"stages": history(source)}
    return save_model(folder, cfg.name if cfg else source.name, config, weights, half)


def opened(source: Path) -> tuple[DictConfig | None, dict[str, Any], dict[str, Tensor]]:
    """The config of the run, where it is one; those of model and embedder; their weights."""
    if (source / WEIGHTS).is_file():
        config = read_config(source)
        return None, {part: config[part] for part in ("model", "clip")}, starting_weights(source)
    cfg, checkpoint = read_run(source)
    return cfg, *parts(source, cfg, averaged(checkpoint))


def tuner_of(cfg: DictConfig | None, model: Any, classifier: Path) -> CodeTuner:
    """By the loss network and the photos of a run."""
    if cfg is None or not cfg.loss_network:
        raise ValueError(
            f"{classifier} looks with the loss network of a run: name the run's folder, of one with a loss network of its own"
        )
    network = build(OmegaConf.to_container(cfg.loss_network, resolve=True)).eval()
    return CodeTuner(
        cast(CodeModel, model), ArtistClassifier(network, classifier), cfg.data.content, cfg.layers.content
    )
