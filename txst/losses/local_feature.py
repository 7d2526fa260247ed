"""Paint at every place the mean and the deviation of what it attends to in the style."""

import torch
from torch import Tensor, nn

from txst.layers.attention import attended_moments, draw_places, joined_keys
from txst.layers.ops import at_least_float32, instance_norm
from txst.types import LossInputs


class LocalFeatureLoss(nn.Module):
    """Mean squared distance of the output's features from attention that has nothing to learn, summed over layers.

    Liu et al., 2021 (AdaAttN), https://arxiv.org/abs/2108.03647, eq. 9. What it is held against is worked out of the
    loss network's features of content and style alone. Draws places of the style from torch's global generator.

    Args:
        layers: of the loss network, shallow to deep.
        keys: layers that keys are made of: of each layer those of the list up to it. Shallow to deep; None: `layers`.
        places: of the style, so many are looked at, at most. Published: 64 x 64.
        relative: divide each layer's distance by the mean square of what it is held against, so that weights hold for any
            loss network.
    """

    def __init__(
        self, layers: list[str], keys: list[str] | None = None, places: int = 4096, relative: bool = False
    ) -> None:
        super().__init__()
        self.layers, self.keys = layers, layers if keys is None else keys
        if missing := [name for name in layers if name not in self.keys]:
            raise ValueError(f"keys lacks {missing[0]!r}: it lists the loss's layers and others before them")
        self.places = places
        self.relative = relative

    def forward(self, inputs: LossInputs) -> Tensor:
        return torch.stack([self.distance(inputs, name).mean() for name in self.layers]).sum()

    def distance(self, inputs: LossInputs, name: str) -> Tensor:
        """Of one layer, per sample: [B]."""
        output, target = at_least_float32(inputs.output.layer(name)), self.target(inputs, name)
        distance = (output - target).square().mean((1, 2, 3))
        if self.relative:
            distance = distance / target.square().mean((1, 2, 3)).clamp_min(torch.finfo(distance.dtype).tiny)
        return distance

    @torch.no_grad()
    def target(self, inputs: LossInputs, name: str) -> Tensor:
        """What the output is held against, [B, C, h, w] in float32 or float64."""
        content, style = (at_least_float32(view.layer(name)) for view in (inputs.content, inputs.style))
        seen = self.keys[: self.keys.index(name) + 1]
        maps = ({key: at_least_float32(view.layer(key)) for key in seen} for view in (inputs.content, inputs.style))
        query, key = (joined_keys(x, seen, y.shape[-2:]) for x, y in zip(maps, (content, style), strict=True))
        kept = draw_places(style.shape[2] * style.shape[3], self.places).to(style.device)
        moments = attended_moments(query.flatten(2), key.flatten(2)[..., kept], style.flatten(2)[..., kept])
        mean, std = (m.unflatten(2, content.shape[-2:]) for m in moments)
        return std * instance_norm(content, correction=1) + mean
