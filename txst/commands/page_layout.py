"""What is on the page of `txst serve`."""

from dataclasses import dataclass
from typing import Any

import gradio as gr

from txst.commands.paint import SAMPLE_STYLES
from txst.commands.studio import EVERY_KIND, SLIDERS, Studio
from txst.commands.styles import kinds

TITLE = "# txst\nDrop a photo, choose a style, and get the picture. It is painted by the computer that this page comes from and sent nowhere else."
STYLES = "one or several, with words for the look: dark monet; monet:0.7, hokusai:0.3; watercolour by titian"
BRUSH = (5, 200, 40)  # pixels on the page: the least, the largest and the first size of the brush


@dataclass(frozen=True)
class Parts:
    """What is on the page.

    Args:
        photo: the picture.
        made: before and after, a line about it, and the download.
        works: of an artist, to choose from.
        brush: its size.
        brushed: the editor.
        mask: a file in its place.
        find, kind, shown: what is looked for among the styles, and their pictures.
        style, second, share: by name, and the share of the second one.
        numbers: the sliders.
        nearest, example, strip: the other controls.
    """

    photo: Any
    made: list[Any]
    works: Any
    brush: Any
    brushed: Any
    mask: Any
    find: Any
    kind: Any
    shown: Any
    style: Any
    second: Any
    share: Any
    numbers: list[Any]
    nearest: Any
    example: Any
    strip: Any

    @property
    def given(self) -> list[Any]:
        """The arguments of `Studio.paint`."""
        named = [self.photo, self.style, self.example, self.brushed, self.nearest]
        return [*named, *self.numbers, self.second, self.share, self.mask, self.strip]

    @property
    def named(self) -> list[Any]:
        """The arguments of `Studio.works`."""
        return [self.photo, self.style, self.second, self.nearest, self.example]

    @property
    def variation(self) -> Any:
        """The slider that says which work is painted after."""
        return self.numbers[list(SLIDERS).index("variation")]


def laid_out(studio: Studio) -> Parts:
    """Puts the controls on the page."""
    with gr.Row():
        with gr.Column(scale=2, min_width=320):  # first, so that a phone shows it on top
            made, works, part = results()
        with gr.Column(scale=1, min_width=320):
            photo = gr.File(label="Picture", height=150, elem_id="photo")
            return Parts(photo, made, works, *part, *choice(studio), *named_styles(studio), sliders(), *others(studio))


def results() -> tuple[list[Any], Any, tuple[Any, Any, Any]]:
    """The picture before and after, a line about it and the download; the works to paint after; and what says which part is painted."""
    made = [
        gr.ImageSlider(
            label="Before and after", height=500, interactive=False, buttons=["fullscreen"], elem_id="result"
        ),
        gr.Markdown(elem_id="line"),
        gr.DownloadButton("Download", interactive=False),
    ]
    works = pictures("Paint after another work", columns=8, visible=False, elem_id="works", show_label=True)
    least, largest, first = BRUSH
    brush = gr.Slider(
        least,
        largest,
        first,
        step=5,
        label="Size of the brush",
        info="without brushing, everything is painted",
        elem_id="brush",
    )
    brushed = gr.ImageEditor(
        label="Brush over the part to paint", type="pil", sources=(), transforms=(), layers=False, brush=brush_of(first)
    )
    mask = gr.File(label="Or a mask, white where to paint", height=150, elem_id="mask")
    return made, works, (brush, brushed, mask)


def brush_of(size: int) -> Any:
    """A red brush."""
    return gr.Brush(colors=["#e02020"], color_mode="fixed", default_size=size)


def choice(studio: Studio) -> tuple[Any, Any, Any]:
    """A field to search, the kinds of styles, and pictures of those that are found; hidden where the model knows none by name."""
    palette = studio.stylist.painter.palette
    some = [EVERY_KIND, *(kind.capitalize() for kind in kinds(palette))] if palette else [EVERY_KIND]
    with gr.Column(visible=palette is not None, min_width=0):
        find = gr.Textbox(label="Find a style", placeholder="monet, cubism, watercolour, ...", elem_id="find")
        kind = gr.Radio(some, value=EVERY_KIND, label="Kind", show_label=False, elem_id="kind")
        shown = pictures("Styles", value=studio.thumbnails(), columns=3, height=330, elem_id="styles")
    return find, kind, shown


def pictures(label: str, **how: Any) -> Any:
    """Small pictures to choose from."""
    usual: dict[str, Any] = {"show_label": False, "object_fit": "cover", "allow_preview": False, "buttons": []}
    return gr.Gallery(label=label, interactive=False, **usual | how)


def named_styles(studio: Studio) -> tuple[Any, Any, Any]:
    """The style, a second one to mix in, and its share."""
    palette, visible = studio.stylist.painter.palette, "text" in studio.reads
    names = [name for some in kinds(palette).values() for name in some] if palette else SAMPLE_STYLES
    first = next((name for name in SAMPLE_STYLES if name in names), names[0])
    style = gr.Dropdown(names, value=first, label="Style", info=STYLES, allow_custom_value=True, visible=visible)
    second = gr.Dropdown(
        ["", *names],
        value="",
        label="Mixed with",
        info="a second style, or none",
        allow_custom_value=True,
        visible=visible,
    )
    share = gr.Slider(0, 1, 0.5, step=0.05, label="Share", info="of the second style", visible=visible)
    return style, second, share


def others(studio: Studio) -> tuple[Any, Any, Any]:
    """Whether an unknown style becomes the nearest one, a picture in place of a name, and whether the file says what made it."""
    known = studio.stylist.painter.palette is not None
    nearest = gr.Checkbox(label="If the style is unknown, paint in the nearest known one", visible=known)
    instead = " (instead of a name)" if "text" in studio.reads else ""
    example = gr.File(label=f"Style picture{instead}", height=150, visible=studio.reads != {"fixed"})
    strip = gr.Checkbox(label="Leave out of the file what made it and what the photo says (date, place, camera)")
    return nearest, example, strip


def sliders() -> list[Any]:
    """A slider for each control that is a number; the variation is chosen by its picture."""
    return [
        gr.Number(first, precision=0, minimum=least, label=name.capitalize(), visible=False)
        if name == "variation"
        else gr.Slider(least, most, first, step=step, label=name.capitalize(), info=info)
        for name, (least, most, first, step, info) in SLIDERS.items()
    ]
