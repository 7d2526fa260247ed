"""Which part of a picture is the thing: a mask that was given, the transparency, or what GrabCut finds. A mask that has no outline is refused."""

import warnings

import numpy as np
from PIL import Image

from txst.images import Array, PictureError, Pixels
from txst.pictures.limits import PictureWarning

GRID = 128  # pixels of the longer side in which silhouettes are compared
LEAST, MOST = 0.005, 0.95  # shares of the picture that a silhouette has
MARGIN = 0.03  # of the shorter side, that stays free around a silhouette that is laid over another
ROUNDS = 5  # of GrabCut


def silhouette(pixels: Pixels, alpha: Pixels | None, mask: Pixels | None, name: str, option: str) -> Array:
    """The thing in a picture, as a small mask [h, w] in [0, 1], whose sides are multiples of 4.

    Args:
        pixels: the picture [H, W, 3].
        alpha: its transparency [H, W], where it has one.
        mask: [H, W], white for the thing, where one was given.
        name: of the picture, in errors.
        option: that gives the mask.

    Raises:
        PictureError: nothing or everything is inside, or it reaches the border on all sides: there is no outline.
        ModuleNotFoundError: neither mask nor transparency say what the thing is, and OpenCV is not installed.
    """
    if mask is not None:
        found, how = small(mask), "the mask"
    elif alpha is not None and alpha.min() < 128:
        found, how = small(alpha), "the transparency"
    else:
        found, how = foreground(pixels), "what GrabCut took for the foreground"
    inside = found >= 0.5
    share = float(inside.mean())
    edges = (inside[0], inside[-1], inside[:, 0], inside[:, -1])
    why = (
        "has nothing in it" if share < LEAST
        else "fills the whole picture" if share > MOST
        else "reaches the border on all four sides" if all(edge.any() for edge in edges)
        else ""
    )  # fmt: skip
    if why:
        raise PictureError(f"{how} of {name} {why}: give a mask that is white on the thing alone ({option}=...)")
    if how.startswith("what"):
        said = f"{name}: GrabCut takes {share:.0%} of it for the foreground; a mask says it exactly ({option}=...)"
        warnings.warn(said, PictureWarning, stacklevel=2)
    return found


def small(mask: Pixels) -> Array:
    """A mask [H, W] of 0 to 255 on the grid, in [0, 1]."""
    height, width = mask.shape
    size = tuple(max(16, 4 * round(side * GRID / max(width, height) / 4)) for side in (width, height))
    image = Image.fromarray(mask).resize((size[0], size[1]), Image.Resampling.BOX)
    return np.asarray(image, np.float32) / np.float32(255)


def foreground(pixels: Pixels) -> Array:
    """What stands out from the frame of a picture [H, W, 3], on the grid, by GrabCut (Rother et al., 2004, https://doi.org/10.1145/1015706.1015720).

    The frame counts as background; of what is found the largest piece is taken, without its holes.
    """
    try:
        import cv2
    except ModuleNotFoundError:
        missing = "to find the foreground without a mask OpenCV is needed: pip install 'txst[foreground]'"
        raise ModuleNotFoundError(missing) from None
    height, width = pixels.shape[:2]
    scale = 2 * GRID / max(width, height)
    size = (max(16, round(width * scale)), max(16, round(height * scale)))
    image = np.ascontiguousarray(np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.BOX))[..., ::-1])
    rim = max(1, round(MARGIN * min(size)))
    mask = np.zeros(image.shape[:2], np.uint8)
    cv2.setRNGSeed(0)
    box = (rim, rim, size[0] - 2 * rim, size[1] - 2 * rim)
    cv2.grabCut(image, mask, box, np.zeros((1, 65)), np.zeros((1, 65)), ROUNDS, cv2.GC_INIT_WITH_RECT)
    found = np.isin(mask, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.uint8)
    outlines, _ = cv2.findContours(found, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    whole = np.zeros_like(found)
    if outlines:
        cv2.drawContours(whole, [max(outlines, key=cv2.contourArea)], -1, 255, cv2.FILLED)
    return small(whole)


def laid_over(target: Array, source: Array) -> Array:
    """The target's silhouette in the source's place: around the same middle, of the same area, as far as the picture has room.

    Args:
        target: [h', w'] in [0, 1].
        source: [h, w] in [0, 1].

    Returns:
        [h, w].
    """
    height, width = source.shape
    margin = MARGIN * min(height, width)
    rows, columns = (np.flatnonzero((target >= 0.5).any(axis)) for axis in (1, 0))
    low, high = np.array([columns[0], rows[0]]), np.array([columns[-1] + 1, rows[-1] + 1])
    (place, area), (middle, own) = middle_and_area(source), middle_and_area(target)
    scale = min(float(np.sqrt(area / own)), *((np.array([width, height]) - 2 * margin) / (high - low)))
    place = place.clip(margin + scale * (middle - low), np.array([width, height]) - margin - scale * (high - middle))
    across, down = middle - place / scale
    image = Image.fromarray((target * 255).round().astype(np.uint8))
    placed = (1 / scale, 0, across, 0, 1 / scale, down)
    there = image.transform((width, height), Image.Transform.AFFINE, placed, Image.Resampling.BICUBIC)
    return np.asarray(there, np.float32) / np.float32(255)


def middle_and_area(mask: Array) -> tuple[Array, float]:
    """The centre of gravity (x, y) of a mask [h, w], in pixels, and its area."""
    y, x = np.indices(mask.shape) + 0.5
    area = float(mask.sum())
    return np.array([(x * mask).sum(), (y * mask).sum()], np.float32) / np.float32(area), area
