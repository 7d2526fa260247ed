import pytest
import torch
from safetensors.torch import save_file

from txst.encoders.downloads import DOWNLOADS, cache_folder
from txst.encoders.weights import fill, find, read


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("TXST_HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


def test_a_file_is_found_by_its_path_and_a_downloaded_one_by_its_name(home, tmp_path):
    (tmp_path / "here.pth").touch()
    (home / "there.pth").touch()
    assert find(tmp_path / "here.pth") == tmp_path / "here.pth"
    assert find("there.pth") == home / "there.pth" == cache_folder() / "there.pth"


@pytest.mark.parametrize(("name", "url"), [(name, url) for name, (url, _) in DOWNLOADS.items()])
def test_a_missing_download_is_answered_with_the_command_that_fetches_it(home, name, url):
    with pytest.raises(FileNotFoundError, match=rf"`txst fetch {name}`"):
        find(url.rpartition("/")[2])


def test_a_missing_file_of_ones_own_is_answered_with_where_was_looked(home):
    with pytest.raises(FileNotFoundError, match=r"my\.pth.*home.*give the path"):
        find("my.pth")


@pytest.mark.parametrize("name", ["weights.safetensors", "weights.pth"])
def test_both_formats_are_read_in_float32(tmp_path, name):
    tensors = {"a": torch.arange(3).half()}
    save_file(tensors, tmp_path / name) if name.endswith("s") else torch.save(tensors, tmp_path / name)
    assert read(tmp_path / name)["a"].tolist() == [0, 1, 2]
    assert read(tmp_path / name)["a"].dtype == torch.float32


def test_nothing_in_a_file_is_executed(tmp_path):
    class Malicious:
        def __reduce__(self):
            return (tmp_path / "executed").touch, ()

    torch.save({"a": Malicious()}, tmp_path / "malicious.pth")
    with pytest.raises(ValueError, match="holds more than tensors"):
        read(tmp_path / "malicious.pth")
    assert not (tmp_path / "executed").exists()


@pytest.mark.parametrize("name", ["page.pth", "page.safetensors", "empty.pth", "empty.safetensors"])
def test_what_is_no_file_of_weights_is_told_in_one_line(tmp_path, name):
    (tmp_path / name).write_text("<!DOCTYPE html>" if "page" in name else "")
    with pytest.raises(ValueError, match=rf"^\S+{name} cannot be read: .*$"):
        read(tmp_path / name)


def test_a_file_of_something_else_is_told(tmp_path):
    torch.save([1, 2], tmp_path / "list.pth")
    with pytest.raises(ValueError, match="list"):
        read(tmp_path / "list.pth")


def test_fill_takes_what_the_module_has_and_refuses_what_is_missing_or_of_another_shape():
    module = torch.nn.Linear(2, 1)
    fill(module, {"weight": torch.ones(1, 2), "bias": torch.ones(1), "deeper": torch.ones(9)}, "file")
    assert module(torch.ones(2)).item() == 3
    with pytest.raises(ValueError, match="file lacks bias; it holds weight"):
        fill(module, {"weight": torch.ones(1, 2)}, "file")
    with pytest.raises(ValueError, match=r"weight is \(1, 3\) in file but \(1, 2\) here"):
        fill(module, {"weight": torch.ones(1, 3), "bias": torch.ones(1)}, "file")
