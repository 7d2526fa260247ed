"""A trained run -> a model folder."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from omegaconf import DictConfig, OmegaConf
from safetensors.torch import load_file
from torch import Tensor

from txst.metrics.artist import ArtistClassifier
from txst.model_folder.config import WEIGHTS, read_config
from txst.model_folder.folder import build, save_folder
from txst.palette.build import make_palette
from txst.palette.tune import CodeTuner


def export_run(
    run: str | Path,
    folder: str | Path,
    half: bool = False,
    palette: Sequence[str] = (),
    words: int = 0,
    critic: str | Path | None = None,
    tune: int = 0,
) -> Path:
    """Makes a model folder of a training run, with the averaged weights where there are any.

    Args:
        run: the run's folder, with config.yaml and checkpoints/last.ckpt.
        folder: where to.
        half: keep the weights in float16, at half the size; they are read into float32.
        palette: folders of shards, for a model that paints after pictures: their pictures' codes make it paint after
            their names.
        words: steps of the training of the palette's text tower; 0 leaves it out.
        critic: folder of a classifier of artists on the run's judge (scripts/train_artist_classifier.py --network): of an artist's
            paintings the palette then prefers those after which photos are taken for the artist's and still read.
        tune: photos by which the best code of each name that the critic knows is moved further that way.
    """
    cfg, checkpoint = read_run(Path(run))
    config, weights = parts(run, cfg, averaged(checkpoint))
    found = give_names(cfg, config, weights, palette, words, critic, tune) if palette else {}
    if half:
        weights = {k: v.half() if v.is_floating_point() else v for k, v in weights.items()}
    stages = history(Path(run))
    shares = {name: round(share, 3) for name, share in found.items()}
    config["training"] = {"stages": stages, "words": shares, "tuned": tune}
    text = card(cfg, config["clip"]["_target_"], stages, weights, found)
    return save_folder(folder, config, weights, text)


def parts(run: str | Path, cfg: DictConfig, trained: dict[str, Tensor]) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """The configs of the model and of its embedder, without files, and the weights of both that a folder holds."""
    config: dict[str, Any] = {}
    weights: dict[str, Tensor] = {}
    for part in ("model", "clip"):
        resolved = OmegaConf.to_container(cfg[part], resolve=True)
        module = build(resolved)  # with the frozen weights from the files that the run named
        config[part] = without_files(resolved)
        own = {k.removeprefix(f"{part}."): v for k, v in trained.items() if k.startswith(f"{part}.")}
        state = module.state_dict()
        if foreign := own.keys() - state.keys():
            raise ValueError(f"{run}: the checkpoint has weights that the config lacks: {sorted(foreign)[:5]}")
        if part == "model" or module.bundled:
            weights |= {f"{part}.{k}": v for k, v in (state | own).items()}
    return config, weights


def read_run(run: Path) -> tuple[DictConfig, dict[str, Any]]:
    """The config and the checkpoint of a run's folder."""
    for need in (run / "config.yaml", run / "checkpoints/last.ckpt"):
        if not need.is_file():
            raise FileNotFoundError(f"{need} is missing: {run} is no folder of a run that has saved a checkpoint")
    cfg = OmegaConf.load(run / "config.yaml")
    if not isinstance(cfg, DictConfig):
        raise ValueError(f"{run}/config.yaml holds no config")
    return cfg, torch.load(run / "checkpoints/last.ckpt", map_location="cpu", weights_only=True)


