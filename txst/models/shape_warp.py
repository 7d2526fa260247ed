"""A network that warps one silhouette to another in one pass.

Yang et al., 2022, https://arxiv.org/abs/2203.12835, whose warping is RAFT's (Teed and Deng, 2020, https://arxiv.org/abs/2003.12039): features of
both masks, the correlation of all pairs of places, and a recurrent unit that looks it up around the flow so far and moves the flow.
Departs from it: look-up and warp read one flow, (dx, dy) on the grid of the target that is added (the published code looks up as (x, y) what
it warps by as (rows, columns), subtracted); the flow is that of a smoothed velocity, so that it hardly folds (`txst.shapes.register.unfolded`
smooths it further where it does); distances to the outlines go in beside the masks; there is no second encoder, no position code and no learnt enlargement, and it has a twentieth of the weights.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from txst.layers.ops import full_precision

RAMP = 4  # pixels from the frame, from which on a velocity is whole


class ShapeWarp(nn.Module):
    """Source and target silhouettes -> flows, each better than the one before.

    Args:
        width: channels of the features and of the state.
        radius: places around the flow's end that are looked at, on each of the levels.
        levels: of the correlation, each of half the resolution of the one before.
        steps: how often the flow is moved.
        blur: of the velocity, in places of four pixels.
    """

    stride = 4  # pixels of a place

    def __init__(self, width: int = 32, radius: int = 2, levels: int = 3, steps: int = 3, blur: float = 1.0) -> None:
        super().__init__()
        self.radius, self.levels, self.steps = radius, levels, steps
        self.encoder = nn.Sequential(
            nn.Conv2d(2, width // 2, 5, 2, 2), nn.ReLU(),
            nn.Conv2d(width // 2, width, 3, 2, 1), nn.ReLU(),
            Residual(width), Residual(width), nn.Conv2d(width, width, 1),
        )  # fmt: skip
        seen = levels * (2 * radius + 1) ** 2
        self.motion = nn.Sequential(
            nn.Conv2d(seen + 6, 2 * width, 1), nn.ReLU(), nn.Conv2d(2 * width, width, 3, 1, 1), nn.ReLU()
        )
        self.gates = nn.Conv2d(3 * width, 2 * width, 3, 1, 1)
        self.candidate = nn.Conv2d(3 * width, width, 3, 1, 1)
        last = nn.Conv2d(width, 2, 3, 1, 1)
        self.head = nn.Sequential(nn.Conv2d(width, width, 3, 1, 1), nn.ReLU(), last)
        line = torch.arange(-3.0, 4.0)
        bell = torch.exp(-0.5 * (line / blur) ** 2)
        bell = bell / bell.sum()
        self.bell: Tensor
        self.register_buffer("bell", (bell[:, None] * bell)[None, None].repeat(2, 1, 1, 1), persistent=False)
        nn.init.normal_(last.weight, std=1e-3)
        if last.bias is not None:
            nn.init.zeros_(last.bias)

    def forward(self, source: Tensor, target: Tensor) -> list[Tensor]:
        """Flows [B, 2, H, W] on the target's grid, (dx, dy) in pixels: target(p) = source(p + flow(p)); see `velocities`."""
        return [exponential(velocity) for velocity in self.velocities(source, target)]

    def velocities(self, source: Tensor, target: Tensor) -> list[Tensor]:
        """The velocities of these flows, [B, 2, H, W] in pixels.

        Args:
            source: [B, 2, H, W], the mask in [0, 1] and the distance to its outline, in parts of the side, negative inside;
                sides are multiples of 4.
            target: the same of the target.
        """
        size = source.shape[-2:]
        small = [F.avg_pool2d(mask, self.stride) for mask in (source, target)]
        features = self.encoder(torch.cat([source, target]))
        from_source, context = features.chunk(2)
        pyramid = correlations(context, from_source, self.levels)
        state = context.tanh()
        velocity = source.new_zeros(len(source), 2, *state.shape[-2:])
        still = window(source)
        flow, found = velocity, []
        for _ in range(self.steps):
            looked = [self.look_up(level, flow, 2**n) for n, level in enumerate(pyramid)]
            moved = self.motion(torch.cat([*looked, flow, warped(small[0], flow), small[1]], 1))
            reset, keep = self.gates(torch.cat([state, context, moved], 1)).sigmoid().chunk(2, 1)
            fresh = self.candidate(torch.cat([reset * state, context, moved], 1)).tanh()
            state = keep * state + (1 - keep) * fresh
            velocity = velocity + self.head(state)
            with full_precision(velocity):  # half of it would be rough
                smooth = F.conv2d(F.pad(velocity, (3, 3, 3, 3), "replicate"), self.bell, groups=2)
                whole = self.stride * F.interpolate(smooth, size, mode="bicubic") * still
                found.append(whole)
                flow = exponential(F.avg_pool2d(whole, self.stride) / self.stride)
        return found

    def look_up(self, level: Tensor, flow: Tensor, factor: int) -> Tensor:
        """The correlations around where each place comes from, [B, (2 radius + 1)^2, h, w].

        Args:
            level: [B h w, 1, h', w'], of each place of the target with those of the source.
            flow: [B, 2, h, w], in places.
            factor: places of the flow to one of the level.
        """
        batch, _, h, w = flow.shape
        centre = (grid(flow) + flow).permute(0, 2, 3, 1).reshape(-1, 1, 1, 2)
        line = torch.arange(-self.radius, self.radius + 1, device=flow.device, dtype=flow.dtype)
        around = torch.stack(torch.meshgrid(line, line, indexing="xy"), -1)
        places = (centre + 0.5) / factor - 0.5 + around
        found = pick(level, places)
        return found.reshape(batch, h, w, -1).permute(0, 3, 1, 2)


