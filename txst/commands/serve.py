"""txst serve: a page in the browser. By default only this machine can open it."""

import argparse
import os
import signal
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from txst.backends.backend import BACKENDS
from txst.commands.paint import SAMPLE_STYLES, limit_pixels
from txst.commands.requests import BoundedRequests
from txst.commands.studio import SLIDERS, Studio
from txst.commands.styles import kinds
from txst.pictures.formats import forget_other_formats

UPLOAD = 64 * 2**20  # bytes of an uploaded file, at most
WAITING = 16  # visitors in the queue; one picture is painted at a time
KEPT = 3600  # seconds that uploads and paintings stay on the disk
TITLE = "# txst\nDrop a photo, choose a style, and get the picture. It is painted by the computer that this page comes from and sent nowhere else."
STYLES = "one or several, with words for the look: dark monet; monet:0.7, hokusai:0.3; watercolour by titian"


def parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(prog="txst serve", description="Opens a page for painting in the browser.")
    p.add_argument("--model", help="painter (the default), small, a model folder, or org/name on the Hugging Face hub")
    p.add_argument(
        "--host",
        default="127.0.0.1",
        help="address to listen on (default: 127.0.0.1, for this machine only; 0.0.0.0: for everybody)",
    )
    p.add_argument("--port", type=port, help="port (default: the first free one from 7860)")
    p.add_argument("--max-pixels", type=int, help="refuse pictures with more pixels than this (default: 179 million)")
    p.add_argument("--backend", choices=BACKENDS, default="auto", help="as for txst")
    p.add_argument("--device", default="auto", help="as for txst")
    return p


def port(text: str) -> int:
    """The number of a port."""
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:6]) <= 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is no port: they go from 1 to 65535")
    return int(text)


def run(argv: Sequence[str]) -> int:
    """Serves the page until Ctrl-C, or until it is told to end; what visitors sent is removed then."""
    args = parser().parse_args(argv)

    from txst import Stylist

    stylist = Stylist.from_pretrained(args.model, args.device, args.backend)
    limit_pixels(args.max_pixels)
    with ended_by_signals(), tempfile.TemporaryDirectory(prefix="txst-") as folder:
        blocks = serve(Studio(stylist, Path(folder)), args.host, args.port)
        try:
            print(f"{blocks.local_url} (stop it with Ctrl-C)", flush=True)
            blocks.block_thread()
        finally:
            blocks.close(verbose=False)  # or a picture that is being painted would come into the folder that is removed
    return 0


@contextmanager
def ended_by_signals() -> Iterator[None]:
    """Within it, SIGTERM and SIGHUP end the program as Ctrl-C does."""
    usual = {s: signal.signal(s, ended) for name in ("SIGTERM", "SIGHUP") if (s := getattr(signal, name, None))}
    try:
        yield
    finally:
        for signum, handler in usual.items():
            signal.signal(signum, handler)


def ended(signum: int, _: Any) -> None:
    """Ends the program as Ctrl-C does, with what is to be done before."""
    sys.exit(128 + signum)


def serve(studio: Studio, host: str, port: int | None) -> Any:
    """Starts the page and returns it. Nothing is reported, shared, recorded or kept."""
    forget_other_formats()  # Gradio itself opens what is sent in place of a brushed picture
    os.environ["GRADIO_TEMP_DIR"] = str(studio.folder)
    direct = os.environ.get("no_proxy") or os.environ.get("NO_PROXY")
    own = filter(None, (direct, host, "localhost"))  # Gradio checks that its own page answers
    os.environ["no_proxy"] = ",".join(own)
    import gradio as gr
    from starlette.middleware import Middleware

    blocks = page(studio)
    blocks.queue(default_concurrency_limit=1, max_size=WAITING)
    try:
        blocks.launch(
            server_name=host,
            server_port=port,
            prevent_thread_lock=True,
            quiet=True,
            share=False,
            ssr_mode=False,
            run_history=False,
            enable_monitoring=False,
            max_file_size=UPLOAD,
            footer_links=[],
            app_kwargs={"middleware": [Middleware(BoundedRequests, folder=studio.folder, upload=UPLOAD)]},
            theme=gr.themes.Default(font="system-ui", font_mono="monospace"),  # other fonts come from a server
        )
    except OSError as error:
        if "Cannot find empty port" not in str(error):
            raise
        taken = f"port {port} is taken" if port else "the ports from 7860 to 7959 are taken"
        raise OSError(f"{taken} by another program: name another one with --port") from error
    except ValueError as error:
        if "localhost is not accessible" not in str(error):
            raise
        raise TimeoutError(
            "the page did not answer in time, perhaps because another program uses all cores: start it again"
        ) from error
    return blocks


