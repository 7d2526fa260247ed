"""Paints for the page of `txst serve`."""

import html
import re
import tempfile
import threading
import warnings
from collections.abc import Iterator, Set
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

import gradio as gr
from PIL import Image

from txst.commands.names import control_words, usual_name
from txst.commands.page_pictures import small, uploaded, where, written
from txst.commands.paint import SAMPLE, understood
from txst.commands.pictures import Found
from txst.commands.styles import kinds, shown_first
from txst.commands.wording import in_options
from txst.files.metadata import read_metadata
from txst.images import notices, read_picture
from txst.inference.forms import shrunk
from txst.inference.photo import Photo
from txst.painting import Painting, made_by
from txst.palette.lookup import Palette
from txst.palette.spelling import fold
from txst.pictures.limits import PictureWarning

THUMBNAIL, THUMBNAILS = 192, 18  # pixels, longer side of the pictures that styles are chosen by; their number, at most
WORKS = 8  # of an artist, that are shown to choose from
EVERY_KIND = "All"
NO_PROGRESS = gr.Progress()  # in its place a page puts its own
OPTIONS = re.compile(r" \(--[^()]*\)")  # a command-line option in a message, in parentheses
SLIDERS = {  # least, most, first value, step, explanation
    "strength": (0, 1, 1, 0.05, "0 is the photo, 1 the full style"),
    "colour": (0, 1, 1, 0.05, "0 keeps the photo's colours, 1 takes the style's"),
    "stroke": (0.25, 4, 1, 0.25, "size of the strokes"),
    "detail": (0, 1, 0, 0.05, "how much of the photo's fine detail to keep"),
    "variation": (0, 999, 0, 1, "which work of the artist to paint after"),
}


