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


class Server(ThreadingHTTPServer):
    """Serves the page below a path, with the headers that threads need or without, and counts what is asked of it."""

    def __init__(self, headers):
        self.asked, self.sent = [], headers
        super().__init__(("127.0.0.1", 0), functools.partial(Files, directory=str(DIST)))
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}/some/path/"

    def stop(self):
        self.shutdown()
        self.server_close()


class Files(SimpleHTTPRequestHandler):
    def translate_path(self, path):
        self.server.asked.append(path)
        return super().translate_path(path.removeprefix("/some/path"))

    def end_headers(self):
        for name, value in self.server.sent.items():
            self.send_header(name, value)
        super().end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture(scope="package")
def browser(tmp_path_factory):
    """Starts Chromium with a profile of its own, and gives it with the profile's folder."""
    if CHROMIUM is None:
        pytest.skip("no Chromium here: apt-get install chromium")
    if not (DIST / "index.html").is_file():
        pytest.skip("web/dist is not there: make web, which needs node and npm")
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as started:

        def start():
            profile = tmp_path_factory.mktemp("profile")
            flags = {"executable_path": CHROMIUM, "args": [*QUIET, *CAMERA], "viewport": {"width": 1280, "height": 900}}
            return started.chromium.launch_persistent_context(profile, **flags), profile

        yield start


@pytest.fixture(scope="package")
def server(browser):
    started = Server(ISOLATED)
    yield started
    started.stop()


@pytest.fixture
def plain_server(browser):
    """A host that sends no headers."""
    return Server({})


@pytest.fixture(scope="package")
def page(browser, server):
    """The page, loaded and kept for offline use; it is shared, and every test opens its own photo."""
    context, profile = browser()
    page = context.new_page()
    page.profile = profile
    page.set_default_timeout(120_000)
    page.goto(server.url)
    page.get_by_text("works offline").wait_for()
    yield page
    context.close()
