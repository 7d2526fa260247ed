"""Metrics order what anybody can order: paintings, photos painted, half painted, only recoloured, untouched, spoilt.

Eight manners drawn by rule stand in for artists, fixed filters for networks, and for a tower that knows names
the mean of each manner's paintings. Each figure is a mean over all manners and photos.
Halo, repetition, identity and drift order painters in tests of their own.
"""

import functools
import json

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

pytest.importorskip("skimage")

from safetensors.torch import save_file
from scipy.ndimage import gaussian_filter

from txst.encoders.bank import FilterBank
from txst.layers.artist_classifier import FACTS, WEIGHTS
from txst.metrics.artist import ArtistAccuracy, signature
from txst.metrics.clip_score import ClipScore
from txst.metrics.nearest_gram import NearestGram, grams, save_works
from txst.metrics.networks import named
from txst.metrics.painting import PAINTING, PHOTO, PaintingProbability
from txst.metrics.zero_shot import ZeroShot
from txst.synthetic.dataset import HELD_OUT, glimpse, photos
from txst.synthetic.styles import MANNERS
from txst.training.artist_classifier import fit_once
from txst.types import Painted

SIZE, EACH = 80, 3
NAMES = list(MANNERS)


def recoloured(photo, painting):
    normal = (photo - photo.mean((0, 1))) / photo.std((0, 1))
    return np.clip(normal * painting.std((0, 1)) + painting.mean((0, 1)), 0, 255)


def tensor(pictures):
    return torch.from_numpy(np.stack(pictures).astype(np.float32)).permute(0, 3, 1, 2) / 255


@functools.cache
def subjects(held):
    return [photo for name, photo in photos().items() if (name in HELD_OUT) == held]


@pytest.fixture(scope="module")
def cases():
    """What a method may make of a photo, by name; the painting to compare with is of another subject."""
    rng = np.random.default_rng(0)
    content, style, owner, outputs = [], [], [], {}
    for name, paint in MANNERS.items():
        for n, subject in enumerate(subjects(held=True)[:EACH]):
            photo = glimpse(subject, SIZE, rng)
            painting, real = (
                paint(glimpse(subjects(held=False)[n + i], SIZE, rng), rng).astype(np.float64) for i in (0, 1)
            )
            painted = paint(photo, rng).astype(np.float64)
            grain = rng.normal(0, 40, photo.shape)
            made = {
                "real": real,
                "painted": painted,
                "half": (painted + photo) / 2,
                "recoloured": recoloured(photo, painting),
                "untouched": photo,
                "untouched, noisy": np.clip(photo + grain, 0, 255),
                "untouched, blurred": gaussian_filter(photo.astype(np.float64), (4, 4, 0)),
                "real, noisy": np.clip(real + grain, 0, 255),
                "real, blurred": gaussian_filter(real, (4, 4, 0)),
                "noise": rng.uniform(0, 255, photo.shape),
            }
            content.append(photo)
            style.append(painting)
            owner.append(name)
            for case, picture in made.items():
                outputs.setdefault(case, []).append(picture)
    return {case: Painted(tensor(content), tensor(made), tensor(style), owner, owner) for case, made in outputs.items()}


