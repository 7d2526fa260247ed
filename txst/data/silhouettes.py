"""Pairs of drawn silhouettes, to train a warp on: as many as are asked for, each a function of the seed and its number."""

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from txst.shapes.masks import laid_over
from txst.shapes.register import distances
from txst.synthetic.silhouettes import random_silhouette


class Pairs(Dataset):
    """Pairs of silhouettes, the second laid over the first.

    Args:
        size: pixels of a side.
        count: how many.
        key: what is drawn is a function of it and of the pair's number.
    """

    def __init__(self, size: int, count: int, key: tuple[int, ...]) -> None:
        self.size, self.count, self.key = size, count, key

    def __len__(self) -> int:
        return self.count

    def masks(self, number: int) -> tuple[np.ndarray, np.ndarray]:
        """Source and target, [size, size] in [0, 1]."""
        rng = np.random.default_rng([*self.key, number])
        source, target = (random_silhouette(rng, self.size) for _ in range(2))
        return source, laid_over(target, source)

    def __getitem__(self, number: int) -> dict[str, Tensor]:
        if not 0 <= number < self.count:
            raise IndexError(number)
        return dict(zip(("source", "target"), map(planes, self.masks(number)), strict=True))


def planes(mask: np.ndarray) -> Tensor:
    """What ShapeWarp reads of a mask [H, W]: itself, and the distance to its outline in parts of the side, [2, H, W]."""
    return torch.from_numpy(np.stack([mask, distances(mask) / len(mask)]).astype(np.float32))
