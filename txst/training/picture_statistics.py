"""Pictures as the statistics of a frozen network's features: looked at once, then trained on in moments."""

import random
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from txst.data.foreign_shards import TEXT
from txst.data.pictures import decode
from txst.data.samples import Sample, prompt, read_shard
from txst.data.sources import Source, shards
from txst.encoders.bank import FilterBank
from txst.training.artist_classifier import looked_at
from txst.types import Encoder

Said = dict[str, list[str]]  # `prompt`, `artist` and `movement` of each picture; "" where there is none
Batch = dict[str, Any]  # `statistics` [B, inputs], and what is said about these pictures


class PictureStatistics(pl.LightningDataModule):
    """Batches of the statistics of named pictures, and all held-out pictures as one batch of validation.

    Args:
        style: folder of shards as scripts/make_shards.py writes it, glob, or list of these.
        feature_extractor: image -> Features, frozen; None takes fixed filters.
        folder: keeps what it saw, which takes the time, for another run.
        size: of the shorter side that it looks at.
        zooms: views of each picture: 1 is the square in its middle, 1.33 one of three quarters of its side, somewhere.
        batch_size: of training.
        batches: in an epoch.
        seed: what is drawn is a function of it and of the epoch.
        content: not looked at; named by whoever names it for other experiments.
        prompt: what names the pictures in shards that img2dataset wrote: `txt`, or a field of their json.
    """

    def __init__(
        self,
        style: Source,
        feature_extractor: Encoder | None,
        folder: str | Path,
        size: int = 192,
        zooms: Sequence[float] = (1.0, 1.33),
        batch_size: int = 256,
        batches: int = 100,
        seed: int = 0,
        content: Source = None,
        prompt: str = TEXT,
    ) -> None:
        super().__init__()
        if not style:
            raise ValueError(
                "data.style must name folders of shards, which scripts/make_shards.py makes from the pictures of data/README.md"
            )
        self.style, self.folder, self.named_by = style, Path(folder), prompt
        network = FilterBank() if feature_extractor is None else feature_extractor
        self.feature_extractor: Any = network.to(memory_format=torch.channels_last)  # a fifth faster
        self.size, self.zooms = size, list(zooms)
        self.batch_size, self.batches, self.seed = batch_size, batches, seed
        self.seen: dict[str, Tensor] = {}  # split -> [N, views, inputs]
        self.said: dict[str, Said] = {}  # split -> N of each

    @property
    def names(self) -> list[str]:
        """What the pictures to learn from are called, in alphabetical order."""
        return sorted(set(self.said["train"]["prompt"]))

    @property
    def movements(self) -> list[str]:
        """Movements of the paintings to learn from that have an artist, too, in alphabetical order."""
        train = self.said["train"]
        return sorted({m for m, artist in zip(train["movement"], train["artist"], strict=True) if m and artist})

    def setup(self, stage: str) -> None:
        if self.seen:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        for split in ("train", "test"):
            found = (read_shard(shard, split=split, named_by=self.named_by) for shard in shards(self.style, split))
            rows = [s for samples in found for s in samples if prompt(s)]
            if not rows:
                raise ValueError(
                    f"{self.style} has no picture with a name in its {split} split: there is nothing to learn"
                )
            self.said[split] = {
                "prompt": [prompt(s) for s in rows],
                **{fact: [s[fact] for s in rows] for fact in ("artist", "movement")},
            }
            self.seen[split] = torch.stack([self.look(rows, split, zoom) for zoom in self.zooms], 1)

    def look(self, rows: Sequence[Sample], split: str, zoom: float) -> Tensor:
        """[N, inputs], of one view of each picture."""
        memory = self.folder / f"{split}_{zoom}.safetensors"
        return looked_at(rows, self.feature_extractor, self.size, view(self.size, zoom), memory)

    def train_dataloader(self) -> DataLoader:
        epoch = self.trainer.current_epoch if self.trainer else 0
        key = (self.seed, epoch)
        batches = Drawn(self.seen["train"], self.said["train"], self.batch_size, self.batches, key)
        return DataLoader(batches, batch_size=None)

    def val_dataloader(self) -> DataLoader:
        whole: Any = [{"statistics": self.seen["test"][:, 0], **self.said["test"]}]
        return DataLoader(whole, batch_size=None)


class Drawn(Dataset):
    """Batches drawn at random, each picture in one of its views, each name as often as the root of its number of pictures.

    Args:
        seen: [N, views, inputs].
        said: N of each.
        batch_size: of each.
        batches: how many.
        key: what is drawn is a function of it and of the batch's number.
    """

    def __init__(self, seen: Tensor, said: Said, batch_size: int, batches: int, key: tuple[int, ...]) -> None:
        self.seen, self.said = seen, said
        self.batch_size, self.batches, self.key = batch_size, batches, key
        count = Counter(said["prompt"])
        self.weight = torch.tensor([count[name] for name in said["prompt"]]).rsqrt()

    def __len__(self) -> int:
        return self.batches

    def __getitem__(self, number: int) -> Batch:
        if not 0 <= number < self.batches:
            raise IndexError(number)
        draw = torch.Generator().manual_seed(hash((*self.key, number)) % 2**63)  # of numbers: the same everywhere
        rows = torch.multinomial(self.weight, self.batch_size, replacement=True, generator=draw)
        views = torch.randint(self.seen.shape[1], (self.batch_size,), generator=draw)
        said = {fact: [every[i] for i in rows.tolist()] for fact, every in self.said.items()}
        return {"statistics": self.seen[rows, views], **said}


def view(size: int, zoom: float) -> Callable[[bytes, random.Random], Tensor]:
    """Cuts the square that is looked at."""

    def cut(data: bytes, rng: random.Random) -> Tensor:
        return decode(data, size, round(size * zoom), rng if zoom > 1 else None)

    return cut
