"""A method that is trained first: with the same pictures, steps and loss network as the others of its board."""

from collections.abc import Sequence
from pathlib import Path

import torch
from hydra import compose
from omegaconf import DictConfig, OmegaConf

from txst.commands.old_names import new_overrides
from txst.evaluation.methods import Folder
from txst.export.run import export_run
from txst.training.run import train


class Trained(Folder):
    """Trains `conf/train.yaml` with overrides, unless the run is there already, and paints with the result.

    Args:
        overrides: what makes the method: `transfer=adain`, ...
        common: overrides that all trained methods of a board share.
        content: shards of photos.
        style: shards of paintings.
        steps: of the training.
        run: folder of the run; one that was cut short goes on.
        device: to paint on.
    """

    def __init__(
        self,
        overrides: Sequence[str],
        common: Sequence[str],
        content: str | Sequence[str],
        style: str | Sequence[str],
        steps: int,
        run: str,
        device: str = "auto",
    ) -> None:
        super().__init__(trained([*common, *overrides], content, style, steps, Path(run)), device=device)


def trained(
    overrides: Sequence[str], content: str | Sequence[str], style: str | Sequence[str], steps: int, run: Path
) -> Path:
    """The model folder of a training with these settings.

    Raises:
        ValueError: the folder holds a run with other settings.
    """
    cfg = compose("train", [*new_overrides(overrides), f"run_dir={run}", f"name={run.name}"])
    cfg.data.content, cfg.data.style, cfg.trainer.max_steps = content, style, steps
    checkpoint = run / "checkpoints/last.ckpt"
    done = 0
    if checkpoint.is_file():
        if not same(cfg, run / "config.yaml"):
            raise ValueError(f"{run} holds a run with other settings: name another folder, or remove it")
        done = torch.load(checkpoint, map_location="cpu", weights_only=True)["global_step"]
        if done > steps:
            raise ValueError(
                f"{run} was trained for {done} steps, more than the {steps} to compare: name another folder"
            )
        cfg.resume = str(checkpoint)
    if done < steps:
        try:
            train(cfg)
        except SystemExit as end:
            if isinstance(end.code, str):  # its sentence for the reader; an interruption has none, and ends the board
                raise ValueError(end.code) from None
            raise
    return export_run(run, run / "model")


def same(cfg: DictConfig, file: Path) -> bool:
    """Whether a run was made with this config; how far it went, and from where it went on, does not count."""
    old, new = (OmegaConf.create(OmegaConf.to_container(c, resolve=True)) for c in (OmegaConf.load(file), cfg))
    for config in (old, new):
        config.resume = config.trainer.max_steps = None
    return old == new
