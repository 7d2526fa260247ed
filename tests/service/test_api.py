"""The REST interface over HTTP: what it paints, what it refuses, and how it ends."""

import io
import json
import logging
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image
from small import CONF, SMALL

from txst import Stylist
from txst.__main__ import main
from txst.commands.options import parser
from txst.commands.records import read_record
from txst.commands.studio import Studio
from txst.model_folder.config import ModelFolderError
from txst.service.fields import FIELDS, name_of
from txst.service.keys import Keys
from txst.service.limits import Limits
from txst.service.serve import serve

httpx = pytest.importorskip("httpx")
KEY = "correct-horse-battery"


@pytest.fixture(scope="module")
def stylist():
    return Stylist.from_pretrained(SMALL)


@pytest.fixture(scope="module")
def server(stylist):
    running = serve(stylist, None, "127.0.0.1", None)
    yield running
    running.close()


@pytest.fixture
def limited(stylist):
    """Starts servers with other limits."""
    running = []

    def start(keys=None, studio=None, **limits):
        running.append(serve(stylist, studio, "127.0.0.1", None, Limits(**limits), keys))
        return running[-1]

    yield start
    for one in running:
        one.close()


@pytest.fixture(scope="module")
def photo(tmp_path_factory):
    """A JPEG with metadata."""
    exif = Image.Exif()
    exif[0x8298] = "(c) Ann Author"
    path = tmp_path_factory.mktemp("photo") / "photo.jpg"
    pixels = np.random.default_rng(0).integers(0, 256, (5, 8, 3), dtype=np.uint8)
    Image.fromarray(pixels).resize((61, 40), Image.Resampling.BICUBIC).save(path, exif=exif)
    return path


def ask(server, path="v1/paint", **given):
    given.setdefault("timeout", 30)
    return httpx.request(given.pop("method", "POST"), server.local_url + path, trust_env=False, **given)


def paint(server, photo, files=(), headers=None, **fields):
    sent = [("photo", (photo.name, photo.read_bytes())), *files]
    return ask(server, files=sent, data=fields, headers=headers)


def picture(answer):
    return np.asarray(Image.open(io.BytesIO(answer.content)).convert("RGB")).astype(int)


def wait_for(happens):
    until = time.monotonic() + 10
    while not happens():
        assert time.monotonic() < until
        time.sleep(0.01)


def test_it_answers_with_the_file_that_the_command_line_writes(server, photo, tmp_path):
    answer = paint(server, photo, style="dark monnet", strength="50%", colour="content", stroke="2")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "image/jpeg"
    (tmp_path / "answer.jpg").write_bytes(answer.content)
    options = ["--style", "dark monnet", "--strength", "50%", "--colour", "content", "--stroke", "2"]
    main([str(photo), *options, "--model", str(SMALL), "-o", str(tmp_path / "out")])
    (written,) = (tmp_path / "out").iterdir()
    assert f'attachment; filename="{written.name}"; ' in answer.headers["content-disposition"]  # which curl -OJ reads
    assert answer.headers["content-disposition"].endswith(f"''{written.name}")
    assert np.array_equal(picture(answer), np.asarray(Image.open(written)))
    assert b"Ann Author" in answer.content
    says, said = read_record(tmp_path / "answer.jpg"), read_record(written)
    for name in ("photo", "style", "strength", "colour", "stroke"):
        assert says[name] == said[name]
    assert "claude monet (artist) + dark (look)" in json.loads(answer.headers["x-txst-notices"])[0]


@pytest.mark.parametrize("kind", ["jpg", "png", "webp", "tiff"])
def test_the_format_is_the_one_asked_for_and_what_is_stripped_says_nothing(server, photo, kind):
    answer = paint(server, photo, style="titian", format=kind, strip="true")
    assert answer.headers["content-disposition"].endswith(f".{kind}")
    opened = Image.open(io.BytesIO(answer.content))
    assert (Image.MIME[opened.format], opened.size) == (answer.headers["content-type"], (61, 40))
    assert b"Ann Author" not in answer.content
    assert b"titian" not in answer.content


