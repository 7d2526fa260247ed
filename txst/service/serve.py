"""txst serve: a page in the browser, and a REST interface beside it. By default only this machine can open them."""

import argparse
import logging
import os
import signal
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from txst.backends.backend import BACKENDS
from txst.commands.errors import UsageError
from txst.commands.paint import limit_pixels
from txst.pictures.formats import forget_other_formats
from txst.service.limits import Limits

if TYPE_CHECKING:  # it imports Gradio, and help and errors come before
    from txst import Stylist
    from txst.commands.studio import Studio
    from txst.service.keys import Keys
    from txst.service.server import Server

KEPT = 3600  # seconds that uploads and paintings of the page stay on the disk


def parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(
        prog="txst serve",
        description="Opens a page for painting in the browser, and a REST interface: docs/SERVICE.md.",
    )
    p.add_argument("--model", help="painter (the default), small, a model folder, or org/name on the Hugging Face hub")
    p.add_argument(
        "--host",
        default="127.0.0.1",
        help="address to listen on (default: 127.0.0.1, for this machine only; 0.0.0.0: for everybody)",
    )
    p.add_argument("--port", type=port, help="port (default: the first free one from 7860)")
    p.add_argument("--no-page", action="store_true", help="the interface alone, which needs no Gradio")
    p.add_argument("--key-file", type=Path, help="file of keys, one a line; who has none is refused, by the page too")
    p.add_argument("--max-pixels", type=int, help="refuse pictures with more pixels than this (default: 179 million)")
    p.add_argument(
        "--max-upload", type=positive(int), default=Limits.upload >> 20, help="MiB of a request (default: %(default)s)"
    )
    p.add_argument(
        "--max-seconds",
        type=positive(float),
        default=Limits.seconds,
        help="from a request's first byte to its answer (default: %(default)g)",
    )
    p.add_argument(
        "--queue", type=positive(int), default=Limits.queue, help="paintings that may wait (default: %(default)s)"
    )
    p.add_argument("--backend", choices=BACKENDS, default="auto", help="as for txst")
    p.add_argument("--device", default="auto", help="as for txst")
    return p


def port(text: str) -> int:
    """The number of a port."""
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:6]) <= 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is no port: they go from 1 to 65535")
    return int(text)


def positive(kind: Any) -> Any:
    """Reads a number above 0."""

    def read(text: str) -> Any:
        number = kind(text)
        if not 0 < number < float("inf"):
            raise argparse.ArgumentTypeError(f"{text} is not above 0")
        return number

    read.__name__ = kind.__name__  # in the error for what is no number
    return read


def run(argv: Sequence[str]) -> int:
    """Serves until Ctrl-C, or until it is told to end; what is in work is finished, and what visitors sent is removed."""
    args = parser().parse_args(argv)

    from txst.service.keys import Keys

    if args.max_pixels is not None and args.max_pixels < 1:
        raise UsageError(f"--max-pixels must be 1 or more, not {args.max_pixels}")
    limits = Limits(args.max_upload * 2**20, args.max_seconds, args.queue)
    keys = Keys(args.key_file)
    if not args.no_page:
        from txst.commands.studio import Studio

    from txst import Stylist

    stylist = Stylist.from_pretrained(args.model, args.device, args.backend)
    limit_pixels(args.max_pixels)
    log_requests()
    with ended_by_signals(), tempfile.TemporaryDirectory(prefix="txst-") as folder:
        studio = None if args.no_page else Studio(stylist, Path(folder))
        server = serve(stylist, studio, args.host, args.port, limits, keys)
        try:
            print(f"{server.local_url} (stop it with Ctrl-C)", flush=True)
            server.wait()
        finally:
            server.close()  # or a picture that is being painted would come into the folder that is removed
    return 0


def log_requests() -> None:
    """A line for each request to the interface, on stderr."""
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
    log = logging.getLogger("txst.service")
    log.handlers = [handler]
    log.setLevel(logging.INFO)


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


def serve(
    stylist: "Stylist",
    studio: "Studio | None",
    host: str,
    port: int | None,
    limits: Limits | None = None,
    keys: "Keys | None" = None,
) -> "Server":
    """Starts the interface, and the page of a studio. Nothing is reported, shared, recorded or kept."""
    from txst.service.api import Interface, build
    from txst.service.figures import Figures
    from txst.service.gate import Gate
    from txst.service.keys import Keys
    from txst.service.server import Server

    forget_other_formats()  # Gradio itself opens what is sent in place of a brushed picture
    limits, keys, figures = limits or Limits(), keys or Keys(None), Figures()
    turn = studio.turn if studio else threading.Lock()
    interface = Interface(stylist, turn, figures, lambda: gate.ending)
    blocks, app = page_of(studio, limits, keys) if studio else (None, None)
    gate = Gate(build(interface, limits, keys.file is not None), app, limits, keys, figures)
    return Server(gate, host, port, turn, blocks)


def page_of(studio: "Studio", limits: Limits, keys: "Keys") -> tuple[Any, Any]:
    """Gradio's page, and the app that it is mounted in."""
    os.environ["GRADIO_TEMP_DIR"] = str(studio.folder)
    import gradio as gr
    from fastapi import FastAPI
    from starlette.middleware import Middleware

    from txst.commands.page import CSS, SCRIPT, page
    from txst.commands.requests import BoundedRequests

    blocks = page(studio, KEPT)
    blocks.queue(default_concurrency_limit=1, max_size=limits.queue)
    app = gr.mount_gradio_app(
        FastAPI(openapi_url=None),
        blocks,
        path="/",
        auth=(lambda _, key: keys.line_of(key) is not None) if keys.file else None,
        auth_message="Any name, and a key of this server.",
        ssr_mode=False,
        run_history=False,
        enable_monitoring=False,
        max_file_size=limits.upload,
        footer_links=[],
        app_kwargs={"middleware": [Middleware(BoundedRequests, folder=studio.folder, upload=limits.upload)]},
        theme=theme(),
        css=CSS.read_text(encoding="utf-8"),
        head=f"<script>{SCRIPT.read_text(encoding='utf-8')}</script>",
    )
    blocks.has_launched = (
        True  # Gradio says so where it listens by itself; without it, it reads files that were not uploaded
    )
    return blocks, app


def theme() -> Any:
    """Gradio's own, without the fonts, which come from a server, and with small print that can be read."""
    import gradio as gr

    return gr.themes.Default(font="system-ui", font_mono="monospace").set(body_text_color_subdued="*neutral_600")
