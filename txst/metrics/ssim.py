"""How much of the photo's structure is left."""

from torch import Tensor
from torchmetrics import Metric
from torchmetrics.functional.image import structural_similarity_index_measure
from torchmetrics.utilities import dim_zero_cat

from txst.layers.ops import at_least_float32
from txst.types import Painted


class SSIM(Metric):
    """Structural similarity of output and photo (Wang et al., 2004, https://doi.org/10.1109/TIP.2003.819861)."""

    higher_is_better = True
    full_state_update = False
    unit = "-1 to 1"
    network = "none"
    figures: list[Tensor]

    def __init__(self) -> None:
        super().__init__()
        self.add_state("figures", [], dist_reduce_fx="cat")

    def update(self, painted: Painted) -> None:
        self.figures.append(ssim(painted.output, painted.content))

    @property
    def values(self) -> Tensor:
        return dim_zero_cat(self.figures)

    def compute(self) -> Tensor:
        return self.values.mean()


def ssim(a: Tensor, b: Tensor) -> Tensor:
    """Of each picture [B, 3, H, W] in [0, 1] with its fellow: [B]."""
    found = structural_similarity_index_measure(
        at_least_float32(a), at_least_float32(b), data_range=1.0, reduction="none"
    )
    return found.reshape(len(a))  # type: ignore[union-attr]  # a tensor where nothing else is asked for
