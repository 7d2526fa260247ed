"""Judges order what anybody can order: photos painted in eight manners, half painted, only recoloured, untouched, spoilt.

Fixed filters stand in every network's place. Each figure is a mean over all manners.
"""

import numpy as np
import pytest
import torch

pytest.importorskip("skimage")

from scipy.ndimage import gaussian_filter

from txst.data.manners import MANNERS
from txst.data.synthetic import HELD_OUT, glimpse, photos
from txst.types import Painted

SIZE, EACH = 96, 4


def recoloured(photo, painting):
    normal = (photo - photo.mean((0, 1))) / photo.std((0, 1))
    return np.clip(normal * painting.std((0, 1)) + painting.mean((0, 1)), 0, 255)


def tensor(pictures):
    return torch.from_numpy(np.stack(pictures).astype(np.float32)).permute(0, 3, 1, 2) / 255


@pytest.fixture(scope="module")
def cases():
    """What a method may make of a photo, by name; the painting to compare with is of another subject."""
    # coins and retina left out: on them fixed filters misorder noise and recolouring, see docs/JUDGES.md
    sources = [photos()[name] for name in ("astronaut", "chelsea")]
    others = [photo for name, photo in photos().items() if name not in HELD_OUT]
    rng = np.random.default_rng(0)
    content, style, outputs = [], [], {}
    for paint in MANNERS.values():
        for n in range(EACH):
            photo = glimpse(sources[n % len(sources)], SIZE, rng)
            painting = paint(glimpse(others[n % len(others)], SIZE, rng), rng)
            painted = paint(photo, rng).astype(np.float64)
            content.append(photo)
            style.append(painting)
            made = {
                "painted": painted,
                "half": (painted + photo) / 2,
                "recoloured": recoloured(photo, painting),
                "untouched": photo,
                "noisy": np.clip(photo + rng.normal(0, 40, photo.shape), 0, 255),
                "noise": rng.uniform(0, 255, photo.shape),
                "blurred": gaussian_filter(photo.astype(np.float64), (4, 4, 0)),
                "painted, blurred": gaussian_filter(painted, (4, 4, 0)),
            }
            for name, picture in made.items():
                outputs.setdefault(name, []).append(picture)
    names = [""] * len(content)
    return {
        name: Painted(tensor(content), tensor(made), tensor(style), names, names)
        for name, made in outputs.items()
    }


@pytest.fixture
def figures(judges, cases):
    """The figure of a judge for each case."""

    def measure(name):
        found = {}
        for case, painted in cases.items():
            judge = judges(name)[name]
            judge.update(painted)
            found[case] = judge.compute().item()
        return found

    return measure


@pytest.mark.parametrize("name", ["style", "gram", "fid"])
def test_what_is_painted_more_is_nearer_to_the_paintings(figures, name):
    found = figures(name)
    assert found["painted"] < found["half"] < found["recoloured"] < found["untouched"], found
    assert found["untouched"] < found["noise"], found
    if (
        name == "style"
    ):  # fid's stand-in looks at an eighth of the size alone; to gram less of everything is nearer
        assert found["painted"] < found["painted, blurred"], found


@pytest.mark.parametrize("name", ["content", "lpips", "ssim"])
def test_what_is_painted_less_is_nearer_to_the_photo(figures, name):
    found = figures(name)
    sign = -1 if name == "ssim" else 1
    order = [sign * found[case] for case in ("untouched", "recoloured", "half", "painted", "noise")]
    assert order == sorted(order), found
    unspoilt = (
        "untouched" if name == "content" else "recoloured"
    )  # to fixed filters other colours are more than blur
    for spoilt in ("noisy", "blurred"):
        assert sign * found[spoilt] > sign * found[unspoilt], found
