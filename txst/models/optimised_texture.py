"""A mesh's texture, moved under the losses of an `Optimised`: what cameras see of it shall have the style."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor
from tqdm import tqdm

from txst.canvases.optimise import Descent, optimise
from txst.canvases.texture import on_screen, pulled_where
from txst.images import from_planes, planes
from txst.mesh.atlas import Atlas
from txst.mesh.cameras import Camera
from txst.mesh.raster import Raycaster
from txst.mesh.screens import Screen, screens_of
from txst.mesh.stylise import Stylised, mean_footprint, picture_of, texture_of, views_of
from txst.mesh.surface import MeshError
from txst.models.optimised import Optimised
from txst.types import View

SMALL = 0.5  # of the style picture's size, in which its strokes are the small ones
FINE = 0.5  # of what is seen from the front goes by the small ones


def optimise_texture(
    method: Optimised,
    rays: Raycaster,
    atlas: Atlas,
    cameras: Sequence[Camera],
    style: Tensor,
    stroke: float = 1.0,
    depth: bool = True,
    watch: Callable[[Descent], bool] | None = None,
) -> Stylised:
    """Gives a surface a texture that is optimised; it begins as the surface's own colours.

    Each step looks through one camera, at all sizes of `screens_of`; the order is drawn anew for each round.

    Args:
        method: losses, steps and rate; its canvas is a `Texture`.
        rays: at the surface.
        atlas: of it.
        cameras: that look at it.
        style: the style picture, [1, 3, h, w] in [0, 1].
        stroke: how much larger than usual strokes are, at the mean depth.
        depth: whether strokes are of one size on the surface; else they are of one size on the screen.
        watch: see `optimise`.

    Raises:
        MeshError: no camera sees any of it.
    """
    views = views_of(rays, cameras)
    usual = mean_footprint(views) if depth else None
    tour = [screens_of(rays, atlas, view.camera, stroke, usual) for view in tqdm(views, "looking", unit="view")]
    own = rays.surface.colour(atlas.face, atlas.share)
    begun = texture_of(atlas, own, np.ones(len(own), bool), own)
    canvas = method.canvas.begin(torch.from_numpy(planes(begun)).to(style.device))
    adam = partial(torch.optim.Adam, lr=method.rate)
    loss = TourLoss(method, [screens for screens in tour if screens], style)  # without those that see edges alone
    optimise(canvas, loss, adam, method.steps, halve=method.halve, watch=watch, noisy=True)
    done = from_planes(canvas().image.detach().cpu().numpy())
    points = rays.surface.points(atlas.face, atlas.share)
    seen = np.any([view.find(points)[2] for view in views], axis=0)
    colours = done.reshape(-1, 3)[atlas.index] / np.float32(255)
    pictures = [picture_of(rays, view.camera) for view in views]
    return Stylised(texture_of(atlas, colours, seen, own), float(1 - seen.mean()), views, pictures)


class TourLoss:
    """The loss of a texture as the next camera of a tour sees it.

    Args:
        method: of the losses.
        tour: of each camera, its screens.
        style: [1, 3, h, w] in [0, 1].
    """

    def __init__(self, method: Optimised, tour: Sequence[Sequence[Screen]], style: Tensor) -> None:
        if not tour:
            raise MeshError("all cameras see the mesh from the edge: give others (--poses)")
        self.method, self.tour = method, tour
        small = F.interpolate(style, scale_factor=SMALL, mode="bilinear", antialias=True)
        self.style, self.small = method.view(style), method.view(small)
        self.order = self.shuffled(torch.Generator().manual_seed(method.seed))

    def shuffled(self, draw: torch.Generator) -> Iterator[int]:
        """Numbers of the cameras, each once a round."""
        while True:
            yield from torch.randperm(len(self.tour), generator=draw).tolist()

    def __call__(self, shown: View) -> Tensor:
        """The loss of a texture that is shown whole."""
        parts = [self.of_screen(shown.image, screen) for screen in self.tour[next(self.order)]]
        share = sum(weight for weight, _ in parts)
        return torch.stack([weight / share * value for weight, value in parts]).sum()

    def of_screen(self, texture: Tensor, screen: Screen) -> tuple[float, Tensor]:
        """The weight of a screen, and its loss."""
        place = partial(torch.as_tensor, device=texture.device)
        weight, front, picture = place(screen.weight), place(screen.front), place(screen.picture)
        image = on_screen(texture, place(screen.uv), place(screen.cover), picture)
        view = replace(self.method.view(pulled_where(image, weight)), mask=weight)
        content = self.method.view(picture)
        value = self.method.compared(content, self.style, view)
        fine = FINE * screen.front.mean() / screen.weight.mean()
        if fine:
            near = replace(view, mask=front)
            near.extracted = view.features  # of the same image
            value = (1 - fine) * value + fine * self.method.compared(content, self.small, near)
        return screen.share, value
