"""How far the outputs as a set are from real paintings as a set."""

from typing import Any

import torch
from torch import Tensor, nn
from torchmetrics.image.fid import FrechetInceptionDistance

from txst.layers.ops import at_least_float32
from txst.metrics.networks import named
from txst.types import Painted


class FID(FrechetInceptionDistance):
    """Frechet distance between Gaussians of features (Heusel et al., 2017, https://arxiv.org/abs/1706.08500, eq. 6).

    Departs from it: the features are the means over places of the network's last layer, and not Inception's `pool3`
    unless the network gives that. Figures of different networks do not compare. Moments are in float64.
    Departs from torchmetrics' too: with fewer pictures than channels its eigenvalues of the product of two singular
    matrices keep three digits, singular values of the product of their roots keep all.

    The fewer pictures, the larger: compare at equal numbers only, and with more pictures than channels at best.

    Args:
        network: image -> Features.
    """

    higher_is_better = False
    full_state_update = False
    unit = "distance"
    values = None  # of a set, and not of a pair

    def __init__(self, network: nn.Module) -> None:
        super().__init__(feature=Pooled(network))
        self.network = f"{named(network)}, {list(network.widths)[-1]} pooled"  # type: ignore[arg-type]

    @torch.no_grad()
    def update(self, painted: Painted) -> None:  # type: ignore[override]
        super().update(painted.style, real=True)
        super().update(painted.output, real=False)

    def compute(self) -> Tensor:
        moments = []
        for kind in ("real", "fake"):
            count = getattr(self, f"{kind}_features_num_samples")
            if count < 2:
                raise RuntimeError(f"FID needs at least two pictures of each kind, and got {count}")
            mean = getattr(self, f"{kind}_features_sum") / count
            products = getattr(self, f"{kind}_features_cov_sum") - count * mean.outer(mean)
            moments += [mean, products / (count - 1)]
        return frechet(*moments).float()


def frechet(mean: Tensor, cov: Tensor, other_mean: Tensor, other_cov: Tensor) -> Tensor:
    """Squared Frechet distance of two Gaussians with means [C] and covariances [C, C]."""
    cross = torch.linalg.svdvals(root(cov).T @ root(other_cov)).sum()  # the trace of (cov other_cov)^(1/2)
    return (mean - other_mean).square().sum() + cov.trace() + other_cov.trace() - 2 * cross


def root(cov: Tensor) -> Tensor:
    """A matrix whose product with its own transpose is cov."""
    values, vectors = torch.linalg.eigh(cov)
    return vectors * values.clamp_min(0).sqrt()


class Pooled(nn.Module):
    """Image -> the mean of each channel of a network's last layer, [B, C]."""

    def __init__(self, network: Any) -> None:
        super().__init__()
        self.network = network
        self.layer, self.num_features = list(network.widths.items())[-1]

    def forward(self, image: Tensor) -> Tensor:
        return at_least_float32(self.network(image)[self.layer]).mean((2, 3))
