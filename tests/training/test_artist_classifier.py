import io
import json

import numpy as np
import pytest
import torch
from PIL import Image

pytest.importorskip("skimage")

from txst.data.layouts import find
from txst.data.samples import sha256
from txst.data.shards import make_shards
from txst.data.sources import every_sample
from txst.encoders.bank import FilterBank
from txst.layers.artist_classifier import FACTS
from txst.metrics.artist import ArtistAccuracy
from txst.metrics.painting import PaintingProbability
from txst.synthetic.dataset import draw
from txst.synthetic.styles import MANNERS
from txst.training.artist_classifier import (
    by_the_prolific,
    held_out,
    score,
    train_artist_classifier,
    train_painting_classifier,
)
from txst.types import Painted

SIZE = 64


@pytest.fixture(scope="module")
def drawn_shards(tmp_path_factory):
    folder = tmp_path_factory.mktemp("drawn")
    draw(folder, paintings=10, size=SIZE, crops=8)
    make_shards(find("wikiart", folder / "wikiart"), folder / "paintings", test=0.1)
    make_shards(find("coco", folder / "photos"), folder / "photos_shards", test=0.5)
    return folder


@pytest.fixture(scope="module")
def classifier(drawn_shards):
    out = drawn_shards / "classifier"
    paintings, photos = str(drawn_shards / "paintings"), str(drawn_shards / "photos_shards")
    return train_artist_classifier(paintings, FilterBank(), out, photos, works=8, views=1, size=SIZE), out


def test_it_names_held_out_paintings_and_says_how_surely(classifier):
    facts, _ = classifier
    assert facts["artists"] == sorted(MANNERS)
    value, low, high = facts["ceiling"]["whole"]["top1"]
    assert value > 0.8
    assert low <= value <= high
    assert facts["ceiling"]["degraded"]["top5"][0] >= facts["ceiling"]["degraded"]["top1"][0] > 0.5
    assert facts["photos"]["count"] == 4 == sum(facts["photos"]["named"].values())


def test_works_of_the_test_split_are_held_out_and_a_third_of_each_artists(classifier, drawn_shards):
    facts, _ = classifier
    samples = every_sample(str(drawn_shards / "paintings"))
    held = set(facts["held_out"])
    assert {sha256(s) for s in samples if s["split"] == "test"} <= held
    for artist in facts["artists"]:
        works = [sha256(s) in held for s in samples if s["artist"] == artist]
        assert sum(works) == pytest.approx(0.3 * len(works), abs=1)


def test_the_metric_reads_it(classifier, drawn_shards):
    facts, out = classifier
    samples = [s for s in every_sample(str(drawn_shards / "paintings")) if sha256(s) in facts["held_out"]]
    pictures = [np.array(Image.open(io.BytesIO(s["jpg"]))) for s in samples]
    outputs = torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2) / 255
    names = [s["artist"] for s in samples]
    metric = ArtistAccuracy(FilterBank(), out)
    metric.update(Painted(outputs, outputs, outputs, names, [""] * len(names)))
    assert metric.compute() > 0.8


def test_a_second_run_looks_at_nothing_again(classifier, drawn_shards):
    facts, out = classifier

    class Blind(FilterBank):
        def forward(self, image):
            raise AssertionError("it looked")

    Blind.__name__ = "FilterBank"
    paintings, photos = str(drawn_shards / "paintings"), str(drawn_shards / "photos_shards")
    again = train_artist_classifier(paintings, Blind(), out, photos, works=8, views=1, size=SIZE)
    assert again == facts == json.loads((out / FACTS).read_text())


def test_another_tells_paintings_from_photos(drawn_shards, tmp_path):
    sources = [str(drawn_shards / name) for name in ("paintings", "photos_shards")]
    facts = train_painting_classifier(*sources, FilterBank(), tmp_path, views=0, size=SIZE)
    samples = [every_sample(source) for source in sources]
    assert facts["works"]["trained on"] + facts["works"]["held out"] == sum(map(len, samples))
    metric = PaintingProbability(FilterBank(), tmp_path)
    means = []
    for held in samples:
        pictures = [np.array(Image.open(io.BytesIO(s["jpg"]))) for s in held if sha256(s) in facts["held_out"]]
        outputs = torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2) / 255
        metric.update(Painted(outputs, outputs, outputs, [""] * len(outputs), [""] * len(outputs)))
        means.append(float(metric.values[-len(outputs) :].mean()))
    assert means[0] > means[1] + 0.1


def test_a_classifier_of_artists_is_none_of_paintings(classifier):
    with pytest.raises(ValueError, match="train_painting_classifier"):
        PaintingProbability(FilterBank(), classifier[1])


def test_each_artist_counts_the_same():
    target = torch.tensor([0] * 9 + [1])
    logits = torch.eye(2)[torch.zeros(10, dtype=torch.int64)]  # everything is the first artist's
    found = score(logits, target)
    assert found["top1"] == [0.5, 0.5, 0.5]
    assert found["top5"][0] == 1


def test_the_interval_is_that_of_a_mean():
    right = torch.arange(400) % 4 > 0  # three quarters
    logits = torch.eye(2)[(~right).long()] - torch.tensor([0.0, 0.0])
    found = score(logits, torch.zeros(400, dtype=torch.int64))
    value, low, high = found["top1"]
    assert value == 0.75
    assert high - low == pytest.approx(2 * 1.96 * (0.75 * 0.25 / 400) ** 0.5, rel=0.15)


def test_artists_with_few_works_are_left_out_and_those_with_many_cut():
    def sample(artist, split="train"):
        return {"artist": artist, "split": split}

    samples = (
        [sample("few")] * 2 + [sample("some")] * 4 + [sample("many")] * 9 + [sample("many", "test")] + [sample("")]
    )
    kept = by_the_prolific(samples, works=4, most=6)
    assert [s["artist"] for s in kept].count("many") == 6
    assert sample("many", "test") in kept
    assert {s["artist"] for s in kept} == {"some", "many"}
    with pytest.raises(ValueError, match="two are wanted with 10"):
        by_the_prolific(samples, works=10, most=99)


def test_copies_of_one_work_are_on_one_side(drawn_shards):
    samples = by_the_prolific(every_sample(str(drawn_shards / "paintings")), 8, 99)
    twice = [*samples, *(s | {"split": "train"} for s in samples)]
    held = held_out(twice)
    assert torch.equal(held[: len(samples)], held[len(samples) :])