def test_masks_and_pictures_of_the_files_are_named_as_on_the_command_line(server, stylist, photo):
    half = Image.new("L", (61, 40))
    half.paste(255, (0, 0, 30, 40))
    mask = io.BytesIO()
    half.save(mask, "png")
    files = [("files", ("half.png", mask.getvalue())), ("files", ("wave.jpg", photo.read_bytes()))]
    fields = {"region": ["half.png=@wave.jpg"], "strength": "half.png", "format": "png"}
    answer = paint(server, photo, files, style="titian", **fields)
    regions = [(half, photo.read_bytes())]
    assert np.array_equal(picture(answer), stylist(str(photo), "titian", regions=regions, strength=half))
    mixed = paint(server, photo, files[1:], mix="titian:0.7, @wave.jpg:0.3", format="png")
    assert np.array_equal(picture(mixed), stylist(str(photo), mix=[("titian", 0.7), (photo.read_bytes(), 0.3)]))


def test_the_thing_in_a_photo_takes_the_shape_of_another(server, stylist, photo):
    def mask(*box):
        file, drawn = io.BytesIO(), Image.new("L", (61, 40))
        drawn.paste(255, box)
        drawn.save(file, "png")
        return file

    mine, style = mask(20, 10, 40, 30), mask(15, 13, 45, 27)
    sent = [("style_image", ("style.jpg", photo.read_bytes()))]
    masks = [(name, (f"{name}.png", file.getvalue())) for name, file in (("mask", mine), ("style_mask", style))]
    answer = paint(server, photo, [*sent, *masks], shape="true", format="png")
    expected = stylist(str(photo), style_image=str(photo), shape=True, mask=mine, style_mask=style)
    assert np.array_equal(picture(answer), np.asarray(expected))
    alone = paint(server, photo, [*sent, *masks])
    assert alone.status_code == 422
    assert "--mask is for --shape" in alone.text


def test_fields_have_the_names_of_the_options():
    options = {action.dest for action in parser()._actions}
    assert set(FIELDS) - options == {"photo", "format", "files"}  # photos, -o and paths on the command line


WRONG = [
    ({"style": "zzyzx"}, 422, "this model knows no style 'zzyzx'"),
    ({"style": "titian", "stroke": "99"}, 422, "stroke is 99.0; it lies between 0.1 and 32"),
    ({"style": "titian", "stroke": "nan"}, 422, "stroke"),
    ({"style": "titian", "variation": "x"}, 422, "variation: Input should be a valid integer"),
    ({"style": "titian", "max_side": "0"}, 422, "max_side: Input should be greater than or equal to 1"),
    ({"style": "titian", "colur": "0"}, 422, "there is no field 'colur'"),
    ({"style": "titian", "colour": ""}, 422, "colour has no value"),
    ({"style": ["titian", "monet"]}, 422, "style is given 2 times"),
    ({"style": "titian", "mix": "monet:1"}, 422, "give either the name of a style or a style picture"),
    ({}, 422, "give either the name of a style or a style picture"),
    ({"mix": "monet"}, 422, "cannot read the mix 'monet'"),
    ({"mix": "monet:1e308, titian:1e308"}, 422, "the weights of a mix are [1e+308, 1e+308]"),
    ({"style": "x" * 1001}, 422, "style: String should have at most 1000 characters"),
    ({"style": "titian", "strength": "half.png"}, 422, "'half.png' is named, and not sent"),
    ({"style": "x" * 1001}, 422, "style: String should have at most 1000 characters"),
    ({"style": "titian", "format": "exe"}, 422, "format: Input should be 'jpg', 'png', 'webp' or 'tiff'"),
]


@pytest.mark.parametrize(("fields", "status", "says"), WRONG, ids=lambda value: str(value)[:40])
def test_what_cannot_be_meant_is_said_in_a_sentence_under_the_id_of_the_request(server, photo, fields, status, says):
    answer = paint(server, photo, **fields, headers={"X-Request-ID": "mine-1"})
    assert (answer.status_code, answer.headers["x-request-id"]) == (status, "mine-1")
    assert answer.json()["request_id"] == "mine-1"
    assert says in answer.json()["detail"]
    assert "should be None" not in answer.json()["detail"]
    assert "--" not in answer.json()["detail"]


