"""The page in a real browser: Debian's Chromium, without a head."""

import shutil
from urllib.parse import urlsplit

import numpy as np
import pytest
from PIL import Image

from txst import Stylist
from txst.commands.paint import SAMPLE
from txst.service.serve import serve

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
QUIET += ["--disable-component-update", "--disable-sync"]
pytest.importorskip("gradio")
Studio = pytest.importorskip("txst.commands.studio").Studio
playwright = pytest.importorskip("playwright.sync_api")
axe = pytest.importorskip("axe_playwright_python.sync_playwright")
SIZES = [(1280, 900), (820, 1100), (390, 844)]  # a desk, a tablet, a phone
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: apt-get install chromium"),
]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADIO_TEMP_DIR", "")  # put back afterwards
        stylist = Stylist.from_pretrained()
        running = serve(stylist, Studio(stylist, tmp_path_factory.mktemp("page")), "127.0.0.1", None)
        yield running
        running.close()


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as started:
        running = started.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield running
        running.close()


@pytest.fixture
def page(server, browser):
    """The page in a window of its own, which knows nothing of others; it asks this server and nobody else."""
    window = browser.new_context(viewport={"width": 1200, "height": 1200})
    page, asked = window.new_page(), []
    page.set_default_timeout(240_000)
    page.on("request", lambda request: asked.append(request.url))
    page.goto(server.local_url)
    page.get_by_role("combobox", name="Style", exact=True).wait_for()
    yield page
    window.close()
    assert {urlsplit(url).netloc for url in asked if url.startswith("http")} == {urlsplit(server.local_url).netloc}


@pytest.fixture
def photo(tmp_path):
    file = tmp_path / "photo.png"
    Image.open(SAMPLE).resize((301, 200)).save(file)
    return file


def drop(page, file):
    page.locator("#photo input[type=file]").set_input_files(file)


def dropped(page, photo):
    """Drops it, and waits for its painting; gives the painting's address."""
    drop(page, photo)
    page.get_by_text("301 x 200 pixels").wait_for()
    return after(page)


def after(page, before=None):
    """The address of a painting that the page shows, once it is another than before."""
    page.wait_for_function(
        "before => { const all = document.querySelectorAll('#result img'); return all[1]?.src && all[1].src !== before }",
        arg=before,
    )
    return page.locator("#result img").nth(1).get_attribute("src")


def choose(page, letters, field="Style"):
    style = page.get_by_role("combobox", name=field, exact=True)
    style.click()
    style.fill("")
    style.press_sequentially(letters)
    return style


def downloaded(page, folder):
    with page.expect_download() as download:
        page.get_by_text("Download", exact=True).click()
    file = folder / download.value.suggested_filename
    download.value.save_as(file)
    return file


def test_a_dropped_picture_is_painted_in_the_style_that_is_typed_and_downloaded(page, photo, tmp_path):
    first = dropped(page, photo)
    style = choose(page, "hokus")
    page.get_by_role("option", name="katsushika hokusai").wait_for()
    style.press("Enter")
    after(page, first)
    file = downloaded(page, tmp_path)
    assert file.name == "photo_katsushika-hokusai.png"
    painted, before = Image.open(file).convert("RGB"), Image.open(photo).convert("RGB")
    assert painted.size == (301, 200)
    assert np.abs(np.asarray(painted).astype(int) - np.asarray(before)).mean() > 10


def test_a_sample_is_there_at_once_and_is_painted_in_the_style_whose_picture_is_chosen(page):
    page.get_by_text("512 x 512 pixels").wait_for()
    first = after(page)
    page.locator("#styles .thumbnail-item").filter(has_text="katsushika").click()
    after(page, first)
    assert page.get_by_role("combobox", name="Style", exact=True).input_value() == "katsushika hokusai"


def test_a_style_is_searched_and_chosen_by_keys(page):
    page.get_by_text("512 x 512 pixels").wait_for()
    first = after(page)
    for letters, name in (("hokus", "katsushika hokusai"), ("titian", "titian")):
        page.locator("#find textarea, #find input").first.fill(letters)
        found = page.locator("#styles .thumbnail-item")
        page.wait_for_function(
            "name => document.querySelector('#styles .thumbnail-item')?.textContent.includes(name)", arg=name
        )
        found.first.press("Enter")
        page.wait_for_function(
            "name => document.querySelector('input[aria-label=\"Style\"]')?.value === name", arg=name
        )
        first = after(page, first)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_serious_stands_in_the_way_of_anybody_at_any_size(page, scheme):
    """By axe-core; and nothing is wider than the page, and the picture comes first."""
    page.emulate_media(color_scheme=scheme)
    page.reload()
    page.get_by_text("512 x 512 pixels").wait_for()
    page.locator("#works .thumbnail-item").first.wait_for()
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        faults = axe.Axe().run(page).response["violations"]
        assert [(f["id"], f["nodes"][0]["html"]) for f in faults if f["impact"] in ("serious", "critical")] == [], width
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        tops = [page.locator(part).bounding_box()["y"] for part in ("#result", "#works", "#brush", "#photo")]
        assert tops[0] < height / 2
        assert tops == sorted(tops) or width > 800


def test_sliders_numbers_and_an_artists_works_are_reached_by_keys(page):
    page.get_by_text("512 x 512 pixels").wait_for()
    shown = after(page)
    page.get_by_label("range slider for Strength").press("ArrowLeft")
    shown = after(page, shown)
    page.get_by_label("number input for Strength").fill("0.4")  # without leaving it
    shown = after(page, shown)
    page.locator("#works .thumbnail-item").nth(1).press("Enter")
    after(page, shown)


def test_without_its_photo_the_page_shows_the_sample_again(page, photo):
    first = dropped(page, photo)
    page.locator("#photo").get_by_label("Clear").first.click()
    page.get_by_text("512 x 512 pixels").wait_for()
    after(page, first)


def test_after_an_error_there_is_nothing_to_download_and_the_picture_stays(page):
    page.get_by_text("512 x 512 pixels").wait_for()
    shown = after(page)
    choose(page, "zzyzx").press("Enter")
    page.get_by_text("this model knows no style 'zzyzx'").first.wait_for()
    page.wait_for_function(
        "() => [...document.querySelectorAll('button')].some(b => b.textContent.includes('Download') && b.disabled)"
    )
    assert after(page) == shown


def test_a_broken_file_and_an_unknown_style_show_messages_and_the_page_goes_on(page, photo, tmp_path):
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(SAMPLE.read_bytes()[:3000])
    drop(page, broken)
    page.get_by_text("broken.jpg: broken or cut short").first.wait_for()
    page.locator("#photo").get_by_label("Clear").first.click()
    first = dropped(page, photo)
    choose(page, "zzyzx").press("Enter")
    page.get_by_text("this model knows no style 'zzyzx'").first.wait_for()
    choose(page, "titian").press("Enter")
    after(page, first)


def test_what_the_brush_leaves_out_stays_a_photo(page, photo, tmp_path):
    page.get_by_text("512 x 512 pixels").wait_for()  # the editor takes no other picture before it is there
    after(page)
    first = dropped(page, photo)
    page.locator("canvas").first.scroll_into_view_if_needed()
    box = page.locator("canvas").first.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x - 20, y)
    page.mouse.down()
    page.mouse.move(x + 20, y, steps=5)
    page.mouse.up()
    after(page, first)
    file = downloaded(page, tmp_path)
    change = np.abs(np.asarray(Image.open(file)).astype(int) - np.asarray(Image.open(photo))).max(-1)
    assert change[:20].max() == change[-20:].max() == 0
    assert change[90:110, 140:160].mean() > 5
