import random
import tarfile
from collections import Counter
from io import BytesIO
from itertools import islice

import numpy as np
import pytest
from drawn import drawn, encoded
from packed import epoch, pairs, shard, stream
from PIL import Image

from txst.data.epoch import Pairs
from txst.data.samples import is_licensed, read_shard
from txst.data.stream import Stream, Tally, choose


@pytest.mark.parametrize("works", [2, 3])
def test_a_batch_has_so_many_different_works_of_each_artist(shards, works):
    for batch in epoch(Pairs(stream(shards), stream(shards, works=works), 6, 10, 0, 0, 0)):
        assert set(Counter(batch["prompt"]).values()) == {works}
        assert len({key.split()[1] for key in batch["keys"]}) == 6


def test_all_pictures_of_all_shards_are_drawn(shards):
    data = stream(shards)
    keys = {sample["key"] for sample in islice(data.samples(random.Random(0), Tally()), 300)}
    assert len(keys) == sum(len(list(read_shard(file))) for file in data.shards)


def test_small_crops_can_keep_the_strokes_at_their_size(tmp_path):
    stripes = Image.fromarray(np.tile(np.uint8([0, 0, 255, 255]), (64, 16))).convert("RGB")
    url = shard(tmp_path / "train-0.tar", [encoded(stripes)])
    whole, close = (
        next(Stream([url], 16, 64, least=least).batches(random.Random(1), 1))[0]["image"] for least in (16, 64)
    )
    assert close.shape == whole.shape == (3, 16, 16)
    turns = (close[0, 0, 1:] > 0.5).ne(close[0, 0, :-1] > 0.5).sum()
    assert turns in (7, 8), "a stripe is two pixels wide, as it was"


def test_crops_larger_than_the_least_side_are_refused():
    with pytest.raises(ValueError, match="least is 16"):
        Stream(["a"], 24, 32, least=16)


def test_shards_are_mixed_rather_than_read_one_after_the_other(tmp_path):
    jpegs = [encoded(drawn(0, (8, 8)))] * 50
    urls = [shard(tmp_path / f"{word}.tar", jpegs, movement=word) for word in ("banded", "dotted")]
    samples = Stream(urls, 24, 32, window=300).samples(random.Random(0), Tally())
    words = [sample["movement"] for sample in islice(samples, 1000)]
    assert all(len(set(words[n : n + 50])) == 2 for n in range(950))


def test_too_few_artists_is_an_error_with_a_remedy(shards):
    with pytest.raises(ValueError, match="lower data"):
        epoch(Pairs(stream(shards), stream(shards, works=2), 40, 1, 0, 0, 0))
    with pytest.raises(ValueError, match="one must divide the other"):
        epoch(pairs(shards, works=3))


def test_a_run_of_pictures_by_one_artist_is_waited_out(tmp_path):
    picture = encoded(drawn(0))
    urls = [shard(tmp_path / f"{n}.tar", [picture] * 6, artist="one") for n in range(3)]
    urls.append(shard(tmp_path / "other.tar", [picture] * 6, artist="other"))
    groups = Stream(urls, 24, 32, works=2, window=6).groups(random.Random(0), artists=2, tally=Tally())
    for group in islice(groups, 20):
        assert Counter(sample["artist"] for sample in group) == {"one": 2, "other": 2}


def test_artists_are_chosen_by_the_number_of_their_works():
    samples = [
        {"key": f"{a}{n}", "artist": a, "movement": ""}
        for a, count in {"x": 30, "y": 10, "z": 1}.items()
        for n in range(count)
    ]
    rng = random.Random(0)
    counts = Counter(choose(samples, 1, 2, rng)[0]["artist"] for _ in range(2000))
    assert set(counts) == {"x", "y"}
    assert counts["x"] / counts["y"] == pytest.approx(3, rel=0.2)


@pytest.mark.parametrize("url", ["pipe:cat /etc/passwd", "pipe: echo"])
def test_shards_that_run_commands_are_refused(url):
    with pytest.raises(ValueError, match="refused"):
        list(read_shard(url))


def test_a_few_bad_pictures_are_skipped_with_a_warning(tmp_path):
    url = shard(tmp_path / "train-0.tar", [encoded(drawn(n)) for n in range(9)] + [b"rubbish"])
    data = Stream([url], 24, 32)
    with pytest.warns(UserWarning, match=r"train-0\.tar:009"):
        batches = list(islice(data.batches(random.Random(0), 2), 10))
    assert [len(batch) for batch in batches] == [2] * 10


@pytest.mark.filterwarnings("ignore:.*cannot be decoded")
def test_more_than_one_in_a_hundred_bad_pictures_is_an_error(tmp_path):
    url = shard(tmp_path / "train-0.tar", [encoded(drawn(0)), b"rubbish"])
    with pytest.raises(RuntimeError, match=r"11 skipped of \d+ pictures.*train-0\.tar:001 cannot be decoded"):
        list(islice(Stream([url], 24, 32).batches(random.Random(0), 1), 100))


def test_a_shard_that_is_no_whole_one_is_named(tmp_path):
    url = shard(tmp_path / "train-0.tar", [encoded(drawn(0))])
    whole = (tmp_path / "train-0.tar").read_bytes()
    (tmp_path / "train-0.tar").write_bytes(whole[:1500])
    with pytest.raises(RuntimeError, match=r"train-0\.tar is no whole shard"):
        list(read_shard(url))
    with tarfile.open(tmp_path / "other.tar", "w") as tar:
        member = tarfile.TarInfo("1.json")
        member.size = 2
        tar.addfile(member, BytesIO(b"{}"))
    with pytest.raises(RuntimeError, match=r"other\.tar:1 is no whole sample \(KeyError"):
        list(read_shard(str(tmp_path / "other.tar")))


def test_only_pictures_under_the_wanted_licences_are_drawn(tmp_path):
    urls = [
        shard(tmp_path / f"{n}.tar", [encoded(drawn(n))], licence=said)
        for n, said in enumerate(["Public domain (CC0)", "research only", ""])
    ]
    samples = Stream(urls, 24, 32, licences=["public_domain"]).samples(random.Random(0), Tally())
    assert {s["licence"] for s in islice(samples, 20)} == {"Public domain (CC0)"}
    with pytest.raises(ValueError, match="no sample is licensed"):
        next(Stream(urls, 24, 32, licences=["cc-by"]).samples(random.Random(0), Tally()))
    assert is_licensed("CC-BY 4.0", ["cc0", "cc-by"])


def test_a_style_without_an_artist_is_called_by_its_word(tmp_path):
    url = shard(tmp_path / "dtd.tar", [encoded(drawn(n)) for n in range(4)], artist="", movement="banded")
    batch = epoch(Pairs(Stream([url], 24, 32), Stream([url], 24, 32, works=2), 2, 1, 0, 0, 0))[0]
    assert batch["prompt"] == ["banded", "banded"]


def test_crops_larger_than_the_pictures_are_refused(shards):
    with pytest.raises(ValueError, match="let resize be 24 or more"):
        stream(shards, resize=20)
