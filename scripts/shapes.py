"""Makes the table and the figure of docs/SHAPES.md: python scripts/shapes.py [--network RUN/shape_warp.safetensors].

Silhouettes are warped to one another: random ones that no training saw, and twenty of things. Everything is drawn; nothing is read.
"""

import argparse
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from tqdm import tqdm

from txst import Stylist
from txst.data.silhouettes import Pairs, planes
from txst.files.marked import END, marked_part
from txst.images import Array, Pixels, contact_sheet, save_picture
from txst.shapes.fields import areas_of, sample
from txst.shapes.masks import laid_over
from txst.shapes.register import distances, overlap, reduced, register, unfolded
from txst.synthetic.dataset import MANNERS
from txst.synthetic.silhouettes import THINGS, thing

SIZE, SEED = 128, 1  # pixels of masks; the training's seed is 0
SIDE, CELL = 480, 200  # pixels of pictures, and of these in the figure
SHOWN = (("shoe", "boot"), ("bottle", "vase"), ("mug", "teapot"), ("lamp", "wine glass"))
TURNED = ("mug",)  # shown from its other side, so that its handle becomes the teapot's
BEGIN = "<!-- made by scripts/shapes.py -->"
Pair = tuple[Array, Array]
Method = Callable[[Array, Array], Array]


def pairs_of_things() -> list[Pair]:
    """Each thing with another that is laid over it."""
    masks = [thing(name, SIZE) for name in THINGS]
    return [(mask, laid_over(masks[(number + 7) % len(masks)], mask)) for number, mask in enumerate(masks)]


def still(source: Array, _: Array) -> Array:
    """Moves nothing."""
    return np.zeros((*source.shape, 2), np.float32)


def optical_flow(source: Array, target: Array) -> Array:
    """TV-L1 between the distances, by scikit-image."""
    from skimage.registration import optical_flow_tvl1

    here, there = (distances(mask) / SIZE for mask in (source, target))
    return np.stack(optical_flow_tvl1(there, here)[::-1], -1).astype(np.float32)


def network(weights: Path) -> Method:
    """The trained network, in one pass."""
    import torch
    from safetensors.torch import load_file

    from txst.models.shape_warp import ShapeWarp

    model = ShapeWarp()
    model.load_state_dict(load_file(weights))

    @torch.no_grad()
    def flow(source: Array, target: Array) -> Array:
        # trained at 64 pixels: seen so, and enlarged
        small = [planes(reduced(mask, SIZE // 64))[None] for mask in (source, target)]
        found = torch.nn.functional.interpolate(model.velocities(*small)[-1], (SIZE, SIZE), mode="bicubic")
        return unfolded(found[0].permute(1, 2, 0).numpy() * np.float32(SIZE / 64))

    return flow


def row(name: str, method: Method, pairs: Sequence[Pair]) -> str:
    """A row of the table."""
    figures = []
    for source, target in tqdm(pairs, desc=name, disable=None):
        begun = time.process_time()
        flow = method(source, target)
        taken = time.process_time() - begun
        room = areas_of(flow)
        inside = target[1:, 1:] >= 0.5
        changed = np.abs(np.log2(room.clip(1e-3)))[inside].mean()
        figures.append((overlap(sample(source, flow), target), room.min() <= 0, changed, 1000 * taken))
    reached, folded, changed, milliseconds = np.array(figures, float).T
    cells = [f"{reached.mean():.3f}", f"{reached.min():.3f}", f"{int(folded.sum())} of {len(pairs)}", f"{2 ** changed.mean():.2f}", f"{np.median(milliseconds):.0f}"]  # fmt: skip
    return f"| {name} | " + " | ".join(cells) + " |"


def table(weights: Path | None, count: int) -> str:
    """All methods on both sets."""
    drawn = Pairs(SIZE, count, (SEED, 0))
    sets = {f"{count} random pairs": [drawn.masks(number) for number in range(count)], "20 things": pairs_of_things()}
    methods: dict[str, Method] = {
        "laid over one another, not warped": still,
        "optical flow (TV-L1, scikit-image)": optical_flow,
    }
    methods |= {"the network": network(weights)} if weights else {}
    methods |= {"registration (`--shape`)": register}
    lines = []
    for title, pairs in sets.items():
        lines += [
            f"| {title} | IoU | worst | with foldings | areas change by | CPU ms |",
            "|---|---|---|---|---|---|",
            *(row(name, method, pairs) for name, method in methods.items()),
            "",
        ]
    return "\n".join(lines)


def product(name: str, colours: tuple[int, int, int]) -> tuple[Pixels, Pixels]:
    """A drawn product with a pattern, lit from above, on a table; and its mask."""
    mask = thing(name, SIDE)
    y, x = np.indices(mask.shape) / SIDE
    depth = (-distances(mask) / SIDE).clip(0, 0.12)
    light = 0.55 + 4.5 * depth + 0.25 * (np.gradient(depth, axis=0) * SIDE).clip(-1, 1)
    lines = 1 - 0.45 * ((x * 16) % 1 < 0.25) - 0.3 * ((y * 16) % 1 < 0.25)
    body = np.array(colours) * (light * lines)[..., None]
    shade = 1 - 0.35 * np.exp(-((distances(np.roll(mask, 8, 0)) / SIDE / 0.03).clip(0) ** 2))
    ground = np.array([226, 222, 214]) * (shade * (1.05 - 0.25 * y))[..., None]
    picture = body * mask[..., None] + ground * (1 - mask[..., None])
    return picture.clip(0, 255).astype(np.uint8), (255 * mask).astype(np.uint8)


def figure(stylist: Stylist) -> Image.Image:
    """Photo, style picture, the photo in its shape, and painted in its style, too: all of it, and the thing alone."""
    rows: list[list[Any]] = []
    for number, (name, other) in enumerate(SHOWN):
        photo, mask = product(name, ((205, 92, 60), (70, 130, 150), (200, 160, 70), (110, 140, 80))[number])
        if name in TURNED:
            photo, mask = photo[:, ::-1].copy(), mask[:, ::-1].copy()
        manner = list(MANNERS)[number]
        painted = MANNERS[manner](product(other, (150, 110, 90))[0], np.random.default_rng(number))
        style = Image.fromarray(np.dstack([painted, (255 * thing(other, SIDE)).astype(np.uint8)]))
        asked = {"style_image": style, "shape": True, "mask": mask}
        shapes = [stylist.paint(photo, strength=strength, **asked) for strength in (0, 1, mask)]
        rows.append([Image.fromarray(photo), style, *shapes])
    return contact_sheet(
        rows, CELL, ["photo", "style picture", "in its shape", "and in its style", "the thing alone"], []
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--network", type=Path, help="weights of +experiment=shape_warp, for its row")
    parser.add_argument("--pairs", type=int, default=40, help="random pairs (default: 40)")
    parser.add_argument("--model", help="that paints the figure (default: the bundled model)")
    parser.add_argument("-o", "--out", type=Path, default=Path("docs"))
    args = parser.parse_args()
    page = args.out / "SHAPES.md"
    part = marked_part(page, BEGIN)
    if part is None:
        raise SystemExit(f"shapes: {page} has no lines {BEGIN} and {END}, between which the table stands")
    text = table(args.network, args.pairs)
    save_picture(figure(Stylist.from_pretrained(args.model)), args.out / "shapes.jpg", quality=75)
    part.write(text)
    print(text)


if __name__ == "__main__":
    main()
