import pytest
import torch
from pairs_of_pictures import random_pairs
from torchmetrics.functional.image.lpips import _LPIPS
from torchmetrics.image import StructuralSimilarityIndexMeasure

from txst.encoders.bank import FilterBank
from txst.encoders.squeezenet import LAYERS as SQUEEZENET
from txst.encoders.squeezenet import SqueezeNet
from txst.metrics.lpips import LAYERS, LPIPS
from txst.metrics.ssim import SSIM


def test_ssim_agrees_with_torchmetrics_on_each_pair():
    metric, pairs = SSIM(), random_pairs(2, 0)
    metric.update(pairs)
    for value, output, content in zip(metric.values, pairs.output, pairs.content, strict=True):
        reference = StructuralSimilarityIndexMeasure(data_range=1.0)(output[None], content[None])
        torch.testing.assert_close(value, reference)


@pytest.fixture(scope="module")
def reference():
    """LPIPS as torchmetrics computes it, with its own heads, on a SqueezeNet of random weights."""
    pytest.importorskip("torchvision")
    torch.manual_seed(0)
    return _LPIPS(net="squeeze", pnet_rand=True)


@pytest.fixture
def trunk(reference, tmp_path):
    """The same SqueezeNet as ours, by way of a file of torchvision's layout."""
    parts = [m for m in reference.net.modules() if hasattr(m, "squeeze")]
    first = next(m for m in reference.net.modules() if isinstance(m, torch.nn.Conv2d))
    weights = {f"features.0.{k}": v for k, v in first.state_dict().items()}
    for number, part in zip((3, 4, 6, 7, 9, 10, 11, 12), parts, strict=True):
        weights |= {f"features.{number}.{k}": v for k, v in part.state_dict().items()}
    torch.save(weights, tmp_path / "squeezenet1_1-b8a52dc0.pth")
    return SqueezeNet(SQUEEZENET, tmp_path / "squeezenet1_1-b8a52dc0.pth")


def test_lpips_agrees_with_torchmetrics(reference, trunk):
    metric, pairs = LPIPS(trunk, list(LAYERS)), random_pairs(2, 0)
    metric.update(pairs)
    expected = reference(pairs.output, pairs.content, normalize=True).flatten()
    torch.testing.assert_close(metric.values, expected, rtol=1e-3, atol=1e-6)
    assert metric.unit == "LPIPS"
    assert "squeezenet1_1-b8a52dc0.pth, sha256" in metric.network


def test_heads_on_a_foreign_trunk_are_called_so():
    metric = LPIPS(SqueezeNet(SQUEEZENET), list(LAYERS))
    assert "another trunk" in metric.network
    assert metric.unit != "LPIPS"


def test_heads_fit_no_other_layers():
    with pytest.raises(ValueError, match="fire9, not bank1"):
        LPIPS(FilterBank(), ["bank1"])
