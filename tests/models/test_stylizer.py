"""A decoder that reads the style keeps to a mask."""

import torch
from hydra.utils import instantiate
from small import painted

from txst.types import Style


@torch.no_grad()
def test_outside_a_mask_a_decoder_that_reads_the_style_paints_as_at_no_strength(config):
    cfg = config("+experiment=demo", "style_width=16")
    model = instantiate(cfg.model, _convert_="all").eval()
    image = torch.rand(1, 3, 64, 64)
    style = Style(torch.nn.functional.normalize(torch.randn(1, 16), dim=-1))
    mask = torch.zeros(1, 1, 64, 64)
    torch.testing.assert_close(
        painted(model, image, style, mask), painted(model, image, style, 0.0), atol=1e-4, rtol=1e-3
    )
    torch.testing.assert_close(
        painted(model, image, style, mask + 1), painted(model, image, style, 1.0), atol=1e-4, rtol=1e-3
    )
    mask[..., :32] = 1
    half = painted(model, image, style, mask)
    none, whole = (painted(model, image, style, s) for s in (0.0, 1.0))
    assert (half - none)[..., 48:].abs().mean() < (half - none)[..., :16].abs().mean() / 2
    assert (half - whole)[..., :16].abs().mean() < (half - whole)[..., 48:].abs().mean() / 2
