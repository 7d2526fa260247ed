import torch

from txst.layers.ops import channel_stats
from txst.transfers.adain import AdaIN
from txst.transfers.efdm import EFDM
from txst.types import Style

CONTENT = {"a": torch.randn(2, 3, 6, 8), "b": torch.randn(2, 4, 3, 4)}
PICTURE = {"a": 3 + 2 * torch.randn(2, 3, 5, 7), "b": torch.rand(2, 4, 3, 4)}
STYLE = Style(features=PICTURE)


def styled(transfer, content=CONTENT):
    return transfer(content, transfer.prepare_style(STYLE, None))


def test_adain_gives_the_styles_mean_and_deviation():
    for name, x in styled(AdaIN(["a", "b"])).items():
        for given, wanted in zip(
            channel_stats(x, correction=1), channel_stats(PICTURE[name], correction=1), strict=True
        ):
            torch.testing.assert_close(given, wanted, atol=1e-4, rtol=1e-4)


def test_adain_keeps_the_contents_order():
    x, y = CONTENT["a"].flatten(2), styled(AdaIN(["a"]))["a"].flatten(2)
    assert x.argsort(-1).equal(y.argsort(-1))


def test_efdm_gives_the_styles_very_values_in_the_contents_order():
    y = styled(EFDM(["b"]))["b"].flatten(2)
    torch.testing.assert_close(y.sort(-1).values, PICTURE["b"].flatten(2).sort(-1).values)
    assert y.argsort(-1).equal(CONTENT["b"].flatten(2).argsort(-1))


def test_the_gradient_of_efdm_goes_straight_through_to_the_content():
    content = {"a": CONTENT["a"].clone().requires_grad_()}
    weight = torch.randn_like(content["a"])
    (styled(EFDM(["a"]), content)["a"] * weight).sum().backward()
    torch.testing.assert_close(content["a"].grad, weight)


def test_layers_that_are_not_named_are_left_out():
    for method in (AdaIN, EFDM):
        assert list(styled(method(["b"]))) == ["b"]
