"""txst serve: a page in the browser. By default only this machine can open it."""

import argparse
import os
import signal
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from txst.backends.backend import BACKENDS
from txst.commands.paint import limit_pixels
from txst.pictures.formats import forget_other_formats

if TYPE_CHECKING:  # it imports Gradio, and help and errors come before
    from txst.commands.studio import Studio

UPLOAD = 64 * 2**20  # bytes of an uploaded file, at most
WAITING = 16  # visitors in the queue; one picture is painted at a time
KEPT = 3600  # seconds that uploads and paintings stay on the disk


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
    from txst.commands.studio import Studio

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


def serve(studio: "Studio", host: str, port: int | None) -> Any:
    """Starts the page and returns it. Nothing is reported, shared, recorded or kept."""
    forget_other_formats()  # Gradio itself opens what is sent in place of a brushed picture
    os.environ["GRADIO_TEMP_DIR"] = str(studio.folder)
    direct = os.environ.get("no_proxy") or os.environ.get("NO_PROXY")
    own = filter(None, (direct, host, "localhost"))  # Gradio checks that its own page answers
    os.environ["no_proxy"] = ",".join(own)
    from starlette.middleware import Middleware

    from txst.commands.page import CSS, SCRIPT, page
    from txst.commands.requests import BoundedRequests

    blocks = page(studio, KEPT)
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
            theme=theme(),
            css=CSS.read_text(encoding="utf-8"),
            head=f"<script>{SCRIPT.read_text(encoding='utf-8')}</script>",
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


def theme() -> Any:
    """Gradio's own, without the fonts, which come from a server, and with small print that can be read."""
    import gradio as gr

    return gr.themes.Default(font="system-ui", font_mono="monospace").set(body_text_color_subdued="*neutral_600")
