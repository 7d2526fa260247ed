"""The page's server over HTTP; test_page.py looks at the page itself in a browser."""

import asyncio
import http.client
import json
import os
import re
import signal
import socket
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import quote, urlsplit

import numpy as np
import pytest
from PIL import EpsImagePlugin, Image

from txst import Stylist
from txst.__main__ import main
from txst.commands.page_pictures import where
from txst.commands.records import read_record
from txst.service import serve as module
from txst.service.limits import Limits
from txst.service.serve import parser, serve

gr = pytest.importorskip("gradio")
made = pytest.importorskip("txst.commands.studio")
BoundedRequests = pytest.importorskip("txst.commands.requests").BoundedRequests
SLIDERS, Studio = made.SLIDERS, made.Studio
MIDDLE = [first for _, _, first, _, _ in SLIDERS.values()]
NO_MORE = ("", 0.5, None, False)  # no second style and its share, no mask, no strip
UPLOAD = Limits().upload
EVENTS = ("/gradio_api/heartbeat/", "/gradio_api/call/")  # what streams them sends no files


@pytest.fixture(scope="module")
def studio(named_folder, tmp_path_factory):
    return Studio(Stylist.from_pretrained(named_folder), tmp_path_factory.mktemp("page"))


@pytest.fixture(scope="module")
def server(studio):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADIO_TEMP_DIR", "")  # put back afterwards
        patch.setenv("no_proxy", "")
        running = serve(studio.stylist, studio, "127.0.0.1", None)
        yield running
        running.close()


def ask(server, path, method="GET", body=None, **headers):
    """Status and body, of a path that is sent as it is."""
    connection = http.client.HTTPConnection(urlsplit(server.local_url).netloc, timeout=20)
    try:
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def upload(server, name, content):
    parts = f'--x\r\nContent-Disposition: form-data; name="files"; filename="{name}"\r\n\r\n'
    body = parts.encode() + content + b"\r\n--x--\r\n"
    return ask(server, "/gradio_api/upload", "POST", body, **{"Content-Type": "multipart/form-data; boundary=x"})


def call(server, name, *data):
    """What a function of the page answers, as events."""
    body = json.dumps({"data": data})
    started = ask(server, f"/gradio_api/call/{name}", "POST", body, **{"Content-Type": "application/json"})
    event = json.loads(started[1])["event_id"]
    return ask(server, f"/gradio_api/call/{name}/{event}")[1].decode()


def sent(path):
    return {"path": str(path), "meta": {"_type": "gradio.FileData"}}


def painted(server, photo):
    return call(server, "paint", photo, "claude monet", None, None, False, *MIDDLE, *NO_MORE)


@pytest.fixture
def picture(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (40, 61, 3), dtype=np.uint8)
    path = tmp_path / "photo.png"
    Image.fromarray(pixels).save(path)
    return path


def test_it_listens_to_this_machine_alone_unless_told_otherwise(server):
    assert parser().parse_args([]).host == "127.0.0.1"
    assert server.socket.getsockname()[0] == "127.0.0.1"


def test_nothing_is_reported_recorded_or_monitored(server):
    config = json.loads(ask(server, "/config")[1])
    assert config["analytics_enabled"] is False
    assert config["run_history"] is False
    assert ask(server, "/monitoring/summary")[0] >= 400


def test_a_picture_is_uploaded_painted_and_downloaded_in_its_size(server, picture):
    status, answer = upload(server, "photo.png", picture.read_bytes())
    assert status == 200
    answer = painted(server, sent(json.loads(answer)[0]))
    assert "event: complete" in answer
    assert "61 x 40 pixels" in answer
    file = re.search(r'[^"]*photo_claude-monet\.png', answer)[0]
    status, content = ask(server, f"/gradio_api/file={file}")
    assert status == 200
    (picture.parent / "downloaded.png").write_bytes(content)
    assert Image.open(picture.parent / "downloaded.png").size == (61, 40)


