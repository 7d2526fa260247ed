"""Where a model is found, and the hub, which is not asked in tests."""

import os
import shutil
from types import SimpleNamespace

import pytest

from txst import Stylist
from txst.model_folder.config import ModelFolderError
from txst.model_folder.hub import BUNDLED, model_folder

hub = pytest.importorskip("huggingface_hub")


@pytest.fixture
def offered(named_folder, tmp_path, monkeypatch):
    """Stands for the hub: keeps what it was asked, and gives a folder of links into a store, as its cache is."""
    asked = []
    snapshot = tmp_path / "snapshots/abc"
    store = shutil.copytree(named_folder, tmp_path / "blobs")
    snapshot.mkdir(parents=True)
    for file in store.iterdir():
        (snapshot / file.name).symlink_to(os.path.relpath(file, snapshot))
    sizes = {file.name: file.stat().st_size for file in store.iterdir()}

    def snapshot_download(name, allow_patterns, dry_run=False):
        asked.append((name, dry_run))
        if name != "somebody/painter":
            raise hub.errors.LocalEntryNotFoundError("it is not there")
        return [SimpleNamespace(file_size=n) for n in sizes.values()] if dry_run else str(snapshot)

    monkeypatch.setattr(hub, "snapshot_download", snapshot_download)
    return SimpleNamespace(asked=asked, sizes=sizes, folder=snapshot)


@pytest.mark.parametrize("backend", ["onnxruntime", "torch"])
def test_a_model_of_the_hub_paints(offered, backend):
    stylist = Stylist.from_pretrained("somebody/painter", backend=backend)
    assert stylist.folder == offered.folder
    assert stylist.styles.encode("claude monet")
    assert offered.asked == [("somebody/painter", True), ("somebody/painter", False)]


def test_a_model_that_is_too_large_is_not_downloaded(offered):
    offered.sizes["model.safetensors"] = 10**11
    with pytest.raises(ModelFolderError, match="bytes"):
        model_folder("somebody/painter")
    assert offered.asked == [("somebody/painter", True)]


def test_without_a_connection_the_cache_is_read(offered, monkeypatch):
    answer = hub.snapshot_download

    def no_connection(name, allow_patterns, dry_run=False):
        if dry_run:
            raise hub.errors.DryRunError("no connection")
        return answer(name, allow_patterns)

    monkeypatch.setattr(hub, "snapshot_download", no_connection)
    assert model_folder("somebody/painter") == offered.folder


def test_a_folder_and_a_bundled_name_come_before_the_hub(offered, named_folder, tmp_path, monkeypatch):
    shutil.copytree(named_folder, tmp_path / "somebody/painter")
    monkeypatch.chdir(tmp_path)
    assert str(model_folder("somebody/painter")) == "somebody/painter"
    assert model_folder("painter") == model_folder(None) == BUNDLED
    assert not offered.asked


@pytest.mark.parametrize(
    "name", ["nobody/nothing", "nothing", "../weights", "a/b/c", "https://example.org/x", "-x/y\n"]
)
def test_what_is_nowhere_is_told_in_a_sentence(offered, name):
    with pytest.raises(ModelFolderError, match=r"no folder here|is no model folder") as told:
        model_folder(name)
    assert "\n" not in str(told.value).replace(name, "")


def test_the_hub_is_given_the_files_of_a_model_and_no_others(named_folder, tmp_path, monkeypatch):
    folder = shutil.copytree(named_folder, tmp_path / "model")
    (folder / "secret.txt").write_text("mine")
    given = {}
    monkeypatch.setattr(hub, "create_repo", lambda name, **more: f"https://hub/{name}")
    monkeypatch.setattr(hub, "upload_folder", lambda **more: given.update(more))
    assert Stylist.from_pretrained(folder).push_to_hub("me/mine") == "https://hub/me/mine"
    assert given["repo_id"] == "me/mine"
    uploaded = hub.utils.filter_repo_objects([p.name for p in folder.iterdir()], allow_patterns=given["allow_patterns"])
    assert set(uploaded) == {p.name for p in named_folder.iterdir()}
