"""What the thing in a picture is, and when it is not known."""

import numpy as np
import pytest

from txst.images import PictureError
from txst.pictures.limits import PictureWarning
from txst.shapes.masks import silhouette, small
from txst.synthetic.silhouettes import thing

SHOE = (255 * thing("shoe", 200)).astype(np.uint8)
PLAIN = np.full((200, 200, 3), 200, np.uint8)


def found(pixels=PLAIN, alpha=None, mask=None):
    return silhouette(pixels, alpha, mask, "shoe.png", "mask")


def test_a_mask_goes_before_transparency():
    other = SHOE.T.copy()
    assert (found(alpha=other, mask=SHOE) == small(SHOE)).all()
    assert (found(alpha=other) == small(other)).all()


def test_the_grid_has_the_pictures_proportions():
    assert small(np.zeros((3000, 1500), np.uint8)).shape == (128, 64)
    assert small(np.zeros((1, 900), np.uint8)).shape == (16, 128)


def bordered():
    mask = np.zeros((200, 200), np.uint8)
    mask[90:110] = mask[:, 90:110] = 255
    return mask


@pytest.mark.parametrize(
    ("mask", "why"),
    [(0 * SHOE, "has nothing in it"), (0 * SHOE + 255, "fills the whole picture"), (bordered(), "reaches the border on all four")],
    ids=["nothing", "everything", "border"],
)  # fmt: skip
def test_what_has_no_outline_is_refused_with_the_remedy(mask, why):
    with pytest.raises(PictureError, match=rf"the mask of shoe.png {why}.*\(mask=\.\.\.\)"):
        found(mask=mask)
    if mask.min() == 0:
        with pytest.raises(PictureError, match=f"the transparency of shoe.png {why}"):
            found(alpha=mask)


def test_what_stands_out_is_found_and_told():
    pytest.importorskip("cv2")
    y, x = np.indices((200, 200))
    body = np.stack([200 - x / 4, 60 + y / 4, 60 + 0 * x], -1)
    inside = SHOE[..., None] / 255
    noise = np.random.default_rng(0).normal(0, 3, (200, 200, 1))
    photo = (inside * body + (1 - inside) * (225 + noise)).clip(0, 255).astype(np.uint8)
    with pytest.warns(PictureWarning, match=r"GrabCut takes \d+% of it"):
        taken = found(photo)
    assert ((taken >= 0.5) != (small(SHOE) >= 0.5)).mean() < 0.02
    with pytest.raises(PictureError, match="what GrabCut took for the foreground of shoe"):
        found(PLAIN)


def test_without_opencv_it_is_said_what_to_install(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "cv2", None)
    with pytest.raises(ModuleNotFoundError, match=r"pip install 'txst\[foreground\]'"):
        found()
    found(mask=SHOE)
