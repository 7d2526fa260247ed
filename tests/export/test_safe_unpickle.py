import argparse
import os
import pathlib
import tracemalloc
import zipfile
from collections import OrderedDict

import pytest
import torch
from safetensors.torch import save_file

from txst.export.safe_unpickle import CheckpointError, read_checkpoint

WEIGHTS = {"a.weight": torch.arange(12.0).view(3, 4), "a.bias": torch.ones(3, dtype=torch.float16)}


class Call:
    """A pickle of it calls a function when it is read."""

    def __init__(self, function, *arguments):
        self.reduced = function, arguments

    def __reduce__(self):
        return self.reduced


@pytest.fixture
def saved(tmp_path):
    def save(content, **options):
        torch.save(content, tmp_path / "some.ckpt", **options)
        return tmp_path / "some.ckpt"

    return save


def assert_same(found, expected):
    assert found.keys() == expected.keys()
    for name, tensor in expected.items():
        assert found[name].dtype == tensor.dtype
        assert found[name].equal(tensor)


def test_reads_a_lightning_file_with_foreign_classes_and_the_state_of_an_optimiser(saved):
    path = saved(
        {
            "state_dict": OrderedDict(WEIGHTS),
            "hyper_parameters": argparse.Namespace(folder=pathlib.PurePosixPath("data"), sizes=[1, 2]),
            "optimizer_states": [{"state": {0: {"exp_avg": torch.zeros(3)}}, "param_groups": [{"lr": 1e-4}]}],
            "callbacks": {argparse.Namespace: {"best": torch.tensor(1.0), "device": torch.device("cpu")}},
        }
    )
    assert_same(read_checkpoint(path), WEIGHTS)


def test_reads_the_state_of_a_module_parameters_and_safetensors(saved, tmp_path):
    module = torch.nn.Linear(2, 3)
    assert_same(read_checkpoint(saved(module.state_dict())), module.state_dict())
    assert_same(read_checkpoint(saved({"w": torch.nn.Parameter(torch.ones(2))})), {"w": torch.ones(2)})
    save_file(WEIGHTS, tmp_path / "some.safetensors")
    assert_same(read_checkpoint(tmp_path / "some.safetensors"), WEIGHTS)


def test_reads_files_from_before_torch_1_6(saved):
    assert_same(read_checkpoint(saved(WEIGHTS, _use_new_zipfile_serialization=False)), WEIGHTS)


def test_reads_views_that_share_a_storage(saved):
    whole = torch.arange(24.0).view(4, 6)
    views = {"whole": whole, "turned": whole.mT, "part": whole[1:3, 2:5]}
    assert_same(read_checkpoint(saved(views)), views)


def test_neither_the_state_of_an_optimiser_nor_what_is_ignored_is_read_into_memory(saved, monkeypatch):
    big = torch.zeros(2**20)
    path = saved(
        {
            "state_dict": WEIGHTS | {"clip.weight": big + 1},
            "optimizer_states": [{"state": {0: {"exp_avg": big + 2, "exp_avg_sq": big + 3}}}],
        }
    )
    assert path.stat().st_size > 12 * 2**20
    seen, read = [], zipfile.ZipFile.read
    monkeypatch.setattr(zipfile.ZipFile, "read", lambda self, name: seen.append(name) or read(self, name))
    tracemalloc.start()
    assert_same(read_checkpoint(path, ("clip.",)), WEIGHTS)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert sum("/data/" in name for name in seen) == len(WEIGHTS)
    assert peak < 2**20


def test_leaves_out_what_is_to_be_ignored(saved):
    assert list(read_checkpoint(saved(WEIGHTS | {"clip.weight": torch.ones(1)}), ("clip.",))) == list(WEIGHTS)


@pytest.fixture
def hostile(tmp_path):
    """Pickled with the weights, these make a folder when they are read."""
    made = str(tmp_path / "made")
    yield {"calls": [Call(os.mkdir, made), Call(eval, f"__import__('os').mkdir({made!r})")], "state_dict": WEIGHTS}
    assert not os.path.exists(made)


def test_gives_the_tensors_of_a_hostile_file_and_executes_nothing(saved, hostile):
    assert_same(read_checkpoint(saved(hostile)), WEIGHTS)


def test_refuses_a_hostile_file_of_the_old_kind_and_executes_nothing(saved, hostile):
    with pytest.raises(CheckpointError, match="no torch file of tensors alone"):
        read_checkpoint(saved(hostile, _use_new_zipfile_serialization=False))


