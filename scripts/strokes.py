"""Shows which strokes a model that chooses them by place has chosen where: the attention's map, and the share of each size of stroke.

python scripts/strokes.py models/aams photo.jpg painting.jpg -o strokes.png
python scripts/strokes.py models/aams photo.jpg painting.jpg --fineness mask.png -o strokes.png
"""

import argparse
import sys
from pathlib import Path

import torch
from PIL import Image

from txst.backends.backend import NO_STROKES
from txst.commands.options import number_or
from txst.images import contact_sheet, open_picture, save_picture
from txst.inference.forms import as_grey
from txst.layers.tensors import to_picture, to_tensor
from txst.model_folder.folder import load_folder
from txst.models.aams import AAMS
from txst.types import Controls, Style

CELL = 256


@torch.inference_mode()
def sheet(model: AAMS, photo: Image.Image, style: Image.Image, fineness: float | Path | None) -> Image.Image:
    """Photo, style and painting; below the map by which strokes are chosen, and the share of each, white for all."""
    image, told = to_tensor(photo), None
    if isinstance(fineness, float):
        told = torch.full_like(image[:, :1], fineness)
    elif fineness is not None:
        told = to_tensor(as_grey(fineness).convert("RGB").resize(photo.size))[:, :1]
    painting = model(image, model.prepare_style(Style(image=to_tensor(style))), Controls(strokes=told))
    maps = {"fine where white": painting.extras["saliency"]}
    count = painting.extras["strokes"].shape[1]
    maps |= {f"stroke {i + 1} of {count}": painting.extras["strokes"][:, i : i + 1] for i in range(count)}
    shown = [to_picture(x.expand(-1, 3, -1, -1)).resize(photo.size, Image.Resampling.NEAREST) for x in maps.values()]
    pictures = [
        ("photo", photo),
        ("style", style),
        ("painted", to_picture(painting.image)),
        *zip(maps, shown, strict=True),
    ]
    return contact_sheet([[picture for _, picture in pictures]], CELL, [name for name, _ in pictures], [])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path, help="folder of a model, as +experiment=aams makes it")
    parser.add_argument("photo", type=Path)
    parser.add_argument("style", type=Path, help="a picture in the style")
    parser.add_argument("--fineness", help="0 (broad) to 1 (fine), or a mask: white is fine (default: by attention)")
    parser.add_argument("-o", "--out", type=Path, required=True, help="the sheet, a picture")
    args = parser.parse_args()
    try:
        model, _ = load_folder(args.model)
        if not isinstance(model, AAMS):
            raise ValueError(f"{args.model}: {NO_STROKES}")
        fineness = None if args.fineness is None else number_or(Path, args.fineness)
        if isinstance(fineness, float) and not 0 <= fineness <= 1:
            raise ValueError(f"--fineness is {fineness:g}; it lies between 0 and 1")
        photo, style = (open_picture(file).convert("RGB") for file in (args.photo, args.style))
        save_picture(sheet(model.eval(), photo, style, fineness), args.out)
    except (ValueError, OSError) as error:
        print(f"strokes: {error}", file=sys.stderr)
        return 1
    print(args.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
