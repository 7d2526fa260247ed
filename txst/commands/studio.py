"""Paints for the page of `txst serve`."""

import html
import re
import tempfile
from collections.abc import Iterator, Set
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from PIL import Image

from txst.commands.names import usual_name
from txst.commands.paint import SAMPLE, understood
from txst.commands.pictures import Found
from txst.commands.styles import shown_first
from txst.commands.wording import in_options
from txst.images import PictureError, notices, read_picture, save_picture, to_srgb
from txst.inference.forms import shrunk
from txst.pictures.transparency import mask_of

SHOWN = 1280  # pixels, longer side on the page; a download has the full size
THUMBNAIL, THUMBNAILS = 256, 16  # pixels, longer side of the pictures that styles are chosen by; their number, at most
OPTIONS = re.compile(r" \(--[^()]*\)")  # a command-line option in a message, in parentheses
SLIDERS = {  # least, most, first value, step, explanation
    "strength": (0, 1, 1, 0.05, "0 is the photo, 1 the full style"),
    "colour": (0, 1, 1, 0.05, "0 keeps the photo's colours, 1 takes the style's"),
    "stroke": (0.25, 4, 1, 0.25, "size of the strokes"),
    "detail": (0, 1, 0, 0.05, "how much of the photo's fine detail to keep"),
    "variation": (0, 9, 0, 1, "which work of the artist to paint after"),
}


class Studio:
    """Paints the pictures that a page sends and returns what the page shows.

    Args:
        stylist: the model.
        folder: for the paintings.
    """

    def __init__(self, stylist: Any, folder: Path) -> None:
        self.stylist, self.folder = stylist, folder

    @property
    def reads(self) -> Set[str]:
        """What the model's style may be given as."""
        return self.stylist.painter.reads

    def asked(self, style: str | None, example: str | None) -> str | Image.Image | None:
        """The style that is painted in; None where the model has one of its own, or no picture of it is there yet."""
        if self.reads == {"fixed"}:
            return None
        if example:
            return uploaded(example)
        return style or "" if "text" in self.reads else None

    def thumbnails(self) -> list[tuple[Image.Image, str]]:
        """The sample photo in some of the styles that the model knows by name, each with its name."""
        if self.stylist.painter.palette is None:
            return []
        photo = shrunk(read_picture(SAMPLE), THUMBNAIL)
        return [(self.stylist(photo, name), name) for name in shown_first(self.stylist.painter.palette, THUMBNAILS)]

    def show(self, photo: str | None = None) -> Image.Image:
        """An uploaded picture, or the sample photo, at the size of the brush."""
        with errors_on_page():
            return small(uploaded(photo or str(SAMPLE)))

    def paint(
        self,
        photo: str | None,
        style: str | None = None,
        example: str | None = None,
        brushed: dict[str, Any] | None = None,
        nearest: bool = False,
        strength: float = 1,
        colour: float = 1,
        stroke: float = 1,
        detail: float = 0,
        variation: int = 0,
    ) -> Any:
        """The photo and the painting, a line about it, and the download button. Without a photo the sample is painted."""
        import gradio as gr

        photo = photo or str(SAMPLE)
        with errors_on_page():
            before = uploaded(photo)
            told = notices(before)
            after = self.stylist(
                before,
                regions=[(where(brushed, before.size), self.asked(style, example))],
                nearest=nearest,
                strength=strength,
                colour=colour,
                stroke=stroke,
                detail=detail,
                variation=variation,
            )
        name = "painted" if self.reads == {"fixed"} else Path(example).stem if example else style or ""
        shown = Path(photo)
        file = Path(tempfile.mkdtemp(dir=self.folder)) / usual_name(Found(shown, shown=shown), shown.stem, name, [])
        save_picture(after, file)
        notice = None if example else understood(name, self.stylist.painter.palette, nearest)
        line = "; ".join([f"{after.width} x {after.height} pixels", *told, *([notice] if notice else [])])
        return (small(before), small(after)), line, gr.DownloadButton(value=file, interactive=True)


@contextmanager
def errors_on_page() -> Iterator[None]:
    """Shows an error on the page, without the options of the command line."""
    import gradio as gr

    try:
        yield
    except OSError as error:
        raise gr.Error(f"the server cannot keep the picture: {error.strerror}", print_exception=False) from error
    except ValueError as error:
        said = html.escape(OPTIONS.sub("", in_options(str(error))), quote=False)  # a page takes it for HTML
        raise gr.Error(said, print_exception=False) from error


def uploaded(file: str) -> Image.Image:
    """An uploaded picture. An error shows its name, not its path."""
    try:
        return read_picture(file)
    except PictureError as error:
        raise PictureError(str(error).replace(file, Path(file).name)) from error


def small(image: Image.Image) -> Image.Image:
    """A small copy for the page."""
    return shrunk(to_srgb(image), SHOWN)


def where(brushed: dict[str, Any] | None, size: tuple[int, int]) -> Image.Image:
    """The brushed part as a mask; everything if nothing was brushed."""
    layers = (brushed or {}).get("layers") or []
    mask = mask_of(layers[0], brushed=True) if layers else None
    return mask if mask and mask.getbbox() else Image.new("L", size, "white")