def test_postscript_sent_as_a_picture_or_in_place_of_a_brush_starts_nothing(server, picture, tmp_path, monkeypatch):
    started = []
    monkeypatch.setattr(EpsImagePlugin, "Ghostscript", lambda *given, **how: started.append(given))
    script = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 61 40\n%%EndComments\nshowpage\n"
    photo, evil = (
        sent(json.loads(upload(server, f"{name}.png", data)[1])[0])
        for name, data in (("photo", picture.read_bytes()), ("evil", script))
    )
    brushed = {"background": photo, "layers": [evil], "composite": evil}
    nothing = {"style": "claude monet", "example": None, "brushed": None, "mask": None}
    for given in ({"photo": evil}, {"example": evil, "style": ""}, {"brushed": brushed}, {"mask": evil}):
        p = {"photo": photo, **nothing, **given}
        data = [p["photo"], p["style"], p["example"], p["brushed"], False, *MIDDLE, "", 0.5, p["mask"], False]
        assert "event: error" in call(server, "paint", *data)
    assert started == []


def test_no_file_route_leads_out_of_the_folder(server, tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("the secret")
    up, folder = "../" * 20, server.page.GRADIO_CACHE
    here = [str(secret), up + str(secret)[1:], f"{folder}/{up}{secret}", f"file://{secret}", f"/{secret}"]
    urls = [f"http://{urlsplit(server.local_url).netloc}/config"]  # nor to this machine's other servers
    attacks = [quote(path, safe) for path in here + urls for safe in ("/:", "", ".:")]
    attacks += [quote(a) for a in attacks] + [a.replace("/", "\\") for a in here] + [f"{secret}%00.png"]
    paths = [path for path, does in server.page.app.openapi()["paths"].items() if "get" in does and "{" in path]
    assert {"/gradio_api/file={path_or_url}", "/static/{path}"} < set(paths)
    for path in (path for path in paths if not path.startswith(EVENTS)):
        for attack in attacks:
            status, body = ask(server, re.sub(r"\{\w+\}", lambda _, to=attack: to, path))
            assert status >= 400, (path, attack)
            assert b"the secret" not in body, (path, attack)


def test_no_call_reads_a_file_that_was_not_uploaded(server, picture):
    for path in (picture, f"{server.page.GRADIO_CACHE}/../{picture.name}", f"file://{picture}"):
        for answer in (call(server, "show", sent(path)), painted(server, sent(path))):
            assert "event: error" in answer


def test_the_name_of_an_upload_leads_nowhere(server, picture):
    status, answer = upload(server, "../../../evil.png", picture.read_bytes())
    assert status == 200
    assert Path(json.loads(answer)[0]).resolve().is_relative_to(server.page.GRADIO_CACHE)


def test_a_file_that_is_too_large_is_refused(server):
    assert upload(server, "photo.png", bytes(UPLOAD + 1))[0] == 413


@pytest.mark.parametrize(
    ("content", "says"),
    [(b"no picture", "broken.png: not a picture"), (None, "broken.png: broken or cut short"), (b"", "not a picture")],
)
def test_a_broken_file_is_said_to_be_so_and_the_server_lives(server, picture, content, says):
    content = picture.read_bytes()[:2000] if content is None else content
    broken = json.loads(upload(server, "broken.png", content)[1])[0]
    for answer in (call(server, "show", sent(broken)), painted(server, sent(broken))):
        assert "event: error" in answer
        assert says in answer
        assert str(server.page.GRADIO_CACHE) not in answer
    whole = json.loads(upload(server, "photo.png", picture.read_bytes())[1])[0]
    assert "event: complete" in painted(server, sent(whole))


def test_what_is_wrong_is_said_without_words_of_the_command_line(studio, picture, monkeypatch):
    def paint(style, **sliders):
        numbers = [sliders.get(name, first) for name, first in zip(SLIDERS, MIDDLE, strict=True)]
        studio.paint(str(picture), style, None, None, False, *numbers)

    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 61 * 40)
    said = []
    for wrong in (lambda: paint("zzyzx"), lambda: paint("claude monet", stroke=0.25)):
        with pytest.raises(gr.Error) as error:
            wrong()
        said.append(error.value.message)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    with pytest.raises(gr.Error) as error:
        studio.show(str(picture))
    said.append(error.value.message)
    assert [words for words in said if "--" in words or "txst" in words] == []
    assert ["nearest style" in said[0], "a larger stroke" in said[1], "100 pixels" in said[2]] == [True] * 3


