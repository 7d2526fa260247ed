"""The page of `txst serve`: what is on it, and what happens when something is chosen."""

from pathlib import Path
from typing import Any

import gradio as gr

from txst.commands.paint import SAMPLE_STYLES
from txst.commands.studio import EVERY_KIND, SLIDERS, Studio
from txst.commands.styles import kinds

TITLE = "# txst\nDrop a photo, choose a style, and get the picture. It is painted by the computer that this page comes from and sent nowhere else."
STYLES = "one or several, with words for the look: dark monet; monet:0.7, hokusai:0.3; watercolour by titian"
BRUSH = (5, 200, 40)  # pixels on the page: the least, the largest and the first size of the brush
CSS, SCRIPT = (Path(__file__).with_name(name) for name in ("page.css", "page.js"))


def page(studio: Studio, kept: int) -> Any:
    """The page and its controls; those that the model cannot follow are hidden.

    Args:
        studio: paints.
        kept: seconds that uploads and paintings stay on the disk.
    """
    with gr.Blocks(title="txst", analytics_enabled=False, delete_cache=(kept, kept)) as blocks:
        gr.Markdown(TITLE)
        with gr.Row():
            with gr.Column(scale=2, min_width=320):  # first, so that a phone shows it on top
                made, works, part = results()
            with gr.Column(scale=1, min_width=320):
                photo = gr.File(label="Picture", height=150, elem_id="photo")
                find, kind, shown = choice(studio)
                style, second, share = named_styles(studio)
                numbers = sliders()
                nearest, example, strip = others(studio)
        brush, brushed, mask = part
        given = [photo, style, example, brushed, nearest, *numbers, second, share, mask, strip]
        variation, download = numbers[list(SLIDERS).index("variation")], made[-1]
        texts = [style, second, nearest, example]
        aside: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private", "concurrency_id": "paint"}

        def paint(when: Any, name: str, private: bool = True) -> Any:
            """Paints in the end; where it fails, the painting of before cannot be taken for that of now."""
            visible = "private" if private else "public"
            add = when.success if hasattr(when, "success") else lambda *a, **k: gr.on(when, *a, **k)
            done = add(
                studio.paint,
                given,
                made,
                trigger_mode="always_last",
                show_progress_on=made[1],
                concurrency_id="paint",  # one after the other, in the order in which they were asked for
                api_name=name,
                api_visibility=visible,
            )
            done.failure(nothing, None, download, api_visibility="private")
            return done

        def then_works(done: Any) -> None:
            done.success(studio.works, [photo, *texts], works, **aside)

        # the first picture of the brush counts as brushed and starts the painting, another that takes its place does not
        blocks.load(studio.show, photo, brushed, api_name="show_sample", api_visibility="private")
        blocks.load(studio.works, [photo, *texts], works, **aside)
        there = gr.on([photo.upload, photo.clear], studio.show, photo, brushed, api_name="show")
        there.failure(nothing, None, download, api_visibility="private")
        painted = paint(there, "paint_shown")
        painted.success(studio.show_again, [photo, brushed], brushed, show_progress="hidden", api_visibility="private")
        then_works(painted)
        anew = [style.input, second.input, nearest.input, example.upload, example.clear]
        then_works(paint(gr.on(anew, first_work, None, variation, api_visibility="private"), "paint_anew"))
        changes = [brushed.input, mask.upload, mask.clear, strip.input, share.release]
        # what keys and typed numbers change is released by page.js
        changes += [number.release for number in numbers if number is not variation]
        paint(changes, "paint", private=False)
        picked = shown.select(named, None, [style, variation], api_visibility="private")
        then_works(paint(picked, "paint_named"))
        paint(works.select(number_of, None, variation, api_visibility="private"), "paint_work")
        gr.on(
            [find.change, kind.change],
            studio.found,
            [find, kind],
            shown,
            trigger_mode="always_last",
            concurrency_id="paint",
            api_visibility="private",
        )
        brush.release(resized, brush, brushed, show_progress="hidden", api_visibility="private")
    return blocks


def nothing() -> Any:
    """A download of nothing."""
    return gr.DownloadButton(value=None, interactive=False)


def first_work() -> int:
    """The variation that another style begins with."""
    return 0


def named(picked: gr.SelectData) -> tuple[str, int]:
    """The style whose picture was chosen, after the first of its works."""
    return picked.value["caption"], 0


def number_of(picked: gr.SelectData) -> int:
    """The work whose picture was chosen."""
    return picked.index


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


def resized(size: int) -> Any:
    """The editor with another brush."""
    return gr.ImageEditor(brush=brush_of(size))


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
