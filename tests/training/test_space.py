"""The space of names and pictures: learnt on statistics that are worked out once."""

import pytest
import torch
from safetensors.torch import load_file

from txst.data.layouts import find
from txst.data.shards import make_shards
from txst.encoders.space import Discriminant, StyleSpace, compressed
from txst.synthetic.dataset import draw
from txst.training.picture_statistics import Drawn, PictureStatistics
from txst.training.run import train
from txst.training.space import contrast, found

QUIET = ["trainer.accelerator=cpu", "trainer.enable_progress_bar=false"]


@pytest.fixture
def statistics(small_shards, tmp_path):
    data = PictureStatistics(small_shards[0].partition("=")[2], None, tmp_path / "seen", size=32)
    data.setup("fit")
    return data


def test_it_learns_to_name_held_out_pictures(config, tmp_path):
    pytest.importorskip("skimage")
    draw(tmp_path, paintings=10, size=64, crops=8)
    make_shards(find("wikiart", tmp_path / "wikiart"), tmp_path / "shards", test=0.2)
    more = [f"data.style={tmp_path}/shards", f"data.folder={tmp_path}/seen", "size=64", "data.batches=40"]
    trainer = train(config("+experiment=space", "clip=space", *QUIET, *more, "trainer.max_steps=40"))
    assert trainer.callback_metrics["val/top1"] > 0.8
    assert StyleSpace().load_state_dict(load_file(tmp_path / "run/space.safetensors"))


def test_what_was_seen_is_read_and_not_looked_at_again(statistics, monkeypatch):
    again = PictureStatistics(statistics.style, None, statistics.folder, size=32)
    # on "meta" it gives nothing that could be kept
    monkeypatch.setattr(again, "feature_extractor", again.feature_extractor.to("meta"))
    again.setup("fit")
    for split in ("train", "test"):
        assert again.seen[split].equal(statistics.seen[split])
        assert again.seen[split].shape[:2] == (len(again.said[split]["prompt"]), 2)


def test_without_a_named_picture_there_is_nothing_to_learn(small_shards, tmp_path):
    photos = small_shards[1].partition("=")[2]
    with pytest.raises(ValueError, match="no picture with a name in its train split"):
        PictureStatistics(photos, None, tmp_path / "seen", size=32).setup("fit")


def test_another_size_is_another_look(statistics):
    other = PictureStatistics(statistics.style, None, statistics.folder, size=40)
    other.setup("fit")
    assert not other.seen["train"].equal(statistics.seen["train"])


def test_a_batch_is_a_function_of_its_key_and_number():
    seen, said = torch.arange(12.0).view(6, 2, 1), {"prompt": list("aaaaab")}
    one, same, other = (Drawn(seen, said, 8, 3, key) for key in ((0, 1), (0, 1), (0, 2)))
    assert one[2]["statistics"].equal(same[2]["statistics"])
    assert not all(one[i]["statistics"].equal(other[i]["statistics"]) for i in range(3))
    assert len(list(one)) == 3


def test_a_name_is_drawn_as_often_as_the_root_of_its_pictures():
    prompts = ["often"] * 16 + ["rare"]
    batch = Drawn(torch.zeros(17, 1, 1), {"prompt": prompts}, 5000, 1, (0,))[0]
    assert batch["prompt"].count("rare") / 5000 == pytest.approx(0.2, abs=0.03)


def clouds(spread):
    """400 statistics of 4 names that differ in the first direction, and spread the more in the others."""
    name = torch.arange(400) % 4
    log = torch.randn(400, 6) * spread
    log[:, 0] += 3 * name
    return log.expm1().abs(), name


def test_of_the_directions_in_which_names_differ_most_little_is_lost_to_louder_ones():
    seen, name = clouds(torch.tensor([0.1, 1, 1, 1, 1, 1]))
    space = Discriminant(6, 1, shrink=0.01)
    space.fit(seen, name)
    x = space(seen)[:, 0]
    centres = torch.stack([x[name == n].mean() for n in range(4)])
    assert (x - centres[name]).std() < 0.2 * centres.std()


def test_pictures_of_one_name_spread_alike_in_all_directions():
    seen, name = clouds(torch.tensor([0.5, 0.1, 0.2, 1, 2, 0.3]))
    space = Discriminant(6, 6, shrink=0.0)
    space.fit(seen, name)
    x = space(seen)
    apart = x - torch.stack([x[name == n].mean(0) for n in range(4)])[name]
    within = apart.T @ apart / len(x)
    torch.testing.assert_close(within / within[0, 0], torch.eye(6), atol=0.01, rtol=0.01)


def test_more_directions_than_statistics_are_refused():
    with pytest.raises(ValueError, match="kept=11: of 10 statistics"):
        Discriminant(10, 11)


def test_what_is_large_is_compressed_and_keeps_its_sign():
    x = torch.tensor([-1e4, -0.01, 0, 0.01, 1e4])
    assert compressed(x).equal(-compressed(-x))
    torch.testing.assert_close(compressed(x)[1:4], x[1:4], atol=1e-4, rtol=0)
    assert compressed(x)[4] < 10


def test_contrast_is_zero_where_all_that_is_own_is_found_equally_and_else_more():
    own = torch.tensor([[True, False, False], [False, True, True]])
    found = torch.where(own, 20.0, -20.0)
    best = (0 + torch.log(torch.tensor(2.0))) / 2  # two that are its own share the certainty
    torch.testing.assert_close(contrast(found, own), best, atol=1e-4, rtol=0)
    assert contrast(-found, own) > 10
    assert contrast(found, torch.zeros_like(own)) == 0


def test_found_counts_who_is_asked_about_alone():
    likeness = torch.tensor([[3.0, 2, 1], [1, 3, 2], [3, 1, 2], [0, 0, 1]])
    values = found(likeness, torch.tensor([0, 1, 2, -100]), "artist_")
    assert values["artist_count"] == 3
    assert values["artist_top1"] == pytest.approx(2 / 3)
    assert values["artist_top5"] == 1
    assert found(likeness, torch.full((4,), -100)) == {}


def test_of_a_name_with_many_pictures_no_more_is_counted_than_of_one_with_few():
    likeness, target = torch.eye(2)[[0, 0, 0, 0]], torch.tensor([0, 0, 0, 1])
    assert found(likeness, target)["top1"] == 0.75
    assert found(likeness, target)["top1_of_each_name"] == 0.5


def test_a_painting_is_asked_for_its_artist_and_its_movement_and_a_texture_for_its_word(statistics):
    said = {"prompt": ["titian", "bubbly"], "artist": ["titian", ""], "movement": ["high renaissance", "bubbly"]}
    statistics.said["train"] = said
    assert statistics.names == ["bubbly", "titian"]
    assert statistics.movements == ["high renaissance"]
