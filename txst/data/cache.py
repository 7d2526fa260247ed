"""Small sets of pictures, decoded once and kept on the device, where every step cuts its squares from them.

`Pictures` keeps them whole, `Views` a few squares of each, of which the targets of losses can be kept too
(`training.style_targets`). Both give squares by random numbers of their own, as `Stream` does.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor
from tqdm import tqdm

from txst.data.pictures import UNREADABLE, Place, draft, place
from txst.data.samples import Sample, read_shard
from txst.data.stream import Stream, Tally
from txst.pictures.deep import decoded
from txst.pictures.formats import open_picture_file
from txst.pictures.transparency import on_white
from txst.pictures.upright import upright

Cut = tuple[int, Place]  # to what the shorter side is resized, and where the square then lies
CHUNK = 64  # pictures that views are cut from at a time


@dataclass
class Crops:
    """What is cut, as `Stream` has it.

    Args:
        size: side of the squares, in pixels.
        least: the shorter side is resized to a random number from this
        most: to this, before the square is cut.
        mirror: whether squares may be mirrored.
    """

    size: int
    least: int
    most: int
    mirror: bool

    def draw(self, rng: random.Random) -> Cut:
        return rng.randint(self.least, self.most), place(rng, self.mirror)


class Pictures:
    """Whole pictures as bytes, one behind the other in one tensor: any square of any of them is gathered there.

    Args:
        samples: undecoded. Those that cannot be decoded are left out.
        crops: larger pictures are shrunk to a shorter side of `crops.most`.
        device: where they are kept.
        tally: of the pictures; it raises where too many cannot be decoded.
        title: what they are, for the progress bar; "" shows none.

    Attributes:
        samples: of those that are kept, without their bytes.
    """

    def __init__(
        self, samples: Sequence[Sample], crops: Crops, device: torch.device, tally: Tally, title: str = ""
    ) -> None:
        self.crops, self.samples = crops, list[Sample]()
        found: list[NDArray[np.uint8]] = []
        for sample in tqdm(samples, title, unit="picture", disable=not title):
            tally.seen += 1
            try:
                found.append(whole(sample["jpg"], crops.most))
            except UNREADABLE as error:
                tally.skip(sample["key"], f"cannot be decoded: {error}")
                continue
            self.samples.append({name: value for name, value in sample.items() if name != "jpg"})
        sides = torch.tensor([p.shape[:2] for p in found]).view(-1, 2)  # [N, 2], height and width
        self.sides = sides.to(device)
        self.begin = (sides.prod(1).cumsum(0) - sides.prod(1)).to(device)  # [N]
        flat = [torch.from_numpy(p.reshape(-1, 3)) for p in found] or [torch.empty(0, 3, dtype=torch.uint8)]
        self.pixels = torch.cat(flat).to(device)  # [all pixels, 3]

    def draw(self, rows: Sequence[int], rng: random.Random) -> tuple[Tensor, None]:
        """A random square of each of these pictures, [B, 3, size, size] in [0, 1]; and no rows, see `Views.draw`."""
        return self.cut(rows, [self.crops.draw(rng) for _ in rows]), None

    def cut(self, rows: Sequence[int], cuts: Sequence[Cut]) -> Tensor:
        """Squares [B, 3, size, size] in [0, 1]: means of bilinear samples that lie as close as the pixels of the picture."""
        size = self.crops.size
        fine = size * ceil(self.crops.most / self.crops.least)
        numbers = torch.tensor([[row, side, *where] for row, (side, where) in zip(rows, cuts, strict=True)])
        which, side, right, down, mirrored = numbers.to(self.pixels.device).T  # [B] each
        which = which.long()
        height, width = self.sides[which].T
        window = size / side * torch.minimum(height, width)  # pixels of the picture that a square takes
        steps = (torch.arange(fine, device=window.device) + 0.5) / fine  # [fine], from 0 to 1
        across = torch.where(mirrored[:, None] > 0, 1 - steps, steps)  # [B, fine]
        x = between((width - window) * right, window, across, width)
        y = between((height - window) * down, window, steps.expand_as(across), height)
        square = self.sampled(self.begin[which], width, y, x)  # [B, fine, fine, 3]
        return F.avg_pool2d(square.permute(0, 3, 1, 2), fine // size) / 255

    def sampled(self, begin: Tensor, width: Tensor, y: "Between", x: "Between") -> Tensor:
        """Bilinear samples [B, fine, fine, 3], from 0 to 255."""

        def pixels(down: Tensor, right: Tensor) -> Tensor:
            places = (begin[:, None] + down * width[:, None])[:, :, None] + right[:, None]
            return self.pixels[places].float()

        across, down = x.share[:, None, :, None], y.share[:, :, None, None]
        upper = torch.lerp(pixels(y.first, x.first), pixels(y.first, x.second), across)
        lower = torch.lerp(pixels(y.second, x.first), pixels(y.second, x.second), across)
        return torch.lerp(upper, lower, down)

    @property
    def bytes(self) -> int:
        return self.pixels.numel()


class Views:
    """A few random squares of each picture, the same in all epochs: the places are a function of the seed and the picture.

    Args:
        samples: see Pictures.
        crops: what is cut.
        device: where they are kept.
        tally: see Pictures.
        count: of each picture.
        seed: of the places.
        title: see Pictures.
    """

    def __init__(
        self,
        samples: Sequence[Sample],
        crops: Crops,
        device: torch.device,
        tally: Tally,
        count: int,
        seed: int,
        title: str = "",
    ) -> None:
        self.count, self.samples = count, list[Sample]()
        made = []
        for first in tqdm(range(0, len(samples), CHUNK), title, unit=f"{CHUNK} pictures", disable=not title):
            pictures = Pictures(samples[first : first + CHUNK], crops, device, tally)
            for row, sample in enumerate(pictures.samples):
                rng = random.Random(repr((seed, sample["key"])))
                made.append(in_bytes(pictures.cut([row] * count, [crops.draw(rng) for _ in range(count)])))
            self.samples += pictures.samples
        self.pixels = torch.cat(made or [torch.empty(0, 3, crops.size, crops.size, dtype=torch.uint8)])

    def draw(self, rows: Sequence[int], rng: random.Random) -> tuple[Tensor, Tensor]:
        """A view of each of these pictures, [B, 3, size, size] in [0, 1]; and its row among all views, [B]."""
        drawn = torch.tensor([row * self.count + rng.randrange(self.count) for row in rows]).to(self.pixels.device)
        return self.pixels[drawn].float() / 255, drawn

    @property
    def bytes(self) -> int:
        return self.pixels.numel()


@dataclass
class Between:
    """Places between pixels of one axis: the pixels before and behind, and the share of the latter; [B, fine] each."""

    first: Tensor
    second: Tensor
    share: Tensor


def between(start: Tensor, window: Tensor, steps: Tensor, length: Tensor) -> Between:
    """Where steps [B, fine] from 0 to 1 through a window lie between the pixels of an axis."""
    last = length[:, None] - 1
    places = (start[:, None] + window[:, None] * steps - 0.5).clamp_min(0).minimum(last.float())
    first = places.floor().long()
    return Between(first, (first + 1).minimum(last), places - first)


def in_bytes(image: Tensor) -> Tensor:
    return (image * 255).round().byte()


def whole(data: bytes, most: int) -> NDArray[np.uint8]:
    """A picture [H, W, 3], shrunk to a shorter side of `most` where it is larger.

    Raises:
        One of `UNREADABLE`.
    """
    with open_picture_file(data) as image:
        draft(image, most)
        plain = on_white(upright(decoded(image, lambda: open_picture_file(data))))
    if min(plain.size) > most:
        plain = plain.resize(shrunk(plain.size, most), Image.Resampling.BICUBIC)
    return np.array(plain)


def shrunk(size: tuple[int, int], most: int) -> tuple[int, int]:
    """Width and height of a picture that is kept."""
    scale = min(1.0, most / min(size))
    return round(size[0] * scale), round(size[1] * scale)


def needed(samples: Sequence[Sample], most: int) -> int:
    """Bytes that these pictures take, whole; by their headers alone."""
    count = 0
    for sample in samples:
        try:
            with open_picture_file(sample["jpg"]) as image:
                width, height = shrunk(image.size, most)
        except UNREADABLE:
            continue
        count += 3 * width * height
    return count


def undecoded(stream: Stream, tally: Tally) -> list[Sample]:
    """All training samples of a stream's shards.

    Raises:
        ValueError: there are none.
    """
    shards = (read_shard(s, stream.licences, tally.lose, "train", stream.named_by) for s in stream.shards)
    samples = [sample for shard in shards for sample in shard]
    if not samples:
        raise stream.nothing_left(tally)
    return samples