class Residual(nn.Module):
    """Two convolutions, whose result is added."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.inner = nn.Sequential(nn.Conv2d(width, width, 3, 1, 1), nn.ReLU(), nn.Conv2d(width, width, 3, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(x + self.inner(x))


def correlations(target: Tensor, source: Tensor, levels: int) -> list[Tensor]:
    """Of all places of the target [B, C, h, w] with all of the source, [B h w, 1, h', w'] at each level."""
    batch, channels, h, w = target.shape
    level = torch.einsum("bcp,bcq->bpq", target.flatten(2), source.flatten(2)) / channels**0.5
    pyramid = [level.reshape(batch * h * w, 1, h, w)]
    while len(pyramid) < levels:
        pyramid.append(F.avg_pool2d(pyramid[-1], 2))
    return pyramid


def grid(like: Tensor) -> Tensor:
    """The places of a map [B, C, h, w] themselves, [1, 2, h, w], (x, y)."""
    h, w = like.shape[-2:]
    y, x = torch.meshgrid(*(torch.arange(n, device=like.device, dtype=like.dtype) for n in (h, w)), indexing="ij")
    return torch.stack([x, y])[None]


def pick(x: Tensor, places: Tensor) -> Tensor:
    """The values of [B, C, h, w] at places [B, n, m, 2], (x, y) in pixels, bilinearly; beyond the border the last pixels repeat."""
    h, w = x.shape[-2:]
    scale = places.new_tensor([2 / w, 2 / h])
    return F.grid_sample(x, (places + 0.5) * scale - 1, padding_mode="border", align_corners=False)


def warped(x: Tensor, flow: Tensor) -> Tensor:
    """[B, C, h, w] moved by a flow [B, 2, h, w] in pixels: result(p) = x(p + flow(p))."""
    return pick(x, (grid(flow) + flow).permute(0, 2, 3, 1))


def exponential(velocity: Tensor, halvings: int = 6) -> Tensor:
    """The flow after unit time along a velocity [B, 2, h, w] that stands still; see `txst.shapes.fields.exponential`."""
    flow = velocity / 2**halvings
    for _ in range(halvings):
        flow = flow + warped(flow, flow)
    return flow


def window(like: Tensor) -> Tensor:
    """1 inside and down to 0 at the outermost pixels of a map [B, C, h, w], which stay where they are: [1, 1, h, w]."""
    h, w = like.shape[-2:]
    lines = [(torch.minimum(torch.arange(n), torch.arange(n).flip(0)).to(like) / RAMP).clamp(max=1) for n in (h, w)]
    return (lines[0][:, None] * lines[1])[None, None]


def jacobian(flow: Tensor) -> Tensor:
    """By how much a flow [B, 2, h, w] enlarges each place, [B, h - 1, w - 1]; below 0 it is folded."""
    across, down = flow[..., :-1, 1:] - flow[..., :-1, :-1], flow[..., 1:, :-1] - flow[..., :-1, :-1]
    return (1 + across[:, 0]) * (1 + down[:, 1]) - across[:, 1] * down[:, 0]
