"""A trained run -> a model folder."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf
from torch import Tensor

from txst.model_folder.config import WEIGHTS, read_config
from txst.model_folder.folder import build, network, save_folder
from txst.model_folder.run_folder import averaged, read_run


def export_run(run: str | Path, folder: str | Path, half: bool = False) -> Path:
    """Makes a model folder of a training run, with the averaged weights where there are any.

    Args:
        run: the run's folder, with config.yaml and checkpoints/last.ckpt.
        folder: where to.
        half: keep the weights in float16, at half the size; they are read into float32.
    """
    cfg, checkpoint = read_run(Path(run))
    config, weights = parts(run, cfg, averaged(checkpoint))
    config["training"] = {"stages": history(Path(run))}
    return save_model(folder, cfg.name, config, weights, half)


def save_model(
    folder: str | Path, name: str, config: dict[str, Any], weights: dict[str, Tensor], half: bool = False
) -> Path:
    """Writes a model folder with its card.

    Args:
        folder: where to.
        name: of the model.
        config: `model`, `clip`, and `training`: how it was made.
        weights: of both.
        half: see `export_run`.
    """
    if half:
        weights = {k: v.half() if v.is_floating_point() else v for k, v in weights.items()}
    return save_folder(folder, config, weights, card(name, config, weights))


def export_method(cfg: DictConfig, folder: str | Path) -> Path:
    """Makes a model folder of a method that is not trained, of conf/optimise.yaml."""
    config, weights = parts("conf/optimise.yaml", cfg, {})
    config["training"] = {"stages": []}
    return save_model(folder, cfg.name, config, weights)


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


def without_files(config: Any) -> Any:
    """The same config with every `weights` file left out: the folder's own weights take their place."""
    if isinstance(config, dict):
        # losses have weights by name: these are no files
        files = {k for k, v in config.items() if k == "weights" and not isinstance(v, dict)}
        return {k: None if k in files else without_files(v) for k, v in config.items()}
    return [without_files(c) for c in config] if isinstance(config, list) else config


def history(run: Path) -> list[dict[str, Any]]:
    """How a run was trained, after those that it began with the weights of: what a model's card says, for its config.yaml."""
    if (run / WEIGHTS).is_file():  # without a config, what no training made
        return read_config(run).get("training", {}).get("stages", []) if (run / "config.yaml").is_file() else []
    cfg, checkpoint = read_run(run)
    init = Path(cfg.init) if cfg.get("init") else None
    trained = init is None or (init / "config.yaml").is_file()  # without, no training made it, see `training.inverse`
    parts = list(cfg.get("init_parts") or [])
    own = {
        "name": cfg.name,
        "took": parts if trained else [],  # of what was trained before; nothing: all
        "fitted": [] if trained else parts,
        "steps": checkpoint["global_step"],
        "seed": cfg.seed,
        "size": cfg.size,
        "batch_size": cfg.data.batch_size,
        "losses": {name: float(weight) for name, weight in cfg.loss.weights.items()},
        "loss_network": cfg.loss_network.get("network", cfg.loss_network)._target_ if cfg.loss_network else None,
        "teacher": cfg.teacher._target_ if cfg.teacher else None,
    }
    return [*(history(init) if init else []), own]


def told(stages: Sequence[dict[str, Any]]) -> str:
    """Stages of training in words."""
    return (
        "none"
        if not stages
        else "; then ".join(
            f"{begun(stage)}{stage['steps']} steps of batch {stage['batch_size']} at {stage['size']} pixels, seed {stage['seed']}, losses "
            + ", ".join(f"{name} {weight:g}" for name, weight in stage["losses"].items() if weight)
            for stage in stages
        )
    )


def begun(stage: dict[str, Any]) -> str:
    """What a stage took from before it, where that is not all."""
    took, fitted = (" and ".join(stage.get(key, [])) for key in ("took", "fitted"))
    return f"from the {took} alone, " if took else f"from a {fitted} fitted beforehand, " if fitted else ""


def card(name: str, config: dict[str, Any], weights: dict[str, Tensor]) -> str:
    """The README.md of a model folder."""
    count = sum(w.numel() for w in weights.values()) / 1e6
    training = config["training"]
    found = training.get("words")
    tower = f"\n- Texts and held-out pictures: {', '.join(f'{k} {v:.0%}' for k, v in found.items())}." if found else ""
    return f"""---
library_name: txst
license: other
tags: [style-transfer, text-driven-style-transfer]
---
# {name}
A style transfer model of txst, {count:.2f} million weights.

- Network: `{network_of(config["model"])}`; style space: `{config["clip"]["_target_"]}`.
- Training: {told(training["stages"])}.{tower}
- Weights carry the terms of the pictures and of the loss network they were trained with; name them here before you publish.

Paint: `txst photo.jpg{options(config["model"], config["clip"])} --model THIS_FOLDER`
"""


def options(model: dict[str, Any], clip: dict[str, Any]) -> str:
    """What tells a model its style, for the command line."""
    if clip.get("domains"):
        return f' --style "{clip["names"][0]}"'
    reads = getattr(network(network_of(model)), "reads", {"text"})
    return "" if reads == {"fixed"} else " --style-image FILE" if reads == {"image"} else ' --style "claude monet"'


def network_of(model: dict[str, Any]) -> str:
    """The class that makes a model what it is: its transfer, or itself where it has none."""
    return model.get("transfer", model)["_target_"]