def test_a_broken_picture_an_unused_file_and_what_is_no_form_are_refused(server, photo, tmp_path):
    (tmp_path / "broken.png").write_bytes(b"no picture")
    for given, says in (
        ((tmp_path / "broken.png",), "broken.png: not a picture"),
        ((photo, [("files", ("wave.jpg", b"x"))]), "'wave.jpg' is among the files, and neither"),
    ):
        answer = paint(server, *given, style="titian")
        assert (answer.status_code, says in answer.json()["detail"]) == (422, True)
    assert ask(server, json={"style": "titian"}).status_code == 415
    form = {"content-type": "multipart/form-data; boundary=x"}
    assert ask(server, content=b"nonsense", headers=form).status_code == 400
    assert ask(server, method="GET").status_code == 405
    assert ask(server, "v1/nothing", method="GET").json()["detail"] == "Not Found"


def test_names_of_uploads_have_no_folders_and_no_line_of_the_log_is_forged(server, photo, caplog):
    for name in ("../../etc/passwd", r"C:\me\passwd"):
        assert name_of(SimpleNamespace(filename=name)) == "passwd"
    with caplog.at_level(logging.INFO, "txst.service"):
        ask(server, "v1/x%0a2026 forged", method="GET", headers={"X-Request-ID": "two words"})
        wait_for(lambda: any(record.name == "txst.service" for record in caplog.records))
    (line,) = (record.getMessage() for record in caplog.records if record.name == "txst.service")
    assert "forged" in line
    assert "\n" not in line
    assert "two words" not in line


@pytest.mark.parametrize("error", [RuntimeError("/the/servers/path"), ModelFolderError("/the/servers/path is broken")])
def test_a_failure_of_the_server_is_in_its_log_and_not_in_the_answer(server, photo, monkeypatch, caplog, error):
    def broken(*_, **__):
        raise error

    monkeypatch.setattr(Stylist, "paint", broken)
    answer = paint(server, photo, style="titian")
    assert (answer.status_code, "/the" in answer.text) == (500, False)
    wait_for(lambda: answer.json()["request_id"] in caplog.text and "/the/servers/path" in caplog.text)


def test_styles_are_listed_and_described(server):
    found = ask(server, "v1/styles", method="GET", params={"find": "cubis"}).json()["styles"]
    assert "juan gris" in found["artists"]["cubism"]
    assert "cubism" in found["movements"][""]
    described = ask(server, "v1/describe", method="GET", params={"style": "monnet"}).json()
    assert described == {"style": "monnet", "understood": "claude monet (artist)"}


@pytest.mark.parametrize("style", ["zzyzx", "jackson pollock", "monet, jackson pollock", "monet:0", "not monet", " "])
def test_a_style_that_would_not_be_painted_is_described_by_the_same_refusal(server, photo, style):
    described = ask(server, "v1/describe", method="GET", params={"style": style})
    refused = paint(server, photo, style=style)
    assert (described.status_code, described.json()["detail"]) == (422, refused.json()["detail"])


@pytest.mark.parametrize(("style", "nearest"), [("monnet in a wicker chair", False), ("jackson pollock", True)])
def test_a_style_that_is_painted_is_described_by_its_notice(server, photo, style, nearest):
    described = ask(server, "v1/describe", method="GET", params={"style": style, "nearest": nearest})
    painted = paint(server, photo, style=style, nearest=str(nearest))
    assert json.loads(painted.headers["x-txst-notices"]) == [f"{style!r} understood: {described.json()['understood']}"]


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("v1/paint?strength=0.1", "no parameter 'strength'; fields come in the form"),
        ("v1/describe?style=titian&neerest=1", "no parameter 'neerest'; there are style, nearest"),
        ("v1/styles?find=a&find=b", "find is given several times"),
    ],
)
def test_parameters_that_would_be_dropped_are_refused(server, photo, address, says):
    sent = {"files": {"photo": photo.read_bytes()}, "data": {"style": "titian"}} if "paint" in address else {}
    answer = ask(server, address, method="POST" if sent else "GET", **sent)
    assert (answer.status_code, says in answer.json()["detail"]) == (422, True)