def page(studio: Studio) -> Any:
    """The page and its controls; those that the model cannot follow are hidden."""
    import gradio as gr

    palette, reads = studio.stylist.painter.palette, studio.reads
    names = [name for some in kinds(palette).values() for name in some] if palette else SAMPLE_STYLES
    first = next((name for name in SAMPLE_STYLES if name in names), names[0])
    with gr.Blocks(title="txst", analytics_enabled=False, delete_cache=(KEPT, KEPT)) as blocks:
        gr.Markdown(TITLE)
        with gr.Row():
            with gr.Column(scale=2, min_width=320):  # first, so that a phone shows it on top
                *made, brushed = results()
            with gr.Column(scale=1, min_width=320):
                photo = gr.File(label="Picture", height=150, elem_id="photo")
                shown = choice(studio)
                style = gr.Dropdown(
                    names, value=first, label="Style", info=STYLES, allow_custom_value=True, visible="text" in reads
                )
                numbers = sliders(hidden=["variation"] if palette is None else [])
                nearest = gr.Checkbox(
                    label="If the style is unknown, paint in the nearest known one", visible=palette is not None
                )
                instead = " (instead of a name)" if "text" in reads else ""
                example = gr.File(label=f"Style picture{instead}", height=150, visible=reads != {"fixed"})
        given = [photo, style, example, brushed, nearest, *numbers]
        # the first picture of the brush counts as brushed and starts the painting, another that takes its place does not
        blocks.load(studio.show, photo, brushed, api_name="show_sample", api_visibility="private")
        gr.on([photo.upload, photo.clear], studio.show, photo, brushed, api_name="show").success(
            studio.paint, given, made, trigger_mode="always_last", api_name="paint_shown", api_visibility="private"
        )
        changes = [style.input, nearest.input, example.upload, example.clear, brushed.input]
        changes += [slider.release for slider in numbers]
        gr.on(changes, studio.paint, given, made, trigger_mode="always_last", api_name="paint")

        def named(picked: gr.SelectData) -> str:
            """The style whose picture was chosen."""
            return picked.value["caption"]

        shown.select(named, None, style, api_visibility="private").then(
            studio.paint, given, made, trigger_mode="always_last", api_name="paint_named", api_visibility="private"
        )
    return blocks


def results() -> list[Any]:
    """The picture before and after, a line about it, the download, and the brush."""
    import gradio as gr

    return [
        gr.ImageSlider(label="Before and after", height=500, interactive=False, buttons=["fullscreen"]),
        gr.Markdown(),
        gr.DownloadButton("Download", interactive=False),
        gr.ImageEditor(
            label="Brush over the part to paint (without brushing, everything is painted)",
            type="pil",
            sources=(),
            transforms=(),
            layers=False,
            brush=gr.Brush(colors=["#e02020"], color_mode="fixed"),
        ),
    ]


def choice(studio: Studio) -> Any:
    """Pictures of styles, where the model knows some by name."""
    import gradio as gr

    pictures = studio.thumbnails()
    return gr.Gallery(
        pictures,
        label="Styles",
        show_label=False,
        columns=3,
        height=330,
        object_fit="cover",
        allow_preview=False,
        interactive=False,
        buttons=[],
        visible=bool(pictures),
    )


def sliders(hidden: Sequence[str]) -> list[Any]:
    """A slider for each control that is a number. Hidden ones keep their first value."""
    import gradio as gr

    return [
        gr.Slider(least, most, first, step=step, label=name.capitalize(), info=info, visible=name not in hidden)
        for name, (least, most, first, step, info) in SLIDERS.items()
    ]
