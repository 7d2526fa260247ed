"""Codes as points on a sphere: which of them differ, and what lies between some."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
SAME = 0.95  # cosine from which on two codes are taken for one work, or for works that paint alike


def different(codes: Array, fit: Array, count: int) -> list[int]:
    """The rows of codes [n, D] that fit best, [n], so many at most, without those that are nearly the same as a better one."""
    found: list[int] = []
    for row in np.argsort(-fit, kind="stable"):
        if len(found) == count:
            break
        if not found or (codes[found] @ codes[row]).max() < SAME:
            found.append(int(row))
    return found


def mixed(codes: Sequence[Any], weights: Sequence[float]) -> Any:
    """Codes between others on their sphere, as arrays or tensors [B, D].

    Args:
        codes: n of them.
        weights: n, not negative; those of weight 0 play no part.
    """
    pairs = [(code, weight) for code, weight in zip(codes, weights, strict=True) if weight]
    if len(pairs) == 1:
        return pairs[0][0]
    whole = sum(weight for _, weight in pairs)
    middle = sum(code * (weight / whole) for code, weight in pairs)
    length = sum(size(code) * (weight / whole) for code, weight in pairs)  # 1, but for published networks
    if (size(middle) < 1e-3 * length).any():
        raise ValueError("these styles are opposites: nothing lies between them")
    return middle * (length / size(middle))


def size(codes: Any) -> Any:
    """Lengths [B, 1] of [B, D]."""
    return (codes**2).sum(-1)[..., None] ** 0.5