def test_what_a_file_calls_for_in_place_of_a_tensor_is_refused(saved, tmp_path):
    path = saved({"state_dict": Call(os.mkdir, str(tmp_path / "made"))})
    with pytest.raises(CheckpointError, match="no tensors by name"):
        read_checkpoint(path)
    assert not (tmp_path / "made").exists()


def test_a_tensor_beyond_its_storage_is_refused(saved, tmp_path):
    path, short = saved({"w": torch.zeros(100)}), tmp_path / "short.ckpt"
    with zipfile.ZipFile(path) as whole, zipfile.ZipFile(short, "w") as cut:
        for name in whole.namelist():
            cut.writestr(name, whole.read(name)[:40] if name.endswith("data/0") else whole.read(name))
    with pytest.raises(CheckpointError, match="out of bounds"):
        read_checkpoint(short)


def test_a_compressed_archive_is_refused(saved, tmp_path):
    path, packed = saved({"w": torch.zeros(100)}), tmp_path / "packed.ckpt"
    with zipfile.ZipFile(path) as whole, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as bomb:
        for name in whole.namelist():
            bomb.writestr(name, whole.read(name))
    with pytest.raises(CheckpointError, match="compressed"):
        read_checkpoint(packed)


@pytest.mark.parametrize(
    ("content", "message"), [([1, 2], "holds a list"), ({"epoch": 3}, "no tensors by name"), ({}, "no tensors by name")]
)
def test_a_file_without_weights_is_refused_by_name(saved, content, message):
    with pytest.raises(CheckpointError, match=rf"some\.ckpt is no checkpoint .*{message}"):
        read_checkpoint(saved(content))


def test_a_web_page_in_place_of_the_download_is_refused(tmp_path):
    page = tmp_path / "wikiart_all.ckpt"
    page.write_text("<!DOCTYPE html><html>Too many users have viewed or downloaded this file recently.</html>")
    with pytest.raises(CheckpointError, match="it begins with b'<!DOCTYPE html>"):
        read_checkpoint(page)


def test_a_file_that_is_not_there_says_so(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_checkpoint(tmp_path / "none.ckpt")


@pytest.mark.parametrize(
    "content",
    [{"w": torch.zeros(1).expand(2**34)}, {f"w{n}": whole for whole in [torch.zeros(10_000)] for n in range(600)}],
    ids=["a tensor of stride 0", "many tensors on one storage"],
)
def test_tensors_far_larger_than_their_file_are_refused_before_they_are_made(saved, content):
    with pytest.raises(CheckpointError, match=r"its tensors would take [\d,]+ bytes of memory, and it holds"):
        read_checkpoint(saved(content))


def pickled(saved, tmp_path, data):
    """A checkpoint whose pickle is replaced."""
    path, other = saved(WEIGHTS), tmp_path / "other.ckpt"
    with zipfile.ZipFile(path) as whole, zipfile.ZipFile(other, "w") as changed:
        for name in whole.namelist():
            changed.writestr(name, data(whole.read(name)) if name.endswith("data.pkl") else whole.read(name))
    return other


def test_the_number_of_objects_that_a_pickle_says_it_has_takes_no_memory(saved, tmp_path):
    huge = b"K\x01r" + (2**30).to_bytes(4, "little") + b"0"  # a number, kept as the 2^30th object, and dropped
    path = pickled(saved, tmp_path, lambda data: data[:2] + huge + data[2:])
    resource = pytest.importorskip("resource")
    limits = resource.getrlimit(resource.RLIMIT_AS)
    mapped = int(pathlib.Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (mapped + 2**32, limits[1]))
    try:
        assert_same(read_checkpoint(path), WEIGHTS)
    finally:
        resource.setrlimit(resource.RLIMIT_AS, limits)


DOUBLED = b"K\x01\x85" + b"2\x86" * 60  # (1,), and sixty times a tuple of the last one twice


def test_a_key_of_tuples_that_hold_each_other_twice_is_not_walked(saved, tmp_path):
    path = pickled(saved, tmp_path, lambda data: data[:2] + b"}" + DOUBLED + b"Ns0" + data[2:])
    assert_same(read_checkpoint(path), WEIGHTS)


def test_a_storage_is_not_named_by_such_tuples(saved, tmp_path):
    path = pickled(saved, tmp_path, lambda data: data[:2] + b"(" + 3 * DOUBLED + b"tQ0" + data[2:])
    with pytest.raises(CheckpointError, match="refers to a Row of unknown type"):
        read_checkpoint(path)
