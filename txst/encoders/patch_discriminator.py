"""Real or painted, patch by patch: what an adversarial training sets against the model."""

from itertools import pairwise

from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

SLOPE = 0.2  # of the leaky ReLUs, pix2pix's


class PatchDiscriminator(nn.Module):
    """Image -> a score for each patch of it: above 0 real, below painted.

    Isola et al., 2017 (pix2pix), https://arxiv.org/abs/1611.07004, the PatchGAN, with the spectral norm of Miyato et al., 2018,
    https://arxiv.org/abs/1802.05957, in place of batch norm: a score then depends on no other picture of the batch.

    Args:
        width: channels of the first convolution; they double with each.
        levels: convolutions of stride 2.
        domains: styles that are told apart by number, so that a picture has to be real in its own: Miyato and Koyama, 2018,
            https://arxiv.org/abs/1802.05637, the projection. 0: there is one style, or none is told.
    """

    def __init__(self, width: int = 64, levels: int = 3, domains: int = 0) -> None:
        super().__init__()
        widths = [3, *(width * 2**level for level in range(levels))]
        layers: list[nn.Module] = []
        for a, b in pairwise(widths):
            layers += [spectral_norm(nn.Conv2d(a, b, 4, stride=2, padding=1)), nn.LeakyReLU(SLOPE)]
        self.layers = nn.Sequential(*layers, spectral_norm(nn.Conv2d(widths[-1], 1, 3, padding=1)))
        self.of_domain = spectral_norm(nn.Embedding(domains, widths[-1])) if domains else None

    def forward(self, image: Tensor, domain: Tensor | None = None) -> Tensor:
        """[B, 3, H, W] in [0, 1], and numbers of domains [B] -> [B, 1, H / 2**levels, W / 2**levels]."""
        if self.of_domain is None or domain is None:
            return self.layers(2 * image - 1)
        x = self.layers[:-1](2 * image - 1)
        return self.layers[-1](x) + (x * self.of_domain(domain)[:, :, None, None]).sum(1, keepdim=True)
