"""The page of `txst serve`: what happens when something on it is chosen."""

from functools import partial
from pathlib import Path
from typing import Any

import gradio as gr

from txst.commands.page_layout import TITLE, Parts, brush_of, laid_out
from txst.commands.studio import Studio

ASIDE: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private", "concurrency_id": "paint"}
CSS, SCRIPT = (Path(__file__).with_name(name) for name in ("page.css", "page.js"))


def page(studio: Studio, kept: int) -> Any:
    """The page and its controls; those that the model cannot follow are hidden.

    Args:
        studio: paints.
        kept: seconds that uploads and paintings stay on the disk.
    """
    with gr.Blocks(title="txst", analytics_enabled=False, delete_cache=(kept, kept)) as blocks:
        gr.Markdown(TITLE)
        listen(blocks, studio, laid_out(studio))
    return blocks


def listen(blocks: Any, studio: Studio, on: Parts) -> None:
    """Says what happens when something on the page is chosen."""

    def paint(when: Any, name: str, private: bool = True) -> Any:
        return paint_after(when, studio, on, name, private)

    def then_works(done: Any) -> None:
        done.success(studio.works, on.named, on.works, **ASIDE)

    # the first picture of the brush counts as brushed and starts the painting, another that takes its place does not
    blocks.load(studio.show, on.photo, on.brushed, api_name="show_sample", api_visibility="private")
    blocks.load(studio.works, on.named, on.works, **ASIDE)
    there = gr.on([on.photo.upload, on.photo.clear], studio.show, on.photo, on.brushed, api_name="show")
    there.failure(nothing, None, on.made[-1], api_visibility="private")
    painted = paint(there, "paint_shown")
    again = [on.photo, on.brushed]
    painted.success(studio.show_again, again, on.brushed, show_progress="hidden", api_visibility="private")
    then_works(painted)
    anew = [on.style.input, on.second.input, on.nearest.input, on.example.upload, on.example.clear]
    then_works(paint(gr.on(anew, first_work, None, on.variation, api_visibility="private"), "paint_anew"))
    changes = [on.brushed.input, on.mask.upload, on.mask.clear, on.strip.input, on.share.release]
    # what keys and typed numbers change is released by page.js
    changes += [number.release for number in on.numbers if number is not on.variation]
    paint(changes, "paint", private=False)
    picked = on.shown.select(named, None, [on.style, on.variation], api_visibility="private")
    then_works(paint(picked, "paint_named"))
    paint(on.works.select(number_of, None, on.variation, api_visibility="private"), "paint_work")
    gr.on(
        [on.find.change, on.kind.change],
        studio.found,
        [on.find, on.kind],
        on.shown,
        trigger_mode="always_last",
        concurrency_id="paint",
        api_visibility="private",
    )
    on.brush.release(resized, on.brush, on.brushed, show_progress="hidden", api_visibility="private")


def paint_after(when: Any, studio: Studio, on: Parts, name: str, private: bool) -> Any:
    """Paints in the end; where it fails, the painting of before cannot be taken for that of now."""
    add = when.success if hasattr(when, "success") else partial(gr.on, when)
    done = add(
        studio.paint,
        on.given,
        on.made,
        trigger_mode="always_last",
        show_progress_on=on.made[1],
        concurrency_id="paint",  # one after the other, in the order in which they were asked for
        api_name=name,
        api_visibility="private" if private else "public",
    )
    done.failure(nothing, None, on.made[-1], api_visibility="private")
    return done


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


def resized(size: int) -> Any:
    """The editor with another brush."""
    return gr.ImageEditor(brush=brush_of(size))
