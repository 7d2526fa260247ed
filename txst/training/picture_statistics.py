"""Pictures as the statistics that an eye makes of them: looked at once, then trained on for many epochs in seconds each."""

import random
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader

from txst.data.module import Source, shards
from txst.data.pictures import decode
from txst.data.samples import Sample, prompt, read_shard
from txst.training.judge import looked_at


class PictureStatistics(pl.LightningDataModule):
    """Batches of statistics of named pictures, each name drawn about as often as the root of its number of pictures.

    Args:
        style: folder of shards as scripts/make_shards.py writes it, glob, or list of these.
        eye: image -> Features, frozen.
        folder: keeps what the eye saw, which takes the time, for another run.
        size: of the shorter side that it looks at.
        zooms: views of each picture: 1 is the whole, 1.5 a random square of two thirds of the shorter side, as large.
        batch_size: of training.
        batches: in an epoch.
        seed: what is drawn is a function of it and of the epoch.
    """

    def __init__(
        self,
        style: Source,
        eye: nn.Module,
        folder: str | Path,
        size: int = 192,
        zooms: Sequence[float] = (1.0, 1.33),
        batch_size: int = 256,
        batches: int = 100,
        seed: int = 0,
    ) -> None:
        super().__init__()
        if not style:
            raise ValueError("data.style must name folders of shards; scripts/make_shards.py makes them")
        self.source, self.eye, self.folder = style, eye, Path(folder)
        self.size, self.zooms = size, list(zooms)
        self.batch_size, self.batches, self.seed = batch_size, batches, seed
        self.seen: dict[str, Tensor] = {}  # split -> [N, views, inputs]
        self.prompts: dict[str, list[str]] = {}

    @property
    def names(self) -> list[str]:
        """What the pictures are called, in alphabetical order."""
        return sorted({name for prompts in self.prompts.values() for name in prompts})

    def setup(self, stage: str) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        for split in ("train", "test"):
            rows = [s for shard in shards(self.source, split) for s in read_shard(shard) if prompt(s)]
            self.prompts[split] = [prompt(s) for s in rows]
            self.seen[split] = torch.stack([self.look(rows, split, zoom) for zoom in self.zooms], 1)

    def look(self, rows: Sequence[Sample], split: str, zoom: float) -> Tensor:
        """[N, inputs], of one view of each picture."""
        return looked_at(
            rows, self.eye, self.size, view(self.size, zoom), self.folder / f"{split}_{zoom}.safetensors"
        )

    def train_dataloader(self) -> DataLoader:
        epoch = self.trainer.current_epoch if self.trainer else 0
        return DataLoader(list(self.epoch(epoch)), batch_size=None)

    def val_dataloader(self) -> DataLoader:
        return DataLoader(
            [{"statistics": self.seen["test"][:, 0], "prompt": self.prompts["test"]}], batch_size=None
        )

    def epoch(self, number: int) -> Iterator[dict[str, Any]]:
        """Its batches, each picture in one of its views."""
        draw = torch.Generator().manual_seed(1_000_003 * self.seed + number)
        prompts, seen = self.prompts["train"], self.seen["train"]
        weight = torch.tensor([prompts.count(name) for name in prompts]).float().rsqrt()
        for _ in range(self.batches):
            rows = torch.multinomial(weight, self.batch_size, replacement=True, generator=draw)
            views = torch.randint(seen.shape[1], (self.batch_size,), generator=draw)
            yield {"statistics": seen[rows, views], "prompt": [prompts[i] for i in rows.tolist()]}


def view(size: int, zoom: float) -> Callable[[bytes, random.Random], Tensor]:
    """Cuts the square that the eye looks at: at zoom 1 the centre, else anywhere."""

    def cut(data: bytes, rng: random.Random) -> Tensor:
        return decode(data, size, round(size * zoom), rng if zoom > 1 else None)

    return cut
