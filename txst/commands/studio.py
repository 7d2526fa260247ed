"""What paints for the page of `txst serve`."""

import html
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from PIL import Image

from txst.commands.paint import taken_for
from txst.commands.pictures import target
from txst.images import PictureError, read_picture, save_picture, to_srgb
from txst.inference.forms import shrunk

SHOWN = 1280  # pixels of the longer side of what the page shows; a download has all of them
OPTIONS = re.compile(r" \(--[^()]*\)")  # what the command line calls a remedy, in parentheses after it
SLIDERS = {  # least, most, first, step, what it means
    "strength": (0, 1, 1, 0.05, "0 is the photo, 1 the full style"),
    "colour": (0, 1, 1, 0.05, "0 is the photo's, 1 the style's"),
    "stroke": (0.25, 4, 1, 0.25, "how large it is painted"),
    "detail": (0, 1, 0, 0.05, "how much of the photo's fine lines is put back"),
    "variation": (0, 9, 0, 1, "after which work of the artist"),
}


class Studio:
    """Paints what a page sends and answers with what it shows.

    Args:
        stylist: that paints.
        folder: for the paintings.
    """

    def __init__(self, stylist: Any, folder: Path) -> None:
        self.stylist, self.folder = stylist, folder

    def look(self, photo: str) -> Image.Image:
        """A picture that has arrived, as the brush shows it."""
        with said():
            return small(uploaded(photo))

    def paint(
        self,
        photo: str | None,
        style: str | None,
        example: str | None,
        brushed: dict[str, Any] | None,
        anyway: bool,
        *sliders: float,
    ) -> Any:
        """Before and after, a line on the painting, and the button that downloads it."""
        import gradio as gr

        if photo is None:
            return gr.skip()
        with said():
            before = uploaded(photo)
            named = uploaded(example) if example else style or ""
            after = self.stylist(
                before,
                regions=[(where(brushed, before.size), named)],
                anyway=anyway,
                **dict(zip(SLIDERS, sliders, strict=True)),
            )
        name = Path(example).stem if example else style or ""
        file = target(Path(tempfile.mkdtemp(dir=self.folder)), Path(photo), name)
        save_picture(after, file)
        taken = None if example else taken_for(name, self.stylist.painter.palette)
        line = f"{after.width} x {after.height} pixels" + (f"; {taken}" if taken else "")
        return (small(before), small(after)), line, gr.DownloadButton(value=file, interactive=True)


@contextmanager
def said() -> Iterator[None]:
    """Shows on the page what is wrong with a picture or a style, and speaks of what is on the page."""
    import gradio as gr

    try:
        yield
    except ValueError as error:
        raise gr.Error(html.escape(OPTIONS.sub("", str(error))), print_exception=False) from error


def uploaded(file: str) -> Image.Image:
    """A picture that has arrived; an error tells its name and not where it lies."""
    try:
        return read_picture(file)
    except PictureError as error:
        raise PictureError(str(error).replace(file, Path(file).name)) from error


def small(image: Image.Image) -> Image.Image:
    """A copy that a page can show."""
    return shrunk(to_srgb(image), SHOWN)


def where(brushed: dict[str, Any] | None, size: tuple[int, int]) -> Image.Image:
    """What was brushed over as a mask; where nothing was, all of it."""
    layers = (brushed or {}).get("layers") or []
    mask = layers[0].getchannel("A") if layers else None
    return mask if mask and mask.getbbox() else Image.new("L", size, "white")