def test_one_visitor_is_painted_for_at_a_time(server, picture, monkeypatch):
    paint, inside, most = Stylist.paint, [], []

    def slowly(*given, **controls):
        inside.append(None)
        most.append(len(inside))
        time.sleep(0.05)
        inside.pop()
        return paint(*given, **controls)

    monkeypatch.setattr(Stylist, "paint", slowly)
    photo = sent(json.loads(upload(server, "photo.png", picture.read_bytes())[1])[0])
    with ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(lambda _: painted(server, photo), range(3)))
    assert all("event: complete" in answer for answer in answers)
    assert most == [1, 1, 1]
    painters = [fn for fn in server.page.fns.values() if fn.fn.__name__ in ("paint", "works", "found")]
    assert len(painters) > 5
    assert {fn.concurrency_id for fn in painters} == {"paint"}


def test_what_the_page_says_is_no_markup(studio, picture):
    with pytest.raises(gr.Error, match="&lt;script&gt;"):
        studio.paint(str(picture), "<script>", None, None, False, *MIDDLE)


def test_what_is_not_brushed_over_stays_as_it_was(studio, picture):
    layer = Image.new("RGBA", (61, 40))
    assert where({"layers": [layer]}) is None  # nothing: all of it is painted
    layer.paste("red", (0, 0, 20, 40))
    _, _, button = studio.paint(str(picture), "claude monet", None, {"layers": [layer]}, False, *MIDDLE)
    before, after = (np.asarray(Image.open(file)).astype(int) for file in (picture, button.value["path"]))
    assert np.array_equal(before[:, 25:], after[:, 25:])
    assert np.abs(before - after)[:, :18].mean() > 1


def test_an_editor_that_missed_the_picture_is_given_it_again(studio, picture):
    right = studio.show(picture)
    assert studio.show_again(picture, {"background": Image.new("RGB", (7, 9))}).tobytes() == right.tobytes()
    assert studio.show_again(picture, {"background": right}) == gr.skip()


def test_a_picture_can_stand_for_the_style(studio, picture):
    def paint(style, example):
        return studio.paint(str(picture), style, example, None, False, *MIDDLE)[0][1]

    assert paint("", str(picture)) == paint("claude monet", str(picture)) != paint("claude monet", None)


@pytest.mark.parametrize("name", SLIDERS)
def test_every_slider_changes_the_painting(studio, picture, name):
    def paint(value):
        numbers = [value if slider == name else first for slider, first in zip(SLIDERS, MIDDLE, strict=True)]
        return studio.paint(str(picture), "cubism", None, None, False, *numbers)[0][1]

    assert paint(SLIDERS[name][0]) != paint(SLIDERS[name][0] + 1)


def test_a_missing_package_is_named_with_the_extra_that_brings_it(monkeypatch, capsys, named_folder):
    monkeypatch.setitem(sys.modules, "gradio", None)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", None)
    assert main(["serve", "--model", str(named_folder)]) == 1
    assert "pip install 'txst[serve]'" in capsys.readouterr().err


