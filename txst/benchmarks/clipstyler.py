"""A step of CLIPstyler as its authors' loop takes it, and as it is here: in turn, so that what else the machine does falls on both."""

import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from functools import partial
from statistics import median
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from tqdm import tqdm

from txst.canvases.optimise import Descent
from txst.canvases.unet import Network
from txst.models.optimised import Optimised
from txst.types import Style

PATCHES, CROP, SEEN, THRESHOLD = 64, 128, 224, 0.7
WEIGHTS = {"content": 150.0, "whole": 500.0, "patches": 9000.0, "rough": 2e-3}
PUBLISHED, UNFROZEN, HERE, HALF = "published", "published, CLIP's weights with gradients", "here", "here, bf16"
Step = Callable[[], Any]


def measure(build: Callable[[], Optimised], size: int, rounds: int, ways: Sequence[str]) -> dict[str, list[float]]:
    """Seconds of a step, for each way in each round, as the processor counts them; a step before them does not count.

    Args:
        build: gives the method of conf/clipstyler.yaml, with random weights: they are as fast as trained ones.
        size: side of the picture in pixels; published 512.
        rounds: in each, every way takes one step.
        ways: of PUBLISHED, UNFROZEN, HERE, HALF.
    """
    torch.manual_seed(0)
    photo = torch.rand(1, 3, size, size)
    method = build()
    words: Any = method.embedder
    texts = words.text(["a sketch with black pencil", "a photo"])
    steps: dict[str, Step] = {}
    for way in ways:
        if way in (HERE, HALF):
            method.to(memory_format=torch.channels_last)  # as TorchBackend has it
            steps[way] = our_step(method, photo, texts[:1], half=way == HALF)
        else:
            plain = build()
            plain.embedder.tower.requires_grad_(way == UNFROZEN)  # type: ignore[union-attr]  # of CLIP
            steps[way] = published_step(plain, photo, texts)
    times: dict[str, list[float]] = {way: [] for way in ways}
    with tqdm(total=(rounds + 1) * len(ways), desc="bench", unit="step") as bar:
        for turn in range(rounds + 1):
            for way, step in steps.items():
                begun = time.process_time()
                step()
                if turn:
                    times[way].append(time.process_time() - begun)
                bar.update()
    return times


def our_step(method: Optimised, photo: Tensor, text: Tensor, half: bool) -> Step:
    """A step as `Optimised` takes it."""
    canvas = method.canvas.begin(photo)
    loss = method.loss_of(photo, method.prepare_style(Style(text)))
    descent = Descent(canvas, loss, partial(torch.optim.Adam, lr=method.rate), method.halve, "measuring")

    def step() -> None:
        with torch.autocast("cpu", torch.bfloat16) if half else nullcontext():
            descent.take_step()

    return step


def published_step(method: Optimised, photo: Tensor, texts: Tensor) -> Step:
    """A step as the authors' code is described: float32, each crop drawn, turned and enlarged on its own.

    What no step changes (the texts, the content's features) is worked out once, as there.

    Args:
        method: for its networks.
        photo: [1, 3, H, W].
        texts: [2, D], the style's and the one of a photo.
    """
    from torchvision.transforms import Compose, RandomCrop, RandomPerspective, Resize

    draw = Compose([RandomCrop(CROP), RandomPerspective(distortion_scale=0.5, p=1, fill=0), Resize(SEEN)])
    clip: Any = method.embedder
    clip.tower.visual.conv1 = convolution(clip.tower.visual.conv1)
    see, vgg, network = partial(seen_by, clip), method.loss_network, Network(16)
    optimizer = torch.optim.Adam(network.parameters(), lr=5e-4)
    with torch.no_grad():
        content, start = vgg(photo), see(photo)
        towards = F.normalize(texts[:1] - texts[1:], dim=-1)

    def apart(x: Tensor) -> Tensor:
        return 1 - F.cosine_similarity(F.normalize(see(x) - start, dim=-1), towards)

    def step() -> None:
        image = network(photo)
        kept = sum(F.mse_loss(x, content[name]) for name, x in vgg(image).items())
        crops = apart(torch.cat([draw(image) for _ in range(PATCHES)]))
        patches = torch.where(crops < THRESHOLD, torch.zeros_like(crops), crops).mean()
        total = WEIGHTS["content"] * kept + WEIGHTS["patches"] * patches
        total = total + WEIGHTS["whole"] * apart(image).mean() + WEIGHTS["rough"] * roughness(image)
        optimizer.zero_grad()
        total.backward()
        optimizer.step()

    return step


def convolution(patches: Any) -> nn.Conv2d:
    """The first layer of CLIP as it is published."""
    width, channels, *side = patches.weight.shape
    conv = nn.Conv2d(channels, width, side, side, bias=patches.bias is not None)
    conv.load_state_dict(patches.state_dict())
    return conv.requires_grad_(patches.weight.requires_grad)


def seen_by(clip: Any, x: Tensor) -> Tensor:
    """Vectors [N, D] of pictures, brought to CLIP's size without antialiasing."""
    x = F.interpolate(x, size=SEEN, mode="bicubic")
    return F.normalize(clip.tower.encode_image(clip.preprocess.transforms[-1](x)), dim=-1)


def roughness(x: Tensor) -> Tensor:
    """L2 norms of the differences between neighbours in four directions."""
    across, down = x[..., 1:] - x[..., :-1], x[..., 1:, :] - x[..., :-1, :]
    falling, rising = x[..., 1:, 1:] - x[..., :-1, :-1], x[..., 1:, :-1] - x[..., :-1, 1:]
    return torch.stack([s.norm() for s in (across, down, falling, rising)]).sum()


def table(times: dict[str, list[float]], steps: int) -> str:
    """A line for each way; the ratios are of the same rounds, to the first."""
    first = next(iter(times))
    lines = [f"{'way':42} {'CPU s a step':>12} {f'min for {steps}':>12} {'times as fast':>14} {'rounds':>15}"]
    for way, each in times.items():
        ratios = sorted(a / b for a, b in zip(times[first], each, strict=True))
        spread = f"{ratios[0]:.2f} to {ratios[-1]:.2f}"
        lines.append(
            f"{way:42} {median(each):12.1f} {median(each) * steps / 60:12.0f} {median(ratios):14.2f} {spread:>15}"
        )
    return "\n".join(lines)
