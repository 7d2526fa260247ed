import pytest
import torch
from pairs_of_pictures import ARTISTS, random_pairs

from txst.encoders.bank import FilterBank
from txst.encoders.squeezenet import SqueezeNet
from txst.layers.ops import gram_distance
from txst.metrics.nearest_gram import NearestGram, grams, save_works
from txst.types import Painted

BANK = FilterBank()


def kept(folder, works):
    save_works(folder, BANK, {name: [grams(BANK(w[None]), BANK.layers) for w in own] for name, own in works.items()})
    return NearestGram(BANK, folder)


def painted(output, *artists):
    return Painted(output, output, output, list(artists), [""] * len(artists))


def test_it_is_the_distance_to_the_nearest_of_the_artists_own_works(tmp_path):
    torch.manual_seed(0)
    works = {name: torch.rand(3, 3, 32, 32) ** (i + 1) for i, name in enumerate(ARTISTS[:2])}
    metric, output = kept(tmp_path, works), torch.rand(2, 3, 32, 32) ** 3
    metric.update(painted(output, *ARTISTS[:2]))
    for value, picture, own in zip(metric.values, output, works.values(), strict=True):
        one, others = BANK(picture[None].expand(3, -1, -1, -1)), BANK(own)
        far = torch.stack([gram_distance(one[layer], others[layer], bounded=1.0) for layer in BANK.layers]).sum(0)
        torch.testing.assert_close(value, far.min(), rtol=1e-2, atol=1e-4)  # works are kept in bfloat16


def test_a_work_is_not_the_nearest_to_itself(tmp_path):
    torch.manual_seed(0)
    own = torch.rand(3, 3, 32, 32) ** torch.tensor([1.0, 2.0, 4.0])[:, None, None, None]
    metric = kept(tmp_path, {"titian": own})
    metric.update(painted(own, *["titian"] * 3))
    assert metric.values.min() > 1e-3


def test_an_artist_without_works_has_no_figure(tmp_path):
    metric = kept(tmp_path, {"titian": torch.rand(2, 3, 32, 32)})
    metric.update(painted(torch.rand(2, 3, 32, 32), "titian", "nobody"))
    assert metric.values.isnan().tolist() == [False, True]
    assert metric.compute() == metric.values[0]


def test_works_of_another_network_and_no_works_are_refused(tmp_path):
    kept(tmp_path, {"titian": random_pairs(2, 0).style})
    with pytest.raises(ValueError, match="were measured with FilterBank"):
        NearestGram(SqueezeNet(["conv1"], None), tmp_path)
    with pytest.raises(FileNotFoundError, match="measure_works"):
        NearestGram(BANK, tmp_path / "none")
