"""Does it look like a painting at all, or like a photo?"""

from pathlib import Path

import torch
from torch import Tensor, nn
from torchmetrics import Metric
from torchmetrics.utilities import dim_zero_cat

from txst.metrics.artist import ArtistClassifier
from txst.metrics.networks import named
from txst.types import Painted

PAINTING, PHOTO = "painting", "photo"


class PaintingProbability(Metric):
    """How sure a classifier of real paintings and photos is that the output is a painting.

    Args:
        network: image -> Features, the one that the classifier was trained on.
        classifier: folder that scripts/train_painting_classifier.py wrote.
    """

    higher_is_better = True
    full_state_update = False
    unit = "probability"
    figures: list[Tensor]

    def __init__(self, network: nn.Module, classifier: str | Path) -> None:
        super().__init__()
        self.classifier = ArtistClassifier(network, classifier)
        classes = self.classifier.head.artists
        if sorted(classes) != [PAINTING, PHOTO]:
            raise ValueError(
                f"{classifier} tells {', '.join(classes[:3])} ... apart, and not paintings from photos: "
                "scripts/train_painting_classifier.py trains one that does"
            )
        self.number = classes.index(PAINTING)
        self.network = f"{named(network)} with a head on paintings and photos"
        self.add_state("figures", [], dist_reduce_fx="cat")

    @torch.no_grad()
    def update(self, painted: Painted) -> None:
        self.figures.append(self.classifier(painted.output).softmax(1)[:, self.number])

    @property
    def values(self) -> Tensor:
        return dim_zero_cat(self.figures)

    def compute(self) -> Tensor:
        return self.values.mean()
