"""Paints every pair with a method and measures the result. A metric that fails leaves its error; the others go on."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from omegaconf import DictConfig, MissingMandatoryValue, OmegaConf
from omegaconf.errors import InterpolationToMissingValueError
from PIL import Image
from tqdm import tqdm

from txst.evaluation.methods import OtherArtist, Repaint
from txst.evaluation.pairs import Pair
from txst.layers.tensors import to_picture, to_tensor
from txst.metrics.build import build_metrics
from txst.types import Painted

Look = Callable[[str], Image.Image]  # sha256 of a picture's file -> the picture as it is measured


@dataclass
class Measured:
    """The figures of one method."""

    totals: dict[str, float] = field(default_factory=dict)
    values: dict[str, NDArray[np.float64]] = field(default_factory=dict)  # [N], of metrics of pairs
    errors: dict[str, str] = field(default_factory=dict)  # of metrics that failed


class Metrics:
    """The metrics of a config, each built once.

    Args:
        config: name -> `_target_` and what it takes, `conf/metric`.
        device: for their networks.
    """

    def __init__(self, config: DictConfig, device: torch.device) -> None:
        self.device = device
        self.names = list(config)
        self.errors: dict[str, str] = {}
        able = {}
        for name in tqdm(config, desc="metrics", unit="metric"):
            try:
                able[name] = OmegaConf.to_container(config[name], resolve=True, throw_on_missing=True)
                build_metrics(OmegaConf.create({name: able[name]}))
            except (MissingMandatoryValue, InterpolationToMissingValueError) as error:
                remedy = (
                    "set it, e.g. network.inception.weights=FILE or network.artist_classifier=FOLDER (conf/network)"
                )
                self.errors[name] = f"{str(error).splitlines()[0]}: {remedy}"
            except Exception as error:
                able.pop(name, None)
                self.errors[name] = sentence(error)
        made = build_metrics(OmegaConf.create(able))  # once more and together, because they share networks
        self.metrics: dict[str, Any] = {name: metric.to(device) for name, metric in made.items()}

    def facts(self) -> dict[str, dict[str, Any]]:
        """The head of each column, also of the metrics that could not be built."""
        told = ("unit", "network", "higher_is_better")
        absent = {"unit": "", "network": "", "higher_is_better": None}
        return {
            name: {**absent, "error": self.errors[name]}
            if name in self.errors
            else {fact: getattr(self.metrics[name], fact) for fact in told}
            for name in self.names
        }

    @torch.no_grad()
    def measure(
        self, method: Any, pairs: Sequence[Pair], look: Look, batch: int, title: str, seed: int = 0
    ) -> Measured:
        """Paints all pairs with a method and measures them.

        Args:
            method: see `methods.py`.
            pairs: the list.
            look: gives their pictures.
            batch: pairs at a time.
            title: for the progress bar.
            seed: of the choice of wrong artists, for `OtherArtist`.
        """
        measured = Measured(errors=dict(self.errors))
        for metric in self.metrics.values():
            metric.reset()
        shown = others(pairs, seed) if isinstance(method, OtherArtist) else pairs
        with tqdm(total=len(pairs), desc=title, unit="picture") as bar:
            for start in range(0, len(pairs), batch):
                part = slice(start, start + batch)
                painted = paint(method, pairs[part], shown[part], look, self.device)
                self._each(measured, partial(self._show, painted))
                bar.update(len(painted.artist))
        self._each(measured, partial(self._conclude, measured, len(pairs)))
        return measured

    def _each(self, measured: Measured, act: Callable[[str, Any], None]) -> None:
        for name, metric in self.metrics.items():
            if name not in measured.errors:
                try:
                    act(name, metric)
                except Exception as error:
                    measured.errors[name] = sentence(error)

    @staticmethod
    def _show(painted: Painted, name: str, metric: Any) -> None:
        metric.update(painted)

    @staticmethod
    def _conclude(measured: Measured, pairs: int, name: str, metric: Any) -> None:
        measured.totals[name] = float(metric.compute())
        if (values := metric.values) is not None:
            own = np.asarray(torch.as_tensor(values).cpu(), np.float64)
            if own.shape != (pairs,):
                raise ValueError(f"the metric gave {list(own.shape)} values for {pairs} pairs")
            measured.values[name] = own


def paint(method: Any, pairs: Sequence[Pair], shown: Sequence[Pair], look: Look, device: torch.device) -> Painted:
    """Some pairs, painted in the styles of `shown`, with the photos and paintings that they are compared with."""
    photos = [look(pair.photo) for pair in pairs]
    painted = [method(photo, look(other.painting), other.artist) for photo, other in zip(photos, shown, strict=True)]
    content, output, style = (
        torch.cat([to_tensor(picture) for picture in row]).to(device)
        for row in (photos, painted, [look(pair.painting) for pair in pairs])
    )
    repaint = method.repaint and on_tensors(method.repaint)
    return Painted(content, output, style, [p.artist for p in pairs], [p.movement for p in pairs], repaint)


def on_tensors(repaint: Repaint) -> Callable[[torch.Tensor, torch.Tensor], torch.Tensor]:
    """The same on [B, 3, H, W], through 8 bits as every picture goes."""

    def repainted(pictures: torch.Tensor, styles: torch.Tensor) -> torch.Tensor:
        rows = zip(pictures, styles, strict=True)
        made = [to_tensor(repaint(to_picture(picture[None]), to_picture(style[None]))) for picture, style in rows]
        return torch.cat(made).to(pictures.device)

    return repainted


def others(pairs: Sequence[Pair], seed: int) -> list[Pair]:
    """For each pair one of another artist, at random."""
    if len({pair.artist for pair in pairs}) < 2:
        raise ValueError("the list of pairs has only one artist, and `other` needs two")
    rng = np.random.default_rng(seed)
    return [
        strange[rng.integers(len(strange))] for strange in ([q for q in pairs if q.artist != p.artist] for p in pairs)
    ]


def sentence(error: BaseException) -> str:
    """The error in one line. Hydra wraps the cause; the reader wants the cause."""
    while error.__cause__ is not None and type(error).__module__.startswith("hydra."):
        error = error.__cause__
    lines = [line for line in str(error).splitlines() if line.strip()]
    return f"{type(error).__name__}: {lines[0] if lines else ''}"[:300]