def test_a_port_that_is_taken_is_said(server, capsys, named_folder, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", None)  # put back afterwards
    assert main(["serve", "--model", str(named_folder), "--port", str(server.port)]) == 1
    said = capsys.readouterr().err
    assert f"port {server.port} is taken by another program: name another one with --port" in said
    assert "GRADIO" not in said


@pytest.mark.parametrize("port", ["70000", "0", "-1", "x", "9" * 5000])
def test_a_port_that_is_none_is_said(port, capsys):
    with pytest.raises(SystemExit) as stop:
        main(["serve", f"--port={port}"])
    assert stop.value.code == 2
    assert "they go from 1 to 65535" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_what_visitors_sent_is_removed_when_the_server_is_told_to_end(named_folder, monkeypatch, name):
    told, folders = getattr(signal, name), []

    def told_to_end():
        (folders[0] / "photo.png").write_bytes(b"a visitor's")
        os.kill(os.getpid(), told)
        time.sleep(5)

    closed = []
    running = SimpleNamespace(local_url="", wait=told_to_end, close=lambda: closed.append(True))
    monkeypatch.setattr(module, "serve", lambda stylist, studio, *_: folders.append(studio.folder) or running)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", None)  # put back afterwards
    before = {n: signal.getsignal(n) for n in (signal.SIGTERM, signal.SIGHUP)}
    try:
        with pytest.raises(SystemExit) as stop:
            module.run(["--model", str(named_folder)])
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    assert stop.value.code == 128 + told
    assert closed == [True]
    assert not folders[0].exists()


def test_programs_call_the_page_by_names_that_say_what_they_are(server):
    described = json.loads(ask(server, "/gradio_api/info")[1])["named_endpoints"]["/paint"]["parameters"]
    names = ["photo", "style", "example", "brushed", "nearest", *SLIDERS, "second", "share", "mask", "strip"]
    assert [one["parameter_name"] for one in described] == names
    assert [one["parameter_name"] for one in described if not one["parameter_has_default"]] == ["photo"]


def test_an_error_has_no_html_in_place_of_quotation_marks(studio, picture):
    with pytest.raises(gr.Error) as error:
        studio.paint(str(picture), "zz'<b>yzx")
    assert "zz'&lt;b&gt;yzx" in error.value.message


def test_no_request_is_larger_than_a_file(server):
    for path, size in (("upload", 2 * UPLOAD), ("call/paint", 2**21), ("queue/join", 150 * 10**6)):
        assert ask(server, f"/gradio_api/{path}", "POST", b"x", **{"Content-Length": str(size)})[0] == 413


def test_an_upload_for_which_there_is_no_room_leaves_nothing_and_the_next_one_comes_through(
    server, picture, monkeypatch
):
    async def full(self, data):
        self.file.write(data[:10])
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("starlette.datastructures.UploadFile.write", full)
        status, said = upload(server, "photo.png", picture.read_bytes())
    assert (status, said) == (507, b"there is no room for it on the server's disk")
    assert [path for path in Path(server.page.GRADIO_CACHE).iterdir() if path.is_file()] == []
    assert upload(server, "photo.png", picture.read_bytes())[0] == 200


def through(app, *parts, path="/gradio_api/upload", folder):
    """What the bound answers to a request in parts that does not say how long it is, before an app."""
    queue, sent = [{"type": "http.request", "body": part} for part in parts], []

    async def receive():
        return queue.pop(0)

    async def send(message):
        sent.append(message)

    bound = BoundedRequests(app, folder, upload=100)
    asyncio.run(bound({"type": "http", "path": path, "headers": []}, receive, send))
    return sent[0]["status"]


@pytest.mark.parametrize(("count", "status"), [(1, 200), (3, 413)])
def test_the_parts_of_a_request_are_counted_together_and_one_that_breaks_off_leaves_no_file(tmp_path, count, status):
    (tmp_path / "done").mkdir()
    (tmp_path / "done/photo.png").write_bytes(b"whole")

    async def app(scope, receive, send):
        for _ in range(count):
            (tmp_path / "part").write_bytes((await receive())["body"])
        (tmp_path / "part").unlink()
        await send({"type": "http.response.start", "status": 200})

    assert through(app, *[bytes(600_000)] * count, folder=tmp_path) == status
    assert [p.name for p in tmp_path.iterdir()] == ["done"]
    assert (tmp_path / "done/photo.png").is_file()


def test_a_client_that_breaks_off_leaves_neither_a_file_nor_a_word(server, capfd, caplog):
    head = "POST /gradio_api/upload HTTP/1.1\r\nHost: x\r\nContent-Length: 9999\r\nContent-Type: multipart/form-data; boundary=x"
    part = '--x\r\nContent-Disposition: form-data; name="files"; filename="a.png"\r\n\r\nabc'
    with socket.create_connection(("127.0.0.1", server.port)) as client:
        client.sendall(f"{head}\r\n\r\n{part}".encode())
        wait_for(lambda: any(path.is_file() for path in Path(server.page.GRADIO_CACHE).iterdir()))
    wait_for(lambda: not any(path.is_file() for path in Path(server.page.GRADIO_CACHE).iterdir()))
    assert ask(server, "/config")[0] == 200
    assert "Traceback" not in capfd.readouterr().err + caplog.text


def wait_for(happens):
    """Until it is true, or for five seconds."""
    until = time.monotonic() + 5
    while not happens() and time.monotonic() < until:
        time.sleep(0.01)
    assert happens()


def test_a_painting_that_failed_leaves_no_older_one_to_download(server):
    fns = server.page.fns.values()
    (download,) = (part for part in server.page.blocks.values() if isinstance(part, gr.DownloadButton))
    paints = [fn for fn in fns if download in fn.outputs and not fn.trigger_only_on_failure]
    emptied = [fn.trigger_after for fn in fns if fn.trigger_only_on_failure and fn.outputs == [download]]
    assert len(paints) > 3
    assert {fn._id for fn in paints} < set(emptied)
    emptying = next(fn for fn in fns if fn.trigger_only_on_failure)
    assert (emptying.fn().value, emptying.fn().interactive) == (None, False)


def test_a_name_beside_a_style_picture_is_said_to_be_unused(studio, picture):
    assert "'cubism' is not used beside a style picture" in studio.paint(str(picture), "cubism", str(picture))[1]
    assert "not used" not in studio.paint(str(picture), "", str(picture))[1]


def test_two_styles_are_mixed_with_what_was_understood_of_both(studio, picture):
    def paint(*given, **more):
        return studio.paint(str(picture), *given, **more)

    first, mixed, second = (paint("claude monet", second="cubism", share=share) for share in (0, 0.5, 1))
    assert first[0][1] == paint("claude monet")[0][1] != mixed[0][1]
    assert second[0][1] == paint("cubism")[0][1]
    assert mixed[2].value["orig_name"] == "photo_claude-monet-0-5-cubism-0-5.png"
    assert "'monet' understood: claude monet" in paint("cubism", second="monet")[1]
    pictures = paint("", str(picture), second="cubism", share=0)[0][1]
    assert pictures == paint("", str(picture))[0][1]


def test_a_mask_does_what_the_brush_does_and_one_of_a_mix_too(studio, picture, tmp_path):
    half = Image.new("L", (61, 40))
    half.paste(255, (0, 0, 30, 40))
    half.save(tmp_path / "mask.png")
    before = np.asarray(Image.open(picture)).astype(int)
    for second in (None, "cubism"):
        button = studio.paint(str(picture), "claude monet", second=second, mask=str(tmp_path / "mask.png"))[2]
        change = np.abs(np.asarray(Image.open(button.value["path"]).convert("RGB")) - before)
        assert change[:, 40:].max() == 0 < change[:, :20].mean()
        assert button.value["orig_name"].endswith("_part.png")
    Image.new("L", (61, 40)).save(tmp_path / "mask.png")
    assert "a mask is black all over" in studio.paint(str(picture), "claude monet", mask=str(tmp_path / "mask.png"))[1]


def test_an_artists_works_are_shown_to_choose_from_and_no_more_than_there_are(studio, picture):
    palette = studio.stylist.painter.palette
    for name in palette.names:
        shown = studio.works(str(picture), name)
        count = min(made.WORKS, palette.counts()[name])
        assert len(shown.value) == (count if count > 1 else 0)
        assert shown.visible == (count > 1)
    for given in ({"style": ""}, {"style": "cubism", "second": "cubism"}, {"style": "cubism", "example": "x"}):
        assert not studio.works(None, **given).visible


def test_a_small_picture_is_written_once_whoever_looks_at_it(studio):
    """Or one would be written again while it is being sent, and come cut short."""
    ((file, _),) = studio.found("cub")
    written = os.stat(file).st_ino
    with ThreadPoolExecutor(4) as visitors:
        assert set(visitors.map(lambda _: studio.found("cub")[0][0], range(8))) == {file}
    assert os.stat(file).st_ino == written
    assert Image.open(file).size == Image.open(studio.found("monet")[0][0]).size


def test_styles_are_searched_by_their_names_within_their_kinds(studio):
    palette = studio.stylist.painter.palette
    assert made.matching(palette, "", "All")[0] in palette.known
    assert made.matching(palette, "MONET", "All") == ["claude monet"]
    assert made.matching(palette, "monnet", "All") == ["claude monet"]  # a slip
    assert made.matching(palette, "monet", "Movements") == []
    assert made.matching(palette, "", "Movements") == list(palette.movements)
    assert [name for _, name in studio.found("cub")] == ["cubism"]


def test_a_download_says_what_made_it_and_what_the_photo_said(studio, tmp_path):
    exif = Image.Exif()
    exif[0x8298] = "(c) Ann Author"
    Image.new("RGB", (40, 30), "teal").save(tmp_path / "photo.jpg", exif=exif)
    for strip in (False, True):
        button = studio.paint(str(tmp_path / "photo.jpg"), "monet", strength=0.5, strip=strip)[2]
        file = Path(button.value["path"])
        assert file.name == "photo_monet_strength0.5.jpg"
        assert (b"Ann Author" in file.read_bytes()) is not strip
        record = read_record(file)
        assert (
            record is None
            if strip
            else (record["photo"], record["style"], record["strength"]) == ("photo.jpg", "monet", 0.5)
        )


def test_the_page_is_told_how_far_a_large_photo_is(studio, picture, monkeypatch):
    told = []
    monkeypatch.setattr(studio.stylist, "memory", 1)
    studio.paint(str(picture), "claude monet", progress=told.append)
    assert told[-1] == 1


def test_a_server_that_ends_delivers_what_visitors_wait_for_and_lets_nobody_begin(studio, monkeypatch):
    import httpx
    from gradio_client import Client
    from gradio_client.utils import QueueError, Status

    monkeypatch.setenv("GRADIO_TEMP_DIR", "")  # put back afterwards
    monkeypatch.setenv("no_proxy", "127.0.0.1,localhost")
    server = serve(studio.stylist, studio, "127.0.0.1", None)
    client = Client(server.local_url, verbose=False)
    with ThreadPoolExecutor(1) as pool:
        with studio.turn:
            waiting = [
                client.submit(photo=None, style="claude monet", strength=share, api_name="/paint") for share in (0.5, 1)
            ]
            # a visitor's second request may come later than the stream that the first opens
            wait_until(lambda: all(job.status().code in (Status.IN_QUEUE, Status.PROCESSING) for job in waiting))
            assert server.gate.visits.streams == 1
            ending = pool.submit(server.close)
            wait_until(lambda: server.gate.ending)
            with pytest.raises((QueueError, httpx.TransportError)):  # it is told, or the connection is closed
                client.predict(photo=None, style="claude monet", api_name="/paint")
        for job in waiting:
            *_, file = job.result(20)
            assert Path(file["value"] if isinstance(file, dict) else file).stat().st_size > 10_000
        ending.result(20)


def wait_until(happens):
    until = time.monotonic() + 10
    while not happens():
        assert time.monotonic() < until
        time.sleep(0.01)
