"""Pairs of photos and paintings in folders: what belongs together stays together, and a run's data are a function of its place."""

import numpy as np
import pytest
import torch
from PIL import Image

from txst.data.pairs import Drawn, PaintedPairs, PairedEpoch, found

NAMES = ["cartoon a", "cartoon b", "cartoon c"]


@pytest.fixture
def folder(tmp_path):
    """A painting has its photo's pixels less 100; `cartoon c` has none."""
    draw = np.random.default_rng(0)
    for split in ("train", "heldout"):
        for number in range(6):
            pixels = draw.integers(100, 256, (40, 44, 3), np.uint8)
            name = NAMES[number % 2]
            for part, shown in (("photos", pixels), (name, pixels - 100)):
                (tmp_path / split / part).mkdir(parents=True, exist_ok=True)
                Image.fromarray(shown).save(tmp_path / split / part / f"{number}.png")
    return tmp_path


def module(folder, **options):
    return PaintedPairs(str(folder), NAMES, size=32, batch_size=4, batches=3, **options)


def test_both_pictures_of_a_pair_are_cut_and_mirrored_alike(folder):
    for batch in module(folder).train_dataloader():
        assert batch["content"].dtype == torch.uint8
        assert batch["content"].shape == (4, 3, 32, 32)
        assert (batch["content"] - batch["teacher"]).unique().tolist() == [100]
        assert [NAMES[number] for number in batch["artist"]] == batch["prompt"]
        assert batch["style"].equal(batch["teacher"])
    others = list(module(folder, unpaired=True).train_dataloader())
    assert all((batch["content"] - batch["teacher"]).unique().tolist() == [100] for batch in others)
    assert any(not batch["style"].equal(batch["teacher"]) for batch in others)


def test_a_batch_is_a_function_of_seed_epoch_rank_and_place_and_an_epoch_goes_on_where_it_was(folder):
    def epoch(key, read=0):
        batches = PairedEpoch(Drawn(found(folder / "train", NAMES), 32, True, False, key), 4, 3)
        batches.load_state_dict({"read": read})
        return [batch["content"] for batch in batches]

    whole = epoch((0, 1, 0))
    assert all(a.equal(b) for a, b in zip(whole, epoch((0, 1, 0)), strict=True))
    assert all(a.equal(b) for a, b in zip(whole[2:], epoch((0, 1, 0), 2), strict=True))
    assert not whole[0].equal(epoch((0, 2, 0))[0])
    assert not whole[0].equal(epoch((0, 1, 1))[0])


def test_what_is_missing_is_named(folder):
    with pytest.raises(ValueError, match=r"data\.pairs must name a folder"):
        PaintedPairs(None, NAMES)
    with pytest.raises(ValueError, match=r"has no pairs of other"):
        PaintedPairs(str(folder), ["other"])
    with pytest.raises(ValueError, match=r"a side of 40 pixels, and size=48"):
        next(iter(PaintedPairs(str(folder), NAMES, size=48).train_dataloader()))
    (folder / "train/photos/3.png").unlink()
    with pytest.raises(ValueError, match=r"3\.png is missing, of which cartoon b has a painting"):
        module(folder)
