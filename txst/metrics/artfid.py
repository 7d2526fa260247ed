"""One figure of content and style: small only where the photo is kept and the set looks like paintings."""

from torch import Tensor
from torchmetrics.wrappers.abstract import WrapperMetric

from txst.metrics.fid import FID
from txst.metrics.lpips import LPIPS
from txst.types import Painted


class ArtFID(WrapperMetric):
    """(1 + LPIPS) (1 + FID), Wright and Ommer, 2022, https://arxiv.org/abs/2207.12280.

    Departs from it by its parts: it is the published figure only with the published networks.

    Args:
        lpips: the distance to the content.
        fid: the distance to the paintings.
    """

    higher_is_better = False
    full_state_update = False
    unit = "product"
    values = None  # of a set, and not of a pair

    def __init__(self, lpips: LPIPS, fid: FID) -> None:
        super().__init__()
        self.lpips, self.fid = lpips, fid
        self.network = f"{lpips.network}; {fid.network}"

    def update(self, painted: Painted) -> None:
        self.lpips.update(painted)
        self.fid.update(painted)

    def compute(self) -> Tensor:
        return (1 + self.lpips.compute()) * (1 + self.fid.compute())

    def reset(self) -> None:
        super().reset()
        self.lpips.reset()
        self.fid.reset()
