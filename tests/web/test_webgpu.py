"""The page on WebGPU, by Chromium's adapter in software: slow, but the same programs as on a card."""

import io

import numpy as np
import pytest
from PIL import Image

from txst import Stylist
from txst.commands.paint import SAMPLE

pytestmark = pytest.mark.slow
SOFTWARE = ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader", "--enable-features=Vulkan"]
SOFTWARE += ["--use-vulkan=swiftshader", "--use-angle=swiftshader"]
REQUEST = {"style": "titian", "second": "", "share": 0.5, "variation": 0, "strength": 1, "stroke": 0, "nearest": False}
PAINT = """async ([bytes, asked]) => {
    await txst.call("load", new Blob([Uint8Array.from(bytes)], {type: "image/png"}), "photo.png")
    return [...new Uint8Array(await (await txst.call("save", asked)).arrayBuffer())]
}"""


def test_webgpu_paints_as_python_does_whole_and_in_tiles(browser, server):
    context, _ = browser(*SOFTWARE)
    try:
        page = context.new_page()
        page.set_default_timeout(240_000)
        small = png((64, 48))
        page.route("**/sample.jpg", lambda route: route.fulfill(body=small, content_type="image/png"))
        page.goto(server.url)
        if not page.evaluate("(async () => !!(await navigator.gpu?.requestAdapter()))()"):
            pytest.skip("this Chromium has no adapter for WebGPU in software")
        page.locator("#status", has_text="painted in").wait_for()
        photo, stylist = png((96, 72)), Stylist.from_pretrained("small")
        for memory in (stylist.memory, 2**22):
            stylist.memory = memory
            painted = bytes(page.evaluate(PAINT, [list(photo), REQUEST | {"memory": memory}]))
            assert difference(painted, stylist(photo, "titian", stroke=0)) <= 2
        assert "Painted by WebGPU." in page.locator("#device").text_content()
    finally:
        context.close()


def png(size):
    file = io.BytesIO()
    Image.open(SAMPLE).convert("RGB").resize(size).save(file, "png")
    return file.getvalue()


def difference(painted, right):
    return np.abs(np.asarray(Image.open(io.BytesIO(painted)).convert("RGB")).astype(int) - np.asarray(right)).max()
