"""The built page of web/ on a server of its own, in Debian's Chromium without a head."""

import functools
import os
import shutil
import threading
import time
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

    def __init__(self, headers, folder=DIST):
        self.asked, self.sent, self.folder = [], headers, folder
        super().__init__(("127.0.0.1", 0), functools.partial(Files, directory=str(folder)))
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

        def start(*gpu):
            profile = tmp_path_factory.mktemp("profile")
            flags = {
                "executable_path": CHROMIUM,
                "args": [*(flag for flag in QUIET if not gpu or flag != "--disable-gpu"), *CAMERA, *gpu],
                "viewport": {"width": 1280, "height": 900},
            }
            return started.chromium.launch_persistent_context(profile, **flags), profile

        yield start


@pytest.fixture(scope="package")
def server(browser):
    started = Server(ISOLATED)
    yield started
    started.stop()


@pytest.fixture
def plain_server(browser, tmp_path):
    """A host that sends no headers, of a copy of the page that may change."""
    return Server({}, shutil.copytree(DIST.resolve(), tmp_path / "site", copy_function=os.symlink))


@pytest.fixture(scope="package")
def page(browser, server):
    """The page, loaded and kept for offline use; it is shared, and every test opens its own photo."""
    context, profile = browser()
    page = context.new_page()
    page.set_default_timeout(120_000)
    begun = time.monotonic()
    page.goto(server.url)
    page.locator("#status", has_text="painted in").wait_for()
    page.first_picture = time.monotonic() - begun  # seconds
    page.get_by_text("works offline").wait_for()
    page.largest_process = functools.partial(largest_process, profile)
    page.loaded, page.asked = (
        len(server.asked),
        [],
    )  # what the server was asked for until now; what the page asks for from now on
    context.on("request", lambda request: page.asked.append(request.url))
    yield page
    context.close()


def largest_process(profile):
    """Peak memory, in bytes, of the browser's process that took most; its processes are descended from the one that has the profile."""
    facts = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            status = dict(
                line.split(":\t", 1) for line in (folder / "status").read_text().splitlines() if ":\t" in line
            )
            facts[folder.name] = (
                status["PPid"],
                int(status.get("VmHWM", "0").split()[0]),
                (folder / "cmdline").read_text(),
            )
        except (OSError, ValueError):  # it has ended
            continue
    family = {pid for pid, (_, _, line) in facts.items() if f"--user-data-dir={profile}" in line}
    while more := {pid for pid, (parent, *_) in facts.items() if parent in family} - family:
        family |= more
    return 1024 * max(facts[pid][1] for pid in family)
