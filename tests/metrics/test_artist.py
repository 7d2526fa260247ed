import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from pairs_of_pictures import ARTISTS, random_pairs

from txst.encoders.bank import FilterBank
from txst.layers.artist_classifier import FACTS, OLD_NAMES
from txst.metrics.artist import ArtistAccuracy, signature


def test_the_signature_is_means_and_deviations():
    bank, picture = FilterBank(["bank2", "bank4"]), torch.rand(2, 3, 48, 64)
    maps = [x.double().numpy() for x in bank(picture).values()]
    expected = [s for x in maps for s in (x.mean((2, 3)), np.sqrt(x.var((2, 3)) + 1e-5))]
    np.testing.assert_allclose(signature(bank, picture, 48), np.concatenate(expected, 1), rtol=1e-4, atol=1e-5)


def test_a_larger_picture_is_seen_at_the_size_of_training():
    bank, small = (FilterBank(["bank4"]), torch.rand(1, 3, 6, 8).repeat_interleave(8, 2).repeat_interleave(8, 3))
    large = small.repeat_interleave(2, 2).repeat_interleave(2, 3)
    torch.testing.assert_close(signature(bank, large, 48), signature(bank, small, 48), atol=0.05, rtol=0.1)


def test_right_guesses_are_counted_and_strangers_left_out(artist_classifier):
    pairs = random_pairs(4, 0)
    metric = ArtistAccuracy(FilterBank(), artist_classifier)
    guessed = metric.classifier(pairs.output).argmax(1)
    names = [ARTISTS[i] for i in guessed]
    metric.update(replace(pairs, artist=[names[0], ARTISTS[guessed[1] - 1], "banksy", names[3]]))
    assert metric.values[[0, 1, 3]].tolist() == [1, 0, 1]
    assert metric.values[2].isnan()
    assert metric.compute().item() == pytest.approx(2 / 3)


def test_all_guesses_find_everybody(artist_classifier):
    metric = ArtistAccuracy(FilterBank(), artist_classifier, top=len(ARTISTS))
    metric.update(random_pairs(6, 0))
    assert metric.compute() == 1


def test_a_head_of_another_network_is_refused(artist_classifier, tmp_path):
    facts = json.loads((artist_classifier / FACTS).read_text())
    (tmp_path / FACTS).write_text(json.dumps(facts | {"network": "Inception (other.pth)"}))
    with pytest.raises(ValueError, match=r"trained on Inception \(other.pth\), not on FilterBank"):
        ArtistAccuracy(FilterBank(), tmp_path)


def test_a_folder_with_the_files_of_version_01_is_read(artist_classifier, tmp_path):
    for name, old in OLD_NAMES.items():
        (tmp_path / old).write_bytes((artist_classifier / name).read_bytes())
    old, new = (ArtistAccuracy(FilterBank(), folder) for folder in (tmp_path, artist_classifier))
    for metric in (old, new):
        metric.update(random_pairs(6, 0))
    assert torch.equal(old.values, new.values)


def test_a_folder_without_a_classifier_is_refused_with_the_remedy(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"holds no artist classifier.*train_artist_classifier"):
        ArtistAccuracy(FilterBank(), tmp_path)
