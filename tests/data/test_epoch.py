import os
import pickle
import signal
import tarfile
from io import BytesIO
from itertools import islice

import pytest
import torch
from drawn import drawn, encoded
from packed import epoch, pairs, same, shard

from txst.data.epoch import Epoch, Pairs, in_unit
from txst.data.samples import ShardError
from txst.data.stream import Stream


def test_a_batch_has_what_training_reads(shards):
    bytes_ = epoch(pairs(shards))[0]
    batch = in_unit(bytes_)
    for name in ("content", "style"):
        assert bytes_[name].dtype == torch.uint8
        assert batch[name].shape == (4, 3, 24, 24)
        assert batch[name].dtype == torch.float32
        assert 0 <= batch[name].min() < batch[name].max() <= 1
    assert batch["artist"].dtype == torch.int64
    assert len(set(zip(batch["artist"].tolist(), batch["prompt"], strict=True))) == len(set(batch["prompt"]))
    assert all(name.startswith("artist ") for name in batch["prompt"])
    assert all(name.startswith("movement ") for name in batch["movement"])
    assert len(batch["keys"]) == 4


@pytest.mark.parametrize("workers", [0, 1, 3])
def test_an_epoch_has_its_length_and_is_the_same_again(shards, workers):
    one, other = (epoch(pairs(shards, batches=5), workers) for _ in range(2))
    assert len(one) == len(pairs(shards, batches=5)) == 5
    assert same(one, other)


@pytest.mark.parametrize("other", [{"rank": 1}, {"epoch": 1}, {"seed": 1}])
def test_another_rank_epoch_or_seed_draws_something_else(shards, other):
    assert not same(epoch(pairs(shards)), epoch(pairs(shards, **other)))


def test_workers_draw_different_batches(shards):
    assert len({tuple(batch["keys"]) for batch in epoch(pairs(shards, batches=4), 2)}) == 4


def test_what_a_worker_gets_can_be_sent_to_it(shards):
    assert same(epoch(pickle.loads(pickle.dumps(pairs(shards)))), epoch(pairs(shards)))


@pytest.mark.parametrize(("workers", "done"), [(0, 3), (2, 3), (3, 4), (2, 0), (2, 7)])
def test_a_resumed_epoch_gives_the_batches_that_were_left(shards, workers, done):
    whole = epoch(pairs(shards, batches=7), workers)
    begun = Epoch(pairs(shards, batches=7), workers, ranks=1)
    read = list(islice(begun, done))
    resumed = Epoch(pairs(shards, batches=7), workers, ranks=1)
    resumed.load_state_dict(begun.state_dict())
    assert same([*read, *resumed], whole)
    assert len(resumed) == 7


def test_what_is_done_is_not_decoded_again(shards, monkeypatch):
    import txst.data.stream

    decoded = []
    real = txst.data.stream.cut
    monkeypatch.setattr(txst.data.stream, "cut", lambda *a: decoded.append(1) or real(*a))
    data = pairs(shards)
    data.done = 4
    assert len(epoch(data)) == 1
    assert len(decoded) == 2 * 4


@pytest.mark.filterwarnings("ignore:.*skipped of")
def test_a_bad_picture_among_those_done_moves_nothing(tmp_path):
    jpegs = [encoded(drawn(n)) for n in range(29)] + [b"rubbish"]
    data = Stream([shard(tmp_path / "train-0.tar", jpegs)], 24, 32, window=30)
    whole = epoch(Pairs(data, data, 4, 12, 0, 0, 0))
    assert sum(batch["skipped"] for batch in whole)
    for done in range(12):
        rest = epoch(Pairs(data, data, 4, 12, 0, 0, 0, done=done))
        assert same(rest, whole[done:])


@pytest.mark.parametrize("other", [{"workers": 3, "ranks": 1}, {"workers": 2, "ranks": 2}])
def test_with_other_workers_or_ranks_the_rest_is_as_long_and_new(shards, other):
    whole = epoch(pairs(shards, batches=9), 2)
    begun = Epoch(pairs(shards, batches=9), workers=2, ranks=1)
    list(islice(begun, 4))
    resumed = Epoch(pairs(shards, batches=9), **other)
    resumed.load_state_dict(begun.state_dict())
    rest = list(islice(resumed, 2))
    again = Epoch(pairs(shards, batches=9), **other)  # killed once more, and now with the same ranks and workers
    again.load_state_dict(resumed.state_dict())
    rest += again
    assert len(rest) == 9 - 4
    pictures = {tuple(crop.flatten().tolist()) for batch in whole for crop in batch["content"]}
    assert not pictures & {tuple(crop.flatten().tolist()) for batch in rest for crop in batch["content"]}
    in_one_go = Epoch(pairs(shards, batches=9), **other)
    in_one_go.load_state_dict(begun.state_dict())
    assert same(rest, list(in_one_go))