@pytest.fixture(scope="module")
def lesson():
    """Paintings of other subjects for a metric to learn from, and the numbers of their manners."""
    rng = np.random.default_rng(1)
    pictures = [paint(glimpse(photo, SIZE, rng), rng) for paint in MANNERS.values() for photo in subjects(held=False)]
    return tensor(pictures), torch.arange(len(MANNERS)).repeat_interleave(len(pictures) // len(MANNERS))


class Tower(nn.Module):
    """A space of names and pictures: a name lies where the paintings that bear it lie."""

    def __init__(self, pictures, owner):
        super().__init__()
        self.bank = FilterBank()
        seen = signature(self.bank, pictures, SIZE)
        self.mean, self.scale = seen.mean(0), seen.std(0)
        places = torch.stack([self(pictures[owner == i]).mean(0) for i in range(len(NAMES))])
        self.places = dict(zip(NAMES, F.normalize(places, dim=1), strict=True)) | {"a photo": -places.mean(0)}

    def forward(self, image):
        return F.normalize((signature(self.bank, image, SIZE) - self.mean) / self.scale, dim=1)

    def text(self, names):
        return torch.stack([self.places[name] for name in names])


def measured(metric, cases):
    found = {}
    for case, painted in cases.items():
        metric.reset()
        metric.update(painted)
        found[case] = metric.compute().item()
    return found


def ascending(found, *order):
    values = [found[case] for case in order]
    assert values == sorted(set(values)), found


@pytest.mark.parametrize("name", ["style", "gram", "fid"])
def test_what_is_painted_more_is_nearer_to_the_paintings(metrics, cases, name):
    found = measured(metrics(name)[name], cases)
    ascending(found, "painted", "half", "recoloured", "untouched")
    ascending(found, "real", "half")
    ascending(found, "real", "real, noisy", "noise")
    ascending(found, "real", "real, blurred")


@pytest.mark.parametrize("name", ["content", "lpips", "ssim"])
def test_what_is_painted_less_is_nearer_to_the_photo(metrics, cases, name):
    found = measured(metrics(name)[name], cases)
    if name == "ssim":
        found = {case: -figure for case, figure in found.items()}
    ascending(found, "untouched", "recoloured", "painted", "real")
    ascending(found, "untouched", "half", "painted", "noise")
    ascending(found, "untouched", "untouched, noisy")
    ascending(found, "untouched", "untouched, blurred")


def test_both_together_punish_what_is_spoilt(metrics, cases):
    found = measured(metrics("artfid")["artfid"], cases)
    ascending(found, "painted", "half", "noise")
    ascending(found, "untouched", "untouched, blurred")
    ascending(found, "untouched", "untouched, noisy")


def test_a_classifier_of_paintings_names_what_is_painted(cases, lesson, tmp_path):
    bank = FilterBank()
    pictures, owner = lesson
    head = fit_once([signature(bank, pictures, SIZE)], owner, NAMES, 1e-2)
    save_file(head.state_dict(), tmp_path / WEIGHTS)
    facts = {"artists": NAMES, "network": named(bank), "size": SIZE}
    (tmp_path / FACTS).write_text(json.dumps(facts))
    found = measured(ArtistAccuracy(bank, tmp_path), cases)
    ascending(found, "untouched", "half", "painted")
    ascending(found, "recoloured", "painted")
    ascending(found, "real, blurred", "real")
    assert found["real"] > 0.9 > 0.3 > max(found["untouched"], found["noise"]), found
    better = measured(ArtistAccuracy(bank, tmp_path, top=3), cases)
    assert all(better[case] >= found[case] for case in cases)


def test_a_classifier_of_paintings_and_photos_is_surer_of_what_is_painted_more(cases, lesson, tmp_path):
    bank, rng = FilterBank(), np.random.default_rng(2)
    pictures, _ = lesson
    untouched = tensor([glimpse(subject, SIZE, rng) for subject in subjects(held=False) for _ in range(len(MANNERS))])
    kind = torch.arange(2).repeat_interleave(len(pictures))
    assert len(untouched) == len(pictures)
    head = fit_once([signature(bank, torch.cat([pictures, untouched]), SIZE)], kind, [PAINTING, PHOTO], 1e-2)
    save_file(head.state_dict(), tmp_path / WEIGHTS)
    facts = {"artists": [PAINTING, PHOTO], "network": named(bank), "size": SIZE}
    (tmp_path / FACTS).write_text(json.dumps(facts))
    found = measured(PaintingProbability(bank, tmp_path), cases)
    ascending(found, "untouched", "recoloured", "painted")
    ascending(found, "untouched", "half", "painted")
    assert found["real"] > 0.9 > 0.1 > found["untouched"], found


def test_what_is_painted_more_is_nearer_to_the_nearest_of_the_works(cases, lesson, tmp_path):
    bank, (pictures, owner) = FilterBank(), lesson
    works = {name: [grams(bank(p[None]), bank.layers) for p in pictures[owner == i]] for i, name in enumerate(MANNERS)}
    save_works(tmp_path, bank, works)
    found = measured(NearestGram(bank, tmp_path), cases)
    ascending(found, "painted", "half", "untouched")
    ascending(found, "painted", "recoloured")
    ascending(found, "real", "half")
    ascending(found, "real", "real, noisy", "noise")
    ascending(found, "real", "real, blurred")


@pytest.mark.parametrize("directional", [False, True])
def test_a_tower_finds_what_is_painted_nearer_to_its_name(cases, lesson, directional):
    found = measured(ClipScore(Tower(*lesson), directional), cases)
    ascending(found, "untouched", "recoloured", "half", "painted")
    ascending(found, "noise", "half")
    ascending(found, "real, blurred", "real")


@pytest.mark.parametrize("of", ["artist", "movement"])
def test_a_tower_names_what_is_painted(cases, lesson, of):
    found = measured(ZeroShot(Tower(*lesson), NAMES, of), cases)
    ascending(found, "untouched", "half", "painted")
    ascending(found, "real, blurred", "real")
    assert found["real"] > 0.8 > 0.3 > max(found["untouched"], found["noise"]), found
