"""What is kept is what is in the shards, what is cut from it lies where it should, and an epoch is a function of its key."""

import random

import pytest
import torch
from drawn import drawn, encoded
from packed import facts, same
from pytorch_lightning.utilities.exceptions import MisconfigurationException

from txst.data.cache import Crops, Pictures, Views, needed, whole
from txst.data.cached_epoch import Cache, CachedEpoch
from txst.data.module import Paintings
from txst.data.pictures import cut
from txst.data.samples import ShardError
from txst.data.stream import Tally

CPU = torch.device("cpu")
SIZES = [(96, 80), (60, 90), (48, 48)]


def samples(count=6):
    return [
        {
            "key": f"s:{n}",
            "jpg": encoded(drawn(n, SIZES[n % 3]), quality=95),
            **facts(artist=f"artist {n // 2}", artist_id=n // 2),
        }
        for n in range(count)
    ]


def crops(size=24, least=24, most=40, mirror=True):
    return Crops(size, least, most, mirror)


def kept(*args, **options):
    return Pictures(samples(), crops(*args, **options), CPU, Tally())


def test_a_square_of_whole_pixels_is_these_pixels():
    pictures = kept(24, 48, 48, mirror=False)
    picture = torch.from_numpy(whole(samples()[2]["jpg"], 48).copy()).permute(2, 0, 1) / 255  # of 48 x 48
    square = pictures.cut([2], [(48, (0.5, 0.25, False))])[0]
    torch.testing.assert_close(square, picture[:, 6:30, 12:36])
    mirrored = pictures.cut([2], [(48, (0.5, 0.25, True))])[0]
    torch.testing.assert_close(mirrored, square.flip(-1))


@pytest.mark.parametrize("place", [(0.0, 0.0, False), (1.0, 1.0, False), (0.3, 0.8, True)])
@pytest.mark.parametrize("side", [24, 31, 40])
def test_a_square_is_nearly_that_of_the_loader(place, side):
    pictures = kept()
    rows = list(range(6))
    squares = pictures.cut(rows, [(side, place)] * 6)
    expected = torch.stack([cut(sample["jpg"], 24, side, place) / 255 for sample in samples()])
    far, farther = ((squares - expected.roll(by, -1)).abs().mean() for by in (0, 1))
    assert far < 0.03
    assert far < farther / 3  # it lies nowhere else by as much as a pixel
    assert squares.min() >= 0
    assert squares.max() <= 1


def test_what_is_kept_takes_what_was_said():
    assert kept().bytes == needed(samples(), 40) == sum(3 * h * w for h, w in [(40, 48), (60, 40), (40, 40)] * 2)


def test_smaller_pictures_are_not_grown():
    assert kept(24, 24, 200).bytes == sum(3 * h * w for h, w in SIZES * 2)


def test_views_are_the_same_again_and_as_many_as_asked_for():
    one, other = (Views(samples(), crops(), CPU, Tally(), 3, seed) for seed in (0, 0))
    assert one.pixels.shape == (18, 3, 24, 24)
    assert one.pixels.equal(other.pixels)
    assert not one.pixels.equal(Views(samples(), crops(), CPU, Tally(), 3, 1).pixels)
    image, rows = one.draw([4, 0], random.Random(0))
    assert [row // 3 for row in rows.tolist()] == [4, 0]
    assert image.equal(one.pixels[rows] / 255)


@pytest.fixture
def cache():
    return Cache(kept(), Views(samples(), crops(), CPU, Tally(), 2, 0), works=2)


def test_a_batch_has_the_works_of_each_artist_and_tells_of_them(cache):
    batch = cache.batch(random.Random(0), 4)
    assert batch["content"].shape == batch["style"].shape == (4, 3, 24, 24)
    assert len(set(batch["prompt"])) == 2
    for name, number, view, key in zip(
        batch["prompt"], batch["artist"].tolist(), batch["view"].tolist(), batch["keys"], strict=True
    ):
        assert name == f"artist {number}"
        assert view // 2 // 2 == number
        assert key.endswith(f" s:{view // 2}")


@pytest.mark.parametrize("done", [0, 1, 4, 5])
def test_a_resumed_epoch_gives_the_batches_that_were_left(cache, done):
    whole = list(CachedEpoch(cache, 4, 5, (0, 1, 0)))
    begun, resumed = (CachedEpoch(cache, 4, 5, (0, 1, 0)) for _ in range(2))
    batches = iter(begun)
    read = [next(batches) for _ in range(done)]
    resumed.load_state_dict(begun.state_dict())
    assert same([*read, *resumed], whole)


@pytest.mark.parametrize("key", [(1, 0, 0), (0, 1, 0), (0, 0, 1)])
def test_another_seed_epoch_or_rank_draws_something_else(cache, key):
    first, other = (next(iter(CachedEpoch(cache, 4, 5, k))) for k in ((0, 0, 0), key))
    assert not same([first | {"skipped": 0}], [other | {"skipped": 0}])


@pytest.mark.filterwarnings("ignore:.*skipped of")
def test_what_cannot_be_decoded_is_left_out_and_counted_once():
    tally = Tally()
    broken = [*samples(), {"key": "s:bad", "jpg": b"rubbish", **facts()}]
    pictures = Pictures(broken, crops(), CPU, tally)
    assert len(pictures.samples) == 6
    epoch = [CachedEpoch(Cache(pictures, pictures, 1, tally.skipped), 2, 3, (0, e, 0)) for e in (0, 1)]
    assert [[b["skipped"] for b in batches] for batches in epoch] == [[1, 0, 0], [0, 0, 0]]
    with pytest.raises(ShardError, match="skipped of"):
        Pictures([broken[-1]] * 12, crops(), CPU, Tally())


@pytest.mark.parametrize("cached", ["pictures", "targets"])
def test_what_takes_more_than_is_allowed_is_refused_with_what_it_would_take(small_shards, cached):
    style, content = (s.partition("=")[2] for s in small_shards)
    with pytest.raises(
        MisconfigurationException, match=rf"data.cache={cached} would keep .* GB, and data.cache_gb=1e-06"
    ):
        Paintings(content, style, 24, 40, 4, cache=cached, cache_gb=1e-6).train_dataloader()


@pytest.mark.parametrize("wrong", [{"cache": "all"}, {"cache_dtype": "int8"}])
def test_an_unknown_cache_is_refused(wrong):
    with pytest.raises(ValueError, match=f"data.{next(iter(wrong))}="):
        Paintings("a", "b", **wrong)
