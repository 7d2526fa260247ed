"""The page that paints in the visitor's browser, held against Python."""

import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from txst import Stylist
from txst.commands.paint import SAMPLE

pytestmark = pytest.mark.slow
DIST = Path("web/dist")
REQUEST = {
    "style": "claude monet",
    "second": "",
    "share": 0.5,
    "variation": 0,
    "strength": 1,
    "stroke": 1,
    "nearest": False,
}
FRAMES = """async asked => {
    const canvas = new OffscreenCanvas(256, 256)
    canvas.getContext("2d").fillRect(0, 0, 99, 99)
    const times = []
    for (let i = 0; i < 10; i++) {
        const [frame, begun] = [await createImageBitmap(canvas), performance.now()]
        await txst.call("frame", frame, asked)
        times.push(performance.now() - begun)
    }
    return times
}"""


@pytest.fixture(scope="module")
def small():
    return Stylist.from_pretrained("small")


def photo(folder, size, name="photo.png"):
    """The sample in another size."""
    image = Image.open(SAMPLE).convert("RGB").resize(size, Image.Resampling.BICUBIC)
    image.save(folder / name, compress_level=1)
    return folder / name


def open_photo(page, file):
    page.locator("#file").set_input_files(file)
    page.locator("#status", has_text=file.name).wait_for()


def paint(page, style):
    """Types a style and waits for its painting."""
    page.evaluate("document.getElementById('status').textContent = ''")
    page.get_by_role("combobox", name="Style", exact=True).fill(style)
    page.keyboard.press("Enter")
    page.locator("#status", has_text="painted in").wait_for()


def downloaded(page, folder):
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").click()
    file = folder / download.value.suggested_filename
    download.value.save_as(file)
    return file


def difference(file, painting):
    return np.abs(np.asarray(Image.open(file).convert("RGB")).astype(int) - np.asarray(painting.convert("RGB"))).max()


@pytest.mark.parametrize(("size", "strength", "stroke"), [((301, 200), 1, 1), ((900, 660), 0.6, 1.5)])
def test_a_photo_is_painted_as_python_paints_it(page, small, tmp_path, size, strength, stroke):
    file = photo(tmp_path, size)
    open_photo(page, file)
    for name, value in (("strength", strength), ("stroke", stroke)):
        page.evaluate("([name, value]) => { document.getElementById(name).value = value }", [name, value])
    paint(page, "dark hokusai")
    found = downloaded(page, tmp_path)
    for name in ("strength", "stroke"):
        page.evaluate("name => { document.getElementById(name).value = 1 }", name)
    assert found.name == "photo_dark-hokusai.png"
    assert difference(found, small(file, "dark hokusai", strength=strength, stroke=stroke)) <= 2


def test_tiles_and_mixes_are_painted_as_python_paints_them(page, small, tmp_path, monkeypatch):
    file, memory = photo(tmp_path, (1300, 310)), 2**27  # for five tiles
    open_photo(page, file)
    asked = REQUEST | {"second": "cubism", "share": 0.3, "stroke": 0, "memory": memory}
    found = page.evaluate(
        "async asked => [...new Uint8Array(await (await txst.call('save', asked)).arrayBuffer())]", asked
    )
    (tmp_path / "web.png").write_bytes(bytes(found))
    monkeypatch.setattr(small, "memory", memory)
    mix = {"claude monet": 0.7, "cubism": 0.3}
    assert difference(tmp_path / "web.png", small(file, mix=mix, stroke=0)) <= 2


def test_a_photo_of_12_megapixels_is_painted_in_its_own_size_and_in_little_memory(page, tmp_path):
    file = photo(tmp_path, (4000, 3000), "large.jpg")
    open_photo(page, file)
    paint(page, "monet")
    found = downloaded(page, tmp_path)
    assert found.name == "large_monet.jpg"
    assert Image.open(found).size == (4000, 3000)
    peak = page.largest_process()
    print(f"\n12 megapixels: the browser's largest process took {peak / 2**20:.0f} MB")  # noqa: T201
    assert peak < 1.5 * 2**30


UPDATE = """async () => {
    const [before] = await caches.keys()
    await (await navigator.serviceWorker.ready).update()
    for (let names = [before]; names.includes(before); names = await caches.keys()) await new Promise(go => setTimeout(go, 50))
}"""


def test_after_one_visit_the_page_works_without_a_network_and_has_threads_without_the_host_s_help(
    browser, plain_server
):
    context, _ = browser()
    try:
        page = context.new_page()
        page.set_default_timeout(120_000)
        page.goto(plain_server.url)
        page.get_by_text("works offline").wait_for()
        assert "1 thread: this host sends no headers" in page.locator("#device").text_content()
        worker = plain_server.folder / "sw.js"
        newer = re.sub(r"-[0-9a-f]{16}\b", f"-{16 * '0'}", worker.read_text())
        worker.unlink()
        worker.write_text(newer)
        page.evaluate(UPDATE)  # as browsers do by themselves
        plain_server.stop()
        page.goto(f"{plain_server.url}?threads=2")
        page.get_by_text("sample.jpg: 512 x 512 pixels, painted in").wait_for()
        assert "WASM, 2 threads." in page.locator("#device").text_content()
    finally:
        context.close()