class Studio:
    """Paints the pictures that a page sends and returns what the page shows.

    Args:
        stylist: the model.
        folder: for the paintings.
    """

    def __init__(self, stylist: Any, folder: Path) -> None:
        self.stylist, self.folder = stylist, folder
        self.turn = threading.Lock()  # is held while a picture is painted, for other clients of the server too
        self.sample = shrunk(read_picture(SAMPLE), THUMBNAIL)
        self.painted_sample = lru_cache(512)(lambda style: self.stylist(self.sample, style))  # 100 kB each

    def shown(self, image: Image.Image) -> str:
        """A picture as a file for the page."""
        return written(image, self.folder)

    @property
    def reads(self) -> Set[str]:
        """What the model's style may be given as."""
        return self.stylist.painter.reads

    def asked(
        self, style: str | None, example: str | None, second: str | None = None, share: float = 0.5
    ) -> dict[str, Any]:
        """The style that is painted in, as an argument of `Stylist`.

        Args:
            style: by its name.
            example: by a picture, which takes the place of the name.
            second: mixed in.
            share: of the second one.
        """
        if self.reads == {"fixed"}:
            return {}
        first = Path(example) if example else style or ""
        if second and "text" in self.reads:
            return {"mix": [(first, 1 - share), (second, share)]}
        if example or "text" not in self.reads:
            return {"style_image": Path(example) if example else None}
        return {"style": first}

    def thumbnails(self) -> list[tuple[str, str]]:
        """The sample photo in some of the styles that the model knows by name, each with its name."""
        return self.found("", EVERY_KIND) if self.stylist.painter.palette is not None else []

    def found(self, text: str = "", kind: str = EVERY_KIND) -> list[tuple[str, str]]:
        """The sample photo in the styles that are looked for, the famous ones first.

        Args:
            text: a part of their names, or a name in any spelling.
            kind: one of `styles.kinds`, or every kind.
        """
        with self.turn, errors_on_page():
            names = matching(self.stylist.painter.palette, text or "", kind)
            return [(self.shown(self.painted_sample(name)), name) for name in names]

    def works(
        self,
        photo: str | None,
        style: str | None = None,
        second: str | None = None,
        nearest: bool = False,
        example: str | None = None,
    ) -> Any:
        """The photo after each of the works that a name may mean, to choose from; hidden where there is but one."""
        palette = self.stylist.painter.palette
        if palette is None or example or second or not style:
            return gr.Gallery(value=[], visible=False)
        with self.turn, errors_on_page():
            count = min(WORKS, palette.variations(style, nearest))
            if count < 2:
                return gr.Gallery(value=[], visible=False)
            small = Photo.open(shrunk(uploaded(photo or str(SAMPLE)), THUMBNAIL))
            painted = [self.stylist.paint(small, style, variation=n, nearest=nearest) for n in range(count)]
        captions = ["the usual one", *(f"work {n}" for n in range(2, count + 1))]
        shown = [(self.shown(picture), caption) for picture, caption in zip(painted, captions, strict=True)]
        return gr.Gallery(value=shown, visible=True, selected_index=0)

    def show(self, photo: str | None = None) -> Image.Image:
        """An uploaded picture, or the sample photo, at the size of the brush."""
        with errors_on_page():
            return small(uploaded(photo or str(SAMPLE)))

    def show_again(self, photo: str | None = None, brushed: dict[str, Any] | None = None) -> Any:
        """The picture at the brush once more, where the editor missed it: it takes none before its first one is there."""
        there, picture = (brushed or {}).get("background"), self.show(photo)
        return gr.skip() if there is not None and there.size == picture.size else picture

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
        second: str | None = None,
        share: float = 0.5,
        mask: str | None = None,
        strip: bool = False,
        progress: gr.Progress = NO_PROGRESS,
    ) -> Any:
        """The photo and the painting, a line about it, and the download button. Without a photo the sample is painted."""
        photo = photo or str(SAMPLE)
        asked = self.asked(style, example, second, share)
        numbers = {"strength": strength, "colour": colour, "stroke": stroke, "detail": detail, "variation": variation}
        with self.turn, errors_on_page(photo, example, mask), warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always", PictureWarning)
            before = uploaded(photo)
            part = where(brushed, mask)
            inside: dict[str, Any] = {"regions": [(part, next(iter(asked.values()), None))]} if part else asked
            after = self.stylist.paint(before, **inside, **numbers, nearest=nearest, progress=progress)
            file = self.saved(after, Path(photo), {**asked, **numbers, "nearest": nearest}, bool(part), strip)
            unused = (
                [f"{style!r} is not used beside a style picture"] if example and style and "text" in self.reads else []
            )
            read = [*unused, *self.understood(asked, nearest)]
        told = [str(warning.message) for warning in warned if issubclass(warning.category, PictureWarning)]
        line = "; ".join([f"{after.width} x {after.height} pixels", *notices(before), *told, *read])
        return (
            (self.shown(small(before)), self.shown(small(after))),
            line,
            gr.DownloadButton(value=file, interactive=True),
        )

    def saved(self, painting: Painting, photo: Path, controls: dict[str, Any], part: bool, strip: bool) -> Path:
        """The painting's file: its name tells the controls, and it says what made it and what the photo's says, unless it is stripped."""
        words = [*control_words(controls, {}, "float32"), *(["part"] if part else [])]
        name = usual_name(Found(photo, shown=photo), photo.stem, label_of(controls), words)
        file = Path(tempfile.mkdtemp(dir=self.folder)) / name
        painting.made_by = made_by(photo.name, self.stylist.name, None, controls | {"part": "a mask" if part else None})
        painting.metadata = read_metadata(photo, painting.size)
        (painting.stripped() if strip else painting).save(file)
        return file

    def understood(self, asked: dict[str, Any], nearest: bool) -> Iterator[str]:
        """What was understood of the names of styles."""
        for name in [part for part, _ in asked.get("mix", ())] or [asked.get("style")]:
            if isinstance(name, str) and (notice := understood(name, self.stylist.painter.palette, nearest)):
                yield notice


def matching(palette: Palette, text: str, kind: str) -> list[str]:
    """The names of a kind that hold a text, or that it means, the famous ones first; so many as are shown."""
    found = kinds(palette)
    if kind != EVERY_KIND:
        names = found.get(kind.lower(), [])
    elif text.strip():
        names = [name for some in found.values() for name in some]
    else:
        return shown_first(palette, THUMBNAILS)
    hits = [name for name in names if fold(text) in fold(name)]
    if not hits and text.strip():
        hits = [
            term.name for part in palette.read(text, True).parts for term in part.source.terms if term.name in names
        ]
    return list(dict.fromkeys(hits))[:THUMBNAILS]


def label_of(asked: dict[str, Any]) -> str:
    """The style as a part of a file's name."""
    if "mix" in asked:
        return " ".join(f"{part.stem if isinstance(part, Path) else part} {weight:g}" for part, weight in asked["mix"])
    picture = asked.get("style_image")
    return picture.stem if picture else asked.get("style") or "painted"


@contextmanager
def errors_on_page(*files: str | None) -> Iterator[None]:
    """Shows an error on the page, with the names of files in place of their paths, and without the options of the command line."""
    try:
        yield
    except OSError as error:
        raise gr.Error(f"the server cannot keep the picture: {error.strerror}", print_exception=False) from error
    except ValueError as error:
        said = OPTIONS.sub("", in_options(str(error)))
        for file in filter(None, files):
            said = said.replace(file, Path(file).name)
        raise gr.Error(html.escape(said, quote=False), print_exception=False) from error