def test_invented_methods_are_counted_as_one(server):
    for method in ("PROPFIND", "BREW"):
        with socket.create_connection(("127.0.0.1", server.port), timeout=10) as client:
            client.sendall(f"{method} /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
            client.recv(100)
    counted = ask(server, "metrics", method="GET").text
    assert "PROPFIND" not in counted
    assert "BREW" not in counted
    wait_for(lambda: 'txst_requests_total{method="other",path="/healthz"' in ask(server, "metrics", method="GET").text)


def test_a_request_that_is_too_large_sees_its_answer_while_it_still_sends(limited, photo):
    server = limited(upload=2**20)
    form = {"content-type": "multipart/form-data; boundary=x"}
    head = b'--x\r\nContent-Disposition: form-data; name="photo"; filename="a.jpg"\r\n\r\n'
    whole = head + bytes(9 * 2**20)
    for content in (whole, (whole[at : at + 2**18] for at in range(0, len(whole), 2**18))):
        answer = ask(server, content=content, headers=form)
        assert (answer.status_code, answer.json()["detail"]) == (413, "1 MiB at most are taken in one request")
    assert paint(server, photo, style="titian").status_code == 200


def test_a_full_queue_says_when_to_come_again_and_those_in_it_are_painted(limited, photo):
    server = limited(queue=2)
    with ThreadPoolExecutor(3) as pool, server.turn:
        waiting = [pool.submit(paint, server, photo, style="titian") for _ in range(3)]
        wait_for(lambda: server.gate.inside == 3)
        refused = paint(server, photo, style="titian")
        assert (refused.status_code, int(refused.headers["retry-after"]) >= 1) == (429, True)
        assert ask(server, "healthz", method="GET").status_code == 200
        server.turn.release()
        answers = [one.result() for one in waiting]
        server.turn.acquire()
    assert [answer.status_code for answer in answers] == [200] * 3
    for status, count in ((429, 1), (200, 3)):  # they are counted after their answers
        line = f'txst_requests_total{{method="POST",path="/v1/paint",status="{status}"}} {count}.0'
        wait_for(lambda line=line: line in ask(server, "metrics", method="GET").text)
    figures = ask(server, "metrics", method="GET").text
    assert "txst_inside 0.0" in figures
    assert "txst_painting_seconds_count 3.0" in figures
    assert "process_resident_memory_bytes" in figures


def test_connections_that_send_nothing_take_no_place_in_the_queue(limited, photo, monkeypatch):
    server = limited(queue=1)
    monkeypatch.setattr("txst.service.gate.ARRIVING", 2)
    head = b"POST /v1/paint HTTP/1.1\r\nHost: x\r\nContent-Length: 9999\r\nContent-Type: multipart/form-data; boundary=x\r\n\r\n"
    with ExitStack() as idle:
        for count in range(1, 5):
            client = idle.enter_context(socket.create_connection(("127.0.0.1", server.port)))
            client.sendall(head)
            wait_for(lambda count=count: server.gate.arriving == count)
            if count == 3:
                assert paint(server, photo, style="titian").status_code == 200
        assert paint(server, photo, style="titian").status_code == 429
    wait_for(lambda: server.gate.arriving == 0)


def test_what_takes_too_long_is_given_up_and_the_next_one_is_painted(limited, photo, monkeypatch):
    server = limited(seconds=0.4)
    with server.turn:
        answer = paint(server, photo, style="titian")
        assert (answer.status_code, "within 0.4 s" in answer.json()["detail"]) == (504, True)
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as client:
        client.sendall(b"POST /v1/paint HTTP/1.1\r\nHost: x\r\nContent-Length: 9999\r\nContent-Type: multipart/form-data; boundary=x\r\n\r\n--x")  # fmt: skip
        assert b" 408 " in client.recv(100)
    server.gate.limits = Limits()  # on a busy machine it might never be painted within 0.4 s
    assert paint(server, photo, style="titian").status_code == 200


def test_a_client_that_sends_too_slowly_is_refused_and_gives_its_place_back(limited, photo, monkeypatch):
    for name, value in (("PATIENCE", 0.3), ("LINGER", 0.1), ("ARRIVING", 0)):
        monkeypatch.setattr(f"txst.service.gate.{name}", value)
    server = limited(queue=0)
    head = b"POST /v1/paint HTTP/1.1\r\nHost: x\r\nContent-Length: 9999\r\nContent-Type: multipart/form-data; boundary=x\r\n\r\n"
    begins = b'--x\r\nContent-Disposition: form-data; name="style"\r\n\r\n'
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as client:
        client.sendall(head + begins)
        wait_for(lambda: server.gate.arriving == 1)
        client.settimeout(0.02)
        answer = b""
        while not answer:  # a byte now and then does not help
            client.sendall(b"-")
            with suppress(TimeoutError):
                answer = client.recv(1000)
        assert b" 408 " in answer
        assert b"connection: close" in answer
    wait_for(lambda: server.gate.arriving == 0)
    monkeypatch.setattr("txst.service.gate.PATIENCE", 10)
    assert paint(server, photo, style="titian").status_code == 200


def test_what_still_computes_after_its_504_keeps_its_place_and_ends_before_its_next_strip(limited, monkeypatch):
    server, strips, go_on = limited(seconds=0.4, queue=0), [], threading.Event()

    def slowly(*_, progress, **__):
        for share in range(9):
            strips.append(share)
            go_on.wait(10)
            progress(share)

    monkeypatch.setattr(Stylist, "paint", slowly)
    assert ask(server, files={"photo": b"x"}, data={"style": "titian"}).status_code == 504
    assert ask(server, files={"photo": b"x"}, data={"style": "titian"}).status_code == 429
    go_on.set()
    wait_for(lambda: server.gate.inside == 0)
    assert strips == [0]


def test_for_a_client_that_breaks_off_nothing_is_painted_and_nothing_is_told_but_a_line(
    limited, photo, monkeypatch, caplog, capfd
):
    server, painted = limited(), []
    paint_one = Stylist.paint
    monkeypatch.setattr(Stylist, "paint", lambda *given, **how: painted.append(None) or paint_one(*given, **how))
    body = httpx.Request("POST", "http://x", files={"photo": photo.read_bytes()}, data={"style": "titian"})
    head = f"POST /v1/paint HTTP/1.1\r\nHost: x\r\nContent-Type: {body.headers['content-type']}\r\nContent-Length: {len(body.read())}\r\n\r\n"
    with caplog.at_level(logging.INFO), server.turn:
        # one waits for its turn, the other did not send all
        for sent, counts in ((body.read(), (1, 0)), (body.read()[:500], (0, 1))):
            with socket.create_connection(("127.0.0.1", server.port)) as client:
                client.sendall(head.encode() + sent)
                wait_for(lambda counts=counts: (server.gate.inside, server.gate.arriving) == counts)
            wait_for(lambda: not server.gate.busy())
    wait_for(lambda: sum(" 499 " in message for message in caplog.messages) == 2)
    assert paint(server, photo, style="titian").status_code == 200
    assert len(painted) == 1
    assert "Traceback" not in caplog.text + capfd.readouterr().err


def test_who_has_no_key_is_refused_and_the_file_of_keys_is_read_again_when_it_changes(limited, photo, tmp_path):
    file = tmp_path / "keys"
    file.write_text(f"# Ann\n{KEY}\n")
    server = limited(Keys(file), Studio(Stylist.from_pretrained(SMALL), tmp_path))
    assert paint(server, photo, style="titian").status_code == 401
    assert ask(server, "metrics", method="GET").status_code == 401
    assert ask(server, "healthz", method="GET").status_code == 200
    assert paint(server, photo, style="titian", headers={"Authorization": f"Bearer {KEY}"}).status_code == 200
    assert ask(server, "openapi.json", method="GET", headers={"Authorization": f"Bearer {KEY}"}).status_code == 200
    assert ask(server, "gradio_api/info", method="GET").status_code == 401  # the page's own interface
    assert ask(server, "login", data={"username": "ann", "password": "wrong"}).status_code == 400
    assert ask(server, "login", data={"username": "ann", "password": KEY}).status_code == 200
    file.write_text("another-key-of-this-server\n")
    assert paint(server, photo, style="titian", headers={"Authorization": f"Bearer {KEY}"}).status_code == 401


@pytest.mark.parametrize(
    "content", ["", "# no key\n", "short\n", "two words are not a key\n", "naïve-but-long-enough\n"]
)
def test_a_file_without_keys_or_with_bad_ones_is_refused_at_the_start(tmp_path, content, capsys):
    (tmp_path / "keys").write_text(content)
    assert main(["serve", "--no-page", "--key-file", str(tmp_path / "keys")]) == 2
    assert "secrets.token_urlsafe()" in capsys.readouterr().err


def test_a_server_that_ends_finishes_what_it_has_and_takes_no_more(limited, photo):
    server = limited()
    with ThreadPoolExecutor(2) as pool:
        with server.turn:
            waiting = [pool.submit(paint, server, photo, style="titian") for _ in range(2)]
            wait_for(lambda: server.gate.inside == 2)
            ending = threading.Thread(target=server.close)
            ending.start()
            wait_for(lambda: server.gate.ending)
            refused = paint(server, photo, style="titian")
            assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
            assert ask(server, "healthz", method="GET").status_code == 503
        assert [one.result().status_code for one in waiting] == [200, 200]
    ending.join(10)
    assert not ending.is_alive()
    with pytest.raises(httpx.ConnectError):
        ask(server, "healthz", method="GET")


ALONE = """
import sys
sys.modules["gradio"] = None
from txst.__main__ import main
sys.exit(main(["serve", "--no-page", "--model", sys.argv[1]]))
"""


@pytest.mark.slow
def test_told_to_end_it_answers_what_it_has_and_leaves_no_file(photo, tmp_path):
    environment = os.environ | {"TMPDIR": str(tmp_path)}
    command = [sys.executable, "-c", ALONE, str(SMALL)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
    try:
        server = SimpleNamespace(local_url=process.stdout.readline().split()[0])
        large = io.BytesIO()
        Image.effect_noise((900, 700), 90).convert("RGB").save(large, "png")
        with ThreadPoolExecutor(1) as pool:
            sent = {"files": {"photo": ("large.png", large.getvalue())}, "data": {"style": "titian"}}
            working = pool.submit(ask, server, **sent)
            wait_for(lambda: "txst_inside 1.0" in ask(server, "metrics", method="GET").text)
            process.send_signal(signal.SIGTERM)
            assert working.result().status_code == 200
        _, said = process.communicate(timeout=20)
    finally:
        process.kill()
    assert process.returncode == 128 + signal.SIGTERM
    assert list(tmp_path.iterdir()) == []
    assert "Traceback" not in said
    assert "POST /v1/paint 200" in said


@pytest.mark.slow
def test_every_answer_is_one_that_the_description_promises(server, tmp_path):
    checks = [
        "--checks",
        "all",
        "--exclude-checks",
        "positive_data_acceptance",
    ]  # a form of the right shape may name no style
    few = ["--phases", "examples,coverage,fuzzing", "--max-examples", "4", "--generation-deterministic"]
    command = ["-m", "schemathesis.cli", "run", f"{server.local_url}openapi.json", *checks, *few, "--no-color"]
    done = subprocess.run(
        [sys.executable, *command], capture_output=True, text=True, check=False, timeout=120, cwd=tmp_path
    )
    assert done.returncode == 0, done.stdout[-4000:]
    assert "Tested: 5" in done.stdout


@pytest.mark.slow
def test_sixteen_clients_of_which_a_third_is_bad_lose_no_answer_and_memory_has_a_bound(limited):
    server = limited(queue=6, upload=2 * 2**20)
    options = [server.local_url, "--seconds", "8", "--max-upload", "2"]
    command = [sys.executable, "scripts/load.py", *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120, cwd=CONF.parent)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "| paint |" in done.stdout
    assert "(queue full)" in done.stdout
    assert "| too large |" in done.stdout
    first, _, most = map(float, re.findall(r"(\d+) MB", done.stdout))
    assert most - first < 400
