"""Photos with what teachers painted of them, in folders: what a student learns several styles from."""

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytorch_lightning as pl
import torch
from PIL import Image
from torch import Tensor

from txst.data.epoch import CountedEpoch, in_unit
from txst.images import open_picture
from txst.types import Batch

PHOTOS = "photos"  # the folder of what was painted
SPLITS = ("train", "heldout")


class PaintedPairs(pl.LightningDataModule):
    """Batches of photos, each with a teacher's painting of it, which is its style as well.

    `pairs` has two folders, `train` and `heldout`, in each of which are `photos/STEM.png` and `NAME/STEM.png` of the paintings.

    Args:
        pairs: that folder.
        names: of the styles, in the order of their numbers; a name that has no pictures is left out.
        size: pixels of a side of the crops, which both pictures of a pair are cut to alike.
        batch_size: on each rank.
        batches: in an epoch, on each rank.
        val_batches: of held-out pairs.
        mirror: whether half of the pairs are mirrored.
        unpaired: the style is the painting of another photo in the same name: what a discriminator takes for real has then other things in it.
        seed: what is drawn is a function of it, the epoch and the rank.
        style: not looked at; named by whoever names it for other experiments.
        content: not looked at.
    """

    def __init__(
        self,
        pairs: str | None,
        names: Sequence[str],
        size: int = 192,
        batch_size: int = 8,
        batches: int = 100,
        val_batches: int = 4,
        mirror: bool = True,
        unpaired: bool = False,
        seed: int = 0,
        style: Any = None,
        content: Any = None,
    ) -> None:
        super().__init__()
        if not pairs:
            raise ValueError("data.pairs must name a folder of pairs, which scripts/make_cartoon.py makes of photos")
        self.folder, self.names, self.size = Path(pairs), list(names), size
        self.batch_size, self.batches, self.val_batches = batch_size, batches, val_batches
        self.mirror, self.unpaired, self.seed = mirror, unpaired, seed
        self.train, self.heldout = (found(self.folder / split, self.names) for split in SPLITS)

    def train_dataloader(self) -> "PairedEpoch":
        epoch, rank = (self.trainer.current_epoch, self.trainer.global_rank) if self.trainer else (0, 0)
        key = (self.seed, epoch, rank)
        return PairedEpoch(Drawn(self.train, self.size, self.mirror, self.unpaired, key), self.batch_size, self.batches)

    def val_dataloader(self) -> "PairedEpoch":
        drawn = Drawn(self.heldout, self.size, False, self.unpaired, (self.seed, "heldout"))
        return PairedEpoch(drawn, self.batch_size, self.val_batches)

    def on_after_batch_transfer(self, batch: Batch, _: int) -> Batch:
        return in_unit(batch)


class PairedEpoch(CountedEpoch):
    """An epoch of batches of pairs.

    Args:
        drawn: the pairs.
        size: of a batch.
        batches: in the epoch.
    """

    def __init__(self, drawn: "Drawn", size: int, batches: int) -> None:
        super().__init__(batches)
        self.drawn, self.size = drawn, size

    def batch(self, number: int) -> Batch:
        return collate([self.drawn.pair(number * self.size + row) for row in range(self.size)])


class Drawn:
    """Pairs of a split; which, and how they are cut, is a function of the key and of their number.

    Args:
        pairs: name -> photos and paintings, see `found`.
        size: of the crops.
        mirror: see `PaintedPairs`.
        unpaired: the same.
        key: of what is drawn.
    """

    def __init__(
        self, pairs: dict[str, list[tuple[Path, Path]]], size: int, mirror: bool, unpaired: bool, key: tuple[Any, ...]
    ) -> None:
        self.pairs, self.size, self.mirror, self.unpaired, self.key = pairs, size, mirror, unpaired, key
        self.numbers = {name: number for number, name in enumerate(pairs)}
        self.held = [(name, pair) for name, several in pairs.items() for pair in several]

    def pair(self, index: int) -> dict[str, Any]:
        draw = random.Random(repr((*self.key, index)))
        name, (photo, painting) = draw.choice(self.held)
        files = [photo, painting, *([draw.choice(self.pairs[name])[1]] if self.unpaired else [])]
        pictures = [open_picture(file).convert("RGB") for file in files]
        small = min(min(picture.size) for picture in pictures)
        if small < self.size:
            raise ValueError(f"{painting} or its photo has a side of {small} pixels, and size={self.size} is cut of it")
        together = self.window(pictures[0].size, draw)
        boxes = [together, together, *(self.window(picture.size, draw) for picture in pictures[2:])]
        flip = self.mirror and draw.random() < 0.5
        cut = [bytes_of(picture.crop(box), flip) for picture, box in zip(pictures, boxes, strict=True)]
        shown = {"content": cut[0], "teacher": cut[1], "style": cut[-1]}
        return shown | {"number": self.numbers[name], "name": name, "key": str(painting)}

    def window(self, size: tuple[int, int], draw: random.Random) -> tuple[int, int, int, int]:
        left, top = (draw.randint(0, side - self.size) for side in size)
        return left, top, left + self.size, top + self.size


def found(folder: Path, names: Sequence[str]) -> dict[str, list[tuple[Path, Path]]]:
    """Name -> its pairs of files, photo and painting, in order.

    Raises:
        ValueError: there are none, or the photo of a painting is missing.
    """
    pairs: dict[str, list[tuple[Path, Path]]] = {}
    for name in names:
        paintings = sorted((folder / name).glob("*.png"))
        pairs[name] = [(folder / PHOTOS / painting.name, painting) for painting in paintings]
        if missing := [photo for photo, _ in pairs[name] if not photo.is_file()]:
            raise ValueError(f"{missing[0]} is missing, of which {name} has a painting: make the pairs again")
    if not any(pairs.values()):
        raise ValueError(f"{folder} has no pairs of {', '.join(names)}: scripts/make_cartoon.py makes them of photos")
    return pairs


def bytes_of(image: Image.Image, flip: bool) -> Tensor:
    """[3, H, W] of bytes."""
    pixels = torch.from_numpy(np.array(image)).permute(2, 0, 1)
    return pixels.flip(2) if flip else pixels


def collate(samples: Sequence[dict[str, Any]]) -> Batch:
    names = [sample["name"] for sample in samples]
    return Batch(
        content=torch.stack([sample["content"] for sample in samples]),
        teacher=torch.stack([sample["teacher"] for sample in samples]),
        style=torch.stack([sample["style"] for sample in samples]),
        artist=torch.tensor([sample["number"] for sample in samples]),
        prompt=names,
        movement=[""] * len(names),
        keys=[sample["key"] for sample in samples],
        skipped=0,
    )
