import hashlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import torch

from txst.commands import fetch as module
from txst.commands.fetch import run as fetch
from txst.encoders.weights import find

CONTENT = b"weights" * 1000


@pytest.fixture
def source(tmp_path, monkeypatch):
    """A file that stands for one on a server, with the first digits of its sha256 on record."""
    monkeypatch.setenv("TXST_HOME", str(tmp_path / "home"))
    path = tmp_path / "server" / "thing.pth"
    path.parent.mkdir()
    path.write_bytes(CONTENT)
    monkeypatch.setitem(module.DOWNLOADS, "thing", (path.as_uri(), hashlib.sha256(CONTENT).hexdigest()[:8]))
    return path


def test_downloads_once_to_the_users_folder_where_encoders_find_it(source, tmp_path, capsys):
    assert fetch(["thing"]) == 0
    source.unlink()
    assert fetch(["thing"]) == 0
    assert find("thing.pth").read_bytes() == CONTENT
    assert find("thing.pth") == tmp_path / "home/thing.pth"
    assert str(find("thing.pth")) in capsys.readouterr().out


def test_downloads_to_another_folder(source, tmp_path):
    assert fetch(["thing", "--to", str(tmp_path / "there")]) == 0
    assert [path.name for path in (tmp_path / "there").iterdir()] == ["thing.pth"]


def test_a_damaged_download_is_refused_and_nothing_is_left_of_it(source, tmp_path, capsys):
    source.write_bytes(CONTENT[:-1])
    assert fetch(["thing"]) == 1
    assert "sha256" in capsys.readouterr().err
    assert not list((tmp_path / "home").iterdir())


@pytest.mark.parametrize("ranges", [True, False])
def test_a_download_that_broke_off_is_continued_where_the_server_can(tmp_path, monkeypatch, capsys, ranges):
    monkeypatch.setenv("TXST_HOME", str(tmp_path / "home"))
    asked = []

    class Server(BaseHTTPRequestHandler):
        def log_message(self, *_):
            pass

        def do_GET(self):
            asked.append(self.headers["Range"])
            begin = int(asked[-1][6:-1]) if ranges and asked[-1] else 0
            self.send_response(206 if begin else 200)
            self.send_header("Content-Length", str(len(CONTENT) - begin))
            self.end_headers()
            self.wfile.write(CONTENT[begin : 3000 if len(asked) == 1 else None])

    server = ThreadingHTTPServer(("127.0.0.1", 0), Server)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}/thing.pth"
    monkeypatch.setitem(module.DOWNLOADS, "thing", (address, hashlib.sha256(CONTENT).hexdigest()))
    try:
        assert fetch(["thing"]) == 1
        assert "cannot download" in capsys.readouterr().err
        assert fetch(["thing"]) == 0
    finally:
        server.shutdown()
    assert asked == [None, "bytes=3000-"]
    assert find("thing.pth").read_bytes() == CONTENT
    assert [path.name for path in (tmp_path / "home").iterdir()] == ["thing.pth"]


def test_a_damaged_file_is_downloaded_again(source, tmp_path):
    (tmp_path / "home").mkdir()
    (tmp_path / "home/thing.pth").write_bytes(b"half")
    assert fetch(["thing"]) == 0
    assert find("thing.pth").read_bytes() == CONTENT


def test_without_a_network_one_sentence_says_so_and_the_rest_is_fetched(source, tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(module.DOWNLOADS, "gone", ((source.parent / "gone.pth").as_uri(), ""))
    assert fetch(["gone", "thing"]) == 1
    message = capsys.readouterr().err.strip()
    assert message.startswith("txst: gone: cannot download file:")
    assert "\n" not in message
    assert find("thing.pth").is_file()


def test_an_unknown_name_is_answered_with_the_known_ones(capsys):
    with pytest.raises(SystemExit):
        fetch(["vgg11"])
    assert "vgg_normalised" in capsys.readouterr().err


@pytest.fixture
def tiny_clip(tmp_path):
    open_clip = pytest.importorskip("open_clip")
    from safetensors.torch import save_file

    config = {
        "embed_dim": 8,
        "vision_cfg": {"image_size": 32, "layers": 1, "width": 16, "head_width": 8, "patch_size": 16},
        "text_cfg": {"context_length": 16, "vocab_size": 49408, "width": 16, "heads": 2, "layers": 1},
    }
    folder = tmp_path / "tiny"
    folder.mkdir()
    (folder / "open_clip_config.json").write_text(json.dumps({"model_cfg": config, "preprocess_cfg": {}}))
    save_file(open_clip.CLIP(**config).state_dict(), folder / "open_clip_model.safetensors")
    return folder


def test_a_clip_can_be_carried_to_another_machine_as_a_folder(tiny_clip, tmp_path, capsys):
    from txst.encoders.clip import CLIP

    copy = tmp_path / "copy"
    assert fetch(["clip", "--model", f"local-dir:{tiny_clip}", "--to", str(copy)]) == 0
    assert f"local-dir:{copy}" in capsys.readouterr().out
    assert len(list(copy.iterdir())) == 2
    image = torch.rand(1, 3, 32, 32)
    torch.testing.assert_close(CLIP(f"local-dir:{copy}")(image), CLIP(f"local-dir:{tiny_clip}")(image))


def test_a_clip_that_cannot_be_downloaded_is_told_in_one_sentence(tmp_path, monkeypatch, capsys):
    pytest.importorskip("open_clip")
    constants = pytest.importorskip("huggingface_hub.constants")
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    assert fetch(["clip"]) == 1
    assert capsys.readouterr().err.startswith("txst: clip: cannot download CLIP ViT-B-32-quickgelu")


def test_a_clip_damaged_in_the_hubs_cache_is_noticed(tmp_path, monkeypatch, capsys):
    module_clip = pytest.importorskip("txst.encoders.clip")
    blob = tmp_path / hashlib.sha256(CONTENT).hexdigest()
    blob.write_bytes(CONTENT)
    link = tmp_path / "open_clip_model.safetensors"
    link.symlink_to(blob)
    monkeypatch.setattr(module_clip, "locate", lambda name, pretrained: link)
    assert fetch(["clip"]) == 0
    blob.write_bytes(CONTENT[1:])
    assert fetch(["clip"]) == 1
    assert "damaged" in capsys.readouterr().err
