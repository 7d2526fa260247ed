import torch
from hydra.utils import instantiate
from small import painted

from txst.encoders.bank import FilterBank
from txst.layers.running_standardize import RunningStandardize
from txst.transfers.conditional_norm import ConditionalNormTransfer
from txst.types import Style


def test_numbers_come_out_in_units_of_their_spread():
    torch.manual_seed(0)
    standardize = RunningStandardize(3)
    far, wide = torch.tensor([5.0, -2, 0]), torch.tensor([0.1, 3, 1])
    for _ in range(400):
        standardize(far + wide * torch.randn(8, 3))
    seen = standardize.eval()(far + wide * torch.randn(4000, 3))
    torch.testing.assert_close(seen.mean(0), torch.zeros(3), atol=0.15, rtol=0)
    torch.testing.assert_close(seen.std(0), torch.ones(3), atol=0.1, rtol=0)


def test_one_number_does_not_depend_on_the_rest_of_the_batch():
    standardize, x = RunningStandardize(3).eval(), torch.randn(4, 3)
    torch.testing.assert_close(standardize(x)[:1], standardize(x[:1]))


def test_codes_differ_from_the_start():
    torch.manual_seed(0)
    transfer = ConditionalNormTransfer(
        {"scale1": 8, "scale2": 16}, style_width=32, feature_extractor=FilterBank(), blocks=1, heads=2
    )
    pictures = [torch.rand(6, 3, 32, 32) * torch.rand(6, 3, 1, 1) for _ in range(50)]
    for picture in pictures:
        transfer.style_code(picture)
    codes = transfer.eval().style_code(pictures[0])
    torch.testing.assert_close(codes.norm(dim=1), torch.ones(6))
    assert (codes @ codes.T).mean() < 0.7


@torch.no_grad()
def test_without_strength_the_photo_is_left_as_it_is(config):
    cfg = config(
        "encoder=pyramid",
        "transfer=conditional_norm",
        "decoder=shuffle",
        "clip=space",
        "style_width=16",
        "transfer.blocks=1",
    )
    model = instantiate(cfg.model, _convert_="all").eval()
    image = torch.rand(1, 3, 40, 56)
    style = Style(image=torch.rand(1, 3, 40, 40))
    assert painted(model, image, style, 0.0).equal(image)
    half = torch.zeros(1, 1, 40, 56)
    half[..., 28:] = 1
    masked = painted(model, image, style, half)
    assert masked[..., :28].equal(image[..., :28])
    assert masked[..., 28:].equal(painted(model, image, style)[..., 28:])
