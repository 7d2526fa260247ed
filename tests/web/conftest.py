"""The built page of web/ on a server of its own, in Debian's Chromium without a head."""

import functools
import shutil
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

DIST = Path("web/dist")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
QUIET += ["--disable-component-update", "--disable-sync"]
CAMERA = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
ISOLATED = {"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp"}


class Files(SimpleHTTPRequestHandler):
    """Serves the page below /some/path/, with the headers for threads or without."""

    headers_sent: dict[str, str] = {}  # noqa: RUF012

    def translate_path(self, path):
        return super().translate_path(path.removeprefix("/some/path"))

    def end_headers(self):
        for name, value in self.headers_sent.items():
            self.send_header(name, value)
        super().end_headers()

    def log_message(self, *_):
        pass


def serving(headers):
    handler = type("Sent", (Files,), {"headers_sent": headers})
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(handler, directory=str(DIST)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def address(server):
    return f"http://127.0.0.1:{server.server_address[1]}/some/path/"


@pytest.fixture(scope="session")
def chromium(tmp_path_factory):
    """Starts browsers, each with its own profile."""
    if CHROMIUM is None:
        pytest.skip("no Chromium here: apt-get install chromium")
    if not (DIST / "index.html").is_file():
        pytest.skip("web/dist is not built: make web, which needs node")
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as started:
        yield lambda *flags, **more: started.chromium.launch_persistent_context(
            tmp_path_factory.mktemp("profile"), executable_path=CHROMIUM, args=[*QUIET, *flags], **more
        )


@pytest.fixture
def server():
    started = serving(ISOLATED)
    yield started
    started.shutdown()
    started.server_close()
