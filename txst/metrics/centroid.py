"""Does a picture look like one style of painting rather than another? Measured without any network.

A picture is summed up by its colours and, as textures are by L. Gatys, A. Ecker and M. Bethge (2015,
https://arxiv.org/abs/1505.07376, eq. 1), by Gram matrices of filter responses.
Departs from it: gradients of light and colour in four directions at three scales in place of VGG's channels, so that a
model cannot score here merely by pleasing the encoder it was trained with.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Pixels = NDArray[np.uint8]

SCALES = 3  # half, quarter and eighth of the size: strokes, not the grain and sharpness of single pixels
SMALLEST = 32  # pixels; four of a side are left at an eighth


def describe(image: Pixels) -> Array:
    """Colours and textures of an image [H, W, 3] as one vector [6 + 3 * (12 + 66)].

    First the mean and deviation of each channel. Then, at each scale, the Gram matrix of the
    gradients in two parts: the logarithm of each gradient's strength, and their cosines. So a texture laid on
    too softly still counts as that texture.
    """
    if image.ndim != 3 or image.shape[2] != 3 or min(image.shape[:2]) < SMALLEST:
        raise ValueError(
            f"the picture must be [H, W, 3] with sides of {SMALLEST} pixels or more, not {list(image.shape)}"
        )
    picture = image / 255
    parts = [picture.mean((0, 1)), picture.std((0, 1))]
    for _ in range(SCALES):
        picture = halved(picture)
        response = gradients(picture)
        gram = response @ response.T / response.shape[1]
        strength = np.sqrt(np.diag(gram)) + 1e-3
        cosines = gram / np.outer(strength, strength)
        parts += [np.log(strength + 0.01), cosines[np.triu_indices(len(gram), 1)]]
    return np.concatenate(parts)


def gradients(picture: Array) -> Array:
    """Absolute differences across, down and along both diagonals, of light and two opponent colours: [12, h * w]."""
    red, green, blue = np.moveaxis(picture, 2, 0)
    planes = np.stack([(red + green + blue) / 3, red - green, (red + green) / 2 - blue])
    here = planes[:, 1:-1, 1:-1]
    there = (planes[:, 1:-1, 2:], planes[:, 2:, 1:-1], planes[:, 2:, 2:], planes[:, 2:, :-2])
    return np.concatenate([np.abs(neighbour - here) for neighbour in there]).reshape(12, -1)


def halved(picture: Array) -> Array:
    """Mean of each 2 x 2 block of pixels; an odd last row or column is dropped."""
    height, width = (side // 2 for side in picture.shape[:2])
    return picture[: 2 * height, : 2 * width].reshape(height, 2, width, 2, 3).mean((1, 3))


def name_the_manner(outputs: Mapping[str, Sequence[Pixels]], paintings: Mapping[str, Sequence[Pixels]]) -> float:
    """Share of the outputs that lie nearest to the centroid of their own manner's paintings.

    Each entry of the description is measured in units of the paintings' spread within a manner, so that
    what varies from painting to painting weighs little. Chance is 1 over the number of manners.

    Args:
        outputs: the pictures to measure, by the manner they should have, [H, W, 3] uint8.
        paintings: examples of each manner, at about the same number of pixels to a stroke.
    """
    if missing := outputs.keys() - paintings.keys():
        raise ValueError(f"there are no paintings of {sorted(missing)} to compare with, only of {sorted(paintings)}")
    described = {manner: np.stack([describe(p) for p in examples]) for manner, examples in paintings.items()}
    manners = list(described)
    centroids = np.stack([described[manner].mean(0) for manner in manners])
    spread = np.sqrt(np.mean([d.var(0) for d in described.values()], axis=0)) + 1e-3
    right = [
        manner == manners[(((describe(output) - centroids) / spread) ** 2).sum(1).argmin()]
        for manner, pictures in outputs.items()
        for output in pictures
    ]
    return float(np.mean(right))