def test_a_broken_file_and_an_unknown_style_are_told_and_the_page_goes_on(page, tmp_path):
    broken, no_picture = tmp_path / "broken.jpg", tmp_path / "words.png"
    broken.write_bytes(SAMPLE.read_bytes()[:30000])
    no_picture.write_text("no picture")
    for file, what in ((broken, "broken.jpg: broken or cut short"), (no_picture, "words.png: broken, or of a kind")):
        page.locator("#file").set_input_files(file)
        page.get_by_role("alert").filter(has_text=what).wait_for()
    page.get_by_role("combobox", name="Style", exact=True).fill("tizzian zzyzx picassso")
    page.keyboard.press("Enter")
    page.get_by_role("alert").filter(has_text="pablo picasso: not in the data").wait_for()
    page.get_by_role("button", name="Paint in the nearest style").click()
    page.get_by_text("in its place").wait_for()
    open_photo(page, photo(tmp_path, (120, 90)))
    paint(page, "titian")


@pytest.mark.parametrize("event", ["drop", "paste"])
def test_a_picture_may_be_dropped_or_pasted(page, tmp_path, event):
    file = photo(tmp_path, (90, 60), f"{event}.png")
    page.evaluate(
        """([event, bytes]) => {
            const data = new DataTransfer()
            data.items.add(new File([Uint8Array.from(bytes)], event + ".png", {type: "image/png"}))
            const kinds = {drop: ["dataTransfer", DragEvent], paste: ["clipboardData", ClipboardEvent]}
            const [key, Kind] = kinds[event]
            document.dispatchEvent(new Kind(event, {[key]: data, bubbles: true, cancelable: true}))
        }""",
        [event, list(file.read_bytes())],
    )
    page.get_by_text(f"{event}.png: 90 x 60 pixels").wait_for()


def test_the_camera_is_painted_live_and_a_photo_is_taken(page):
    page.get_by_role("button", name="Camera").click()
    page.get_by_text("pictures a second").wait_for()
    page.wait_for_timeout(3000)
    live = page.locator("#status").text_content()
    page.get_by_role("button", name="Take the photo").click()
    page.get_by_text("camera.jpg: 640 x 480 pixels, painted in").wait_for()
    times = sorted(page.evaluate(FRAMES, REQUEST))
    print(f"\nFirst picture after {page.first_picture:.1f} s. {live} of 296 x 222.")  # noqa: T201
    print(f"A frame of 256 x 256: fastest {times[0]:.0f} ms, median {times[len(times) // 2]:.0f} ms")  # noqa: T201


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_stands_in_the_way_of_anybody_at_any_size(page, scheme):
    """By axe-core; nothing is wider than the page, and styles are chosen by keys."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    page.emulate_media(color_scheme=scheme)
    page.locator("summary").click()
    for width, height in ((1280, 900), (390, 844)):
        page.set_viewport_size({"width": width, "height": height})
        faults = axe.Axe().run(page).response["violations"]
        assert [(f["id"], f["nodes"][0]["html"]) for f in faults if f["impact"] in ("serious", "critical")] == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.locator("summary").click()
    page.set_viewport_size({"width": 1280, "height": 900})


def test_styles_are_searched_and_chosen_by_keys(page, tmp_path):
    open_photo(page, photo(tmp_path, (90, 60)))
    page.get_by_role("combobox", name="Style", exact=True).fill("ukiyo hok")
    assert page.get_by_role("option").filter(visible=True).count() == 1
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.get_by_text("katsushika hokusai (artist)").wait_for()
    page.locator("#split").press("End")
    assert page.locator("#before").evaluate("e => getComputedStyle(e).clipPath").replace("px", "") in (
        "inset(0 0% 0 0)",
        "inset(0)",
    )


def test_nothing_was_asked_of_anybody_since_the_page_was_loaded(page, server, tmp_path):
    """Whatever the tests above did with it; and now the same with what they may not have done."""
    open_photo(page, photo(tmp_path, (301, 200)))
    paint(page, "bright cubism")
    page.get_by_label("Fine strokes").check()
    downloaded(page, tmp_path)
    page.get_by_label("Fine strokes").uncheck()
    assert server.asked[page.loaded :] == []
    assert [url for url in page.asked if not url.startswith("blob:")] == []


def test_what_is_beside_the_runtime_has_8_megabytes_at_most():
    if not DIST.is_dir():
        pytest.skip("web/dist is not there: make web, which needs node and npm")
    files = [file for file in DIST.rglob("*") if file.is_file() and file.parent.name != "ort"]
    assert sum(file.stat().st_size for file in files) <= 8e6


def test_the_lock_file_names_no_host_but_pins_every_package():
    text = Path("web/package-lock.json").read_text()
    assert '"resolved"' not in text
    assert text.count('"integrity"') == text.count('"version"') - 2  # but of ourselves, told twice