@pytest.mark.slow
def test_more_ranks_and_workers_than_shards_have_equal_epochs(tmp_path):
    url = shard(tmp_path / "train-0.tar", [encoded(drawn(n)) for n in range(3)])
    data = Stream([url], 24, 32)
    epochs = [epoch(Pairs(data, data, 2, 4, 0, 0, rank), workers=3) for rank in range(3)]
    assert [len(batches) for batches in epochs] == [4, 4, 4]
    first = [batches[0]["content"] for batches in epochs]
    assert not first[0].equal(first[1])
    assert not first[1].equal(first[2])


def repack(path, change):
    """Writes a shard anew without the members that `change` drops, or with other bytes."""
    with tarfile.open(path) as tar:
        members = [(m, tar.extractfile(m).read()) for m in tar.getmembers()]
    with tarfile.open(path, "w") as tar:
        for member, data in members:
            if (data := change(member.name, data)) is not None:
                member.size = len(data)
                tar.addfile(member, BytesIO(data))


FAULTS = {
    "a truncated shard": lambda path: path.write_bytes(path.read_bytes()[:-15_000]),
    "a corrupt jpeg": lambda path: repack(path, lambda n, d: d[:100] if n == "003.jpg" else d),
    "a missing json": lambda path: repack(path, lambda n, d: None if n == "003.json" else d),
    "a torn json": lambda path: repack(path, lambda n, d: d[:-9] if n == "003.json" else d),
    "an empty shard": lambda path: path.write_bytes(b""),
    "a shard that is gone": lambda path: path.unlink(),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_training_goes_on_without_what_cannot_be_read_and_counts_it(tmp_path, fault):
    urls = [shard(tmp_path / f"train-{n}.tar", [encoded(drawn(n))] * 40) for n in range(2)]
    FAULTS[fault](tmp_path / "train-1.tar")
    data = Stream(urls, 24, 32, window=100)
    with pytest.warns(UserWarning, match=r"skipped of \d+ pictures, the last because .*train-1\.tar"):
        batches = epoch(Pairs(data, data, 4, 20, 0, 0, 0))
    assert len(batches) == 20
    assert 0 < sum(batch["skipped"] for batch in batches) <= 10
    assert all(batch["content"].shape == (4, 3, 24, 24) for batch in batches)


@pytest.mark.filterwarnings("ignore:.*skipped of")
@pytest.mark.parametrize(
    ("fault", "workers"),
    [
        ("a missing json", 0),
        ("a torn json", 0),
        ("an empty shard", 0),
        ("a truncated shard", 0),
        ("a shard that is gone", 2),
    ],
)
def test_what_cannot_be_read_counts_once_however_often_a_small_set_is_drawn(tmp_path, fault, workers):
    urls = [shard(tmp_path / f"train-{n}.tar", [encoded(drawn(n))] * 10) for n in range(2)]
    FAULTS[fault](tmp_path / "train-1.tar")
    data, lost = Stream(urls, 24, 32, window=1000), set()
    epochs = [list(Epoch(Pairs(data, data, 2, 6, 0, number, 0), workers, 1, lost)) for number in range(2)]
    assert [sum(batch["skipped"] for batch in batches) for batches in epochs] == [1, 0]


def test_shards_deleted_while_training_stop_it_once_none_is_left(tmp_path):
    urls = [shard(tmp_path / f"train-{n}.tar", [encoded(drawn(n))] * 10) for n in range(2)]
    data = Stream(urls, 24, 32, window=10)
    batches = iter(Pairs(data, data, 4, 99, 0, 0, 0))
    next(batches)
    for url in urls:
        (tmp_path / url).unlink()
    with (
        pytest.warns(UserWarning, match="skipped of"),
        pytest.raises(ShardError, match=r"none of 2 shards can be read: .*train-\d\.tar.*No such file"),
    ):
        list(batches)


def test_a_worker_that_is_killed_stops_the_epoch_with_the_cause(shards):
    loader = Epoch(pairs(shards, batches=400), workers=1, ranks=1)
    batches = iter(loader)
    next(batches)
    worker = torch.multiprocessing.active_children()[0]
    os.kill(worker.pid, signal.SIGKILL)
    with pytest.raises(RuntimeError, match=r"killed|exited unexpectedly"):
        list(batches)


def test_workers_go_on_where_all_processes_are_told_to_stop(shards):
    """The run itself makes its step whole and ends them (training/checkpoints.py)."""
    batches = iter(Epoch(pairs(shards, batches=30), workers=1, ranks=1))
    next(batches)
    worker = torch.multiprocessing.active_children()[0]
    for name in (signal.SIGTERM, signal.SIGUSR1, signal.SIGINT):
        os.kill(worker.pid, name)
    assert len(list(batches)) == 29