def give_names(
    cfg: DictConfig,
    config: dict[str, Any],
    weights: dict[str, Tensor],
    palette: Sequence[str],
    words: int,
    critic: str | Path | None,
    tune: int,
) -> dict[str, float]:
    """Turns a picture-driven model's config and weights into those of one that paints after names.

    Returns:
        What the text tower finds of the test split, `inference.words.retrieval`.
    """
    model = build(config["model"])
    if not hasattr(getattr(model, "transfer", None), "code"):
        raise ValueError("a palette is for models whose styles are codes: transfer=conditional_norm")
    model.load_state_dict({k.removeprefix("model."): v for k, v in weights.items()})
    config["model"]["transfer"]["needs_picture"] = model.transfer.needs_picture = False
    trials = None
    if critic:
        if not cfg.loss_network:
            raise ValueError(f"the critic {critic} looks with the run's judge, and the run had none of its own")
        eye = build(OmegaConf.to_container(cfg.loss_network, resolve=True)).eval()
        trials = CodeTuner(model.eval(), ArtistClassifier(eye, critic), cfg.data.content, cfg.layers.content)
    config["clip"], tensors, found = make_palette(model.eval(), palette, words, trials, tune)
    weights |= {f"clip.{name}": tensor for name, tensor in tensors.items()}
    return found


def averaged(checkpoint: dict[str, Any]) -> dict[str, Tensor]:
    """The trained weights, each by its moving average where the run kept one."""
    found = dict(checkpoint["state_dict"])
    for state in checkpoint.get("callbacks", {}).values():
        found |= state.get("average", {})
    return found


def start(folder: Path) -> dict[str, Tensor]:
    """The weights that a training may begin with: a run's averaged ones, or those of a model folder."""
    if not (folder / WEIGHTS).is_file():
        return averaged(read_run(folder)[1])
    return {name: w.float() if w.is_floating_point() else w for name, w in load_file(folder / WEIGHTS).items()}


def without_files(config: Any) -> Any:
    """The same config with every `weights` file left out: the folder's own weights take their place."""
    if isinstance(config, dict):
        return {k: None if k == "weights" else without_files(v) for k, v in config.items()}
    return [without_files(c) for c in config] if isinstance(config, list) else config


def history(run: Path) -> list[dict[str, Any]]:
    """How a run was trained, after those that it began with the weights of: what a model's card says, for its config.yaml."""
    if (run / WEIGHTS).is_file():
        return read_config(run).get("training", {}).get("stages", [])
    cfg, checkpoint = read_run(run)
    own = {
        "name": cfg.name,
        "steps": checkpoint["global_step"],
        "seed": cfg.seed,
        "size": cfg.size,
        "batch_size": cfg.data.batch_size,
        "losses": {name: float(weight) for name, weight in cfg.loss.weights.items()},
        "loss_network": cfg.loss_network.get("network", cfg.loss_network)._target_ if cfg.loss_network else None,
        "teacher": cfg.teacher._target_ if cfg.teacher else None,
    }
    return [*(history(Path(cfg.init)) if cfg.get("init") else []), own]


def told(stages: Sequence[dict[str, Any]]) -> str:
    """Stages of training in words."""
    return "; then ".join(
        f"{stage['steps']} steps of batch {stage['batch_size']} at {stage['size']} pixels, seed {stage['seed']}, losses "
        + ", ".join(f"{name} {weight:g}" for name, weight in stage["losses"].items() if weight)
        for stage in stages
    )


def card(
    cfg: DictConfig, clip: str, stages: list[dict[str, Any]], weights: dict[str, Tensor], found: dict[str, float]
) -> str:
    """The README.md of a model folder."""
    count = sum(w.numel() for w in weights.values()) / 1e6
    tower = f"\n- Texts and held-out pictures: {', '.join(f'{k} {v:.0%}' for k, v in found.items())}." if found else ""
    return f"""---
library_name: txst
license: other
tags: [style-transfer, text-driven-style-transfer]
---
# {cfg.name}
A text-driven style transfer model of txst, {count:.2f} million weights.

- Network: `{cfg.transfer._target_}`; style space: `{clip}`.
- Training: {told(stages)}.{tower}
- Weights carry the terms of the pictures and of the judge network they were trained with; name them here before you publish.

Paint: `txst photo.jpg --style "claude monet" --model THIS_FOLDER`
"""
