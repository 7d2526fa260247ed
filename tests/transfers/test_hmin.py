import pytest
import torch

from txst.layers.ops import channel_stats, instance_norm
from txst.transfers.adain import AdaIN
from txst.transfers.efdm import EFDM
from txst.transfers.hmin import HMIN
from txst.types import Style

CONTENT, PICTURE = torch.rand(2, 3, 12, 9), torch.randn(2, 3, 10, 14)


def styled(transfer, content=CONTENT, picture=PICTURE):
    return transfer({"a": content}, transfer.prepare_style(Style(features={"a": picture}), None))["a"]


def test_gives_the_styles_mean_deviation_and_quantiles_in_the_contents_order():
    y = styled(HMIN(["a"]))
    for given, wanted in zip(channel_stats(y), channel_stats(PICTURE), strict=True):
        torch.testing.assert_close(given, wanted, atol=0.05, rtol=0.05)
    assert y.flatten(2).argsort(-1).equal(CONTENT.flatten(2).argsort(-1))
    shares = torch.tensor([0.1, 0.5, 0.9])
    found, wanted = (x.flatten(2).quantile(shares, dim=-1) for x in (y, PICTURE))
    torch.testing.assert_close(found, wanted, atol=0.1, rtol=0.1)


def test_the_contents_own_style_changes_nothing():
    torch.testing.assert_close(styled(HMIN(["a"]), CONTENT, CONTENT), CONTENT, atol=1e-4, rtol=1e-4)


def test_of_as_many_points_as_places_it_is_efdm_and_of_one_nearly_adain():
    apart = torch.rand(2, 3, 108).argsort(-1).view(2, 3, 12, 9) / 108  # no two so near that they count as tied
    wanted = styled(EFDM(["a"]), apart, PICTURE[..., :9, :12])
    torch.testing.assert_close(styled(HMIN(["a"], 108), apart, PICTURE[..., :9, :12]), wanted, atol=1e-4, rtol=1e-4)
    one, adain = styled(HMIN(["a"], 1)), styled(AdaIN(["a"]))
    torch.testing.assert_close(instance_norm(one), instance_norm(adain), atol=1e-3, rtol=1e-3)


def test_the_gradient_goes_straight_through_or_by_the_slope():
    weight = torch.randn_like(CONTENT)
    for slope, points in ((False, 16), (True, 16)):
        content = CONTENT.clone().requires_grad_()
        (styled(HMIN(["a"], points, slope), content) * weight).sum().backward()
        assert content.grad.equal(weight) != slope
        assert content.grad.isfinite().all()


def test_a_flat_channel_takes_the_styles_mean():
    flat = styled(HMIN(["a"]), torch.ones(2, 3, 4, 4))
    torch.testing.assert_close(flat, PICTURE.mean((2, 3), keepdim=True).expand_as(flat), atol=0.02, rtol=0.02)


def test_no_points_are_refused():
    with pytest.raises(ValueError, match="points=0: the map wants 1 quantile at least"):
        HMIN(["a"], 0)
