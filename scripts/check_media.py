"""Does a photo painted in a medium look like the medium? A classifier of real pictures says.

python scripts/check_media.py pictures/media pictures/photos --network inception --weights inception.safetensors
python scripts/check_media.py pictures/media pictures/photos --network bank -o outputs/media.md   # needs no weights

The first folder has a folder of pictures for each medium, named by it. Writes a table to the last part of docs/WORDS.md, and a sheet of media and
movements on one photo beside it. With 20 photos it takes two minutes on one core.
"""

import argparse
import random
import sys
import zlib
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from torch import Tensor, nn
from tqdm import tqdm

from txst import Stylist
from txst.commands.paint import SAMPLE
from txst.data.degrade import degraded
from txst.data.pictures import decode
from txst.encoders.bank import FilterBank
from txst.encoders.inception import Inception
from txst.files.encode import write_whole
from txst.images import contact_sheet, open_picture, planes, save_picture
from txst.inference.photo import Photo
from txst.metrics.artist import ArtistHead, signature
from txst.metrics.networks import named
from txst.training.artist_classifier import fit

SIZE, VIEWS = 256, 1  # pixels of a picture, degraded copies of each
CELL, WIDE = 192, 6  # pixels of a cell of the sheet, and cells in a row
SUFFIXES = {".jpg", ".jpeg", ".png"}
NETWORKS = {
    "bank": lambda weights: FilterBank(),
    "inception": lambda weights: Inception(("Conv2d_2b_3x3", "Conv2d_4a_3x3", "Mixed_5b", "Mixed_5d"), weights),
}
STYLES = (
    "watercolour", "woodcut", "engraving", "ink wash", "pencil sketch", "batik", "art nouveau poster", "marble",
    "impressionism", "expressionism", "cubism", "ukiyo-e", "art nouveau", "baroque", "pointillism", "fauvism", "romanticism",
)  # fmt: skip
PART = "\n## Media on the output\n"  # of the page, its last
ROOT = Path(__file__).resolve().parent.parent
PAGE = """
Does a photo painted in a medium look like the medium? A classifier of real pictures says, on {network} (`painter` learnt from VGG-16, `small` from SqueezeNet). It learnt
three in four of {count} real pictures of {media} media, whole and worn, and names the medium of the others, of {photos} photos painted by `{model}`, and of the photos themselves. `scripts/check_media.py` makes this part of
the page, and the sheet below.

{table}

![The sample photo in eight media and nine movements](words.jpg)
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("media", type=Path, help="a folder with a folder of pictures for each medium")
    parser.add_argument("photos", type=Path, help="a folder of photos to paint")
    parser.add_argument("--model", default="painter", help="a model folder, or a bundled one (default: painter)")
    parser.add_argument("--network", choices=NETWORKS, default="bank")
    parser.add_argument("--weights", type=Path, help="file of the network's weights")
    parser.add_argument("--count", type=int, default=20, help="photos to paint, of every medium (default: 20)")
    parser.add_argument("-o", "--out", type=Path, default=ROOT / "docs/WORDS.md", help="the page")
    args = parser.parse_args()
    if args.network != "bank" and not args.weights:
        print(f"check_media: --network {args.network} wants --weights", file=sys.stderr)
        return 1
    stylist = Stylist.from_pretrained(args.model)
    network = NETWORKS[args.network](args.weights).eval()
    known = stylist.styles.palette().lexicon.held["medium"]
    files = {medium: pictures(args.media / medium.replace(" ", "_")) for medium in sorted(known)}
    files = {medium: some for medium, some in files.items() if some}
    photos = pictures(args.photos)
    photos = photos[:: max(1, len(photos) // args.count)][: args.count]
    if len(files) < 2 or not photos:
        print(
            f"check_media: {args.media} has pictures of {len(files)} media, {args.photos} has {len(photos)} photos",
            file=sys.stderr,
        )
        return 1
    head, ceiling = classifier(network, files)
    found = table(stylist, network, head, photos, ceiling)
    print(found)
    facts = {"media": len(files), "count": sum(map(len, files.values())), "photos": len(photos)}
    page = PAGE.format(table=found, network=named(network), model=args.model, **facts)
    before = args.out.read_text(encoding="utf-8").partition(PART)[0] if args.out.is_file() else ""
    write_whole(args.out, (before + PART + page).encode())
    save_picture(sheet(stylist), args.out.parent / "words.jpg", quality=72)
    return 0


def pictures(folder: Path) -> list[Path]:
    """The pictures of a folder, in the order of their names."""
    return sorted(file for file in folder.glob("*") if file.suffix.lower() in SUFFIXES)


@torch.inference_mode()
def seen(network: nn.Module, images: list[Tensor]) -> Tensor:
    return torch.cat([signature(network, image[None], SIZE) for image in images])


def classifier(network: nn.Module, files: dict[str, list[Path]]) -> tuple[ArtistHead, dict[str, float]]:
    """A head that names the medium, trained on three in four pictures; and the share that it is right of the others, by medium."""
    media = list(files)
    rows = [(file, media.index(medium)) for medium, some in files.items() for file in some]
    held = torch.tensor([zlib.crc32(file.name.encode()) % 4 == 0 for file, _ in rows])
    target = torch.tensor([number for _, number in rows])
    whole, *worn = (
        seen(network, [view(file.read_bytes(), number) for file, _ in tqdm(rows, "pictures")])
        for number in range(VIEWS + 1)
    )
    with torch.enable_grad():
        head, _ = fit([some[~held].clone() for some in (whole, *worn)], target[~held], media)
    right = (head(whole).argmax(1) == target) & held
    return head, {
        m: float(right[target == n].sum() / held[target == n].sum().clamp_min(1)) for n, m in enumerate(media)
    }


def view(data: bytes, number: int) -> Tensor:
    """A picture [3, h, w]: as it is, or worn, so that sharpness says nothing."""
    return (
        decode(data, SIZE, SIZE, None) if not number else degraded(data, SIZE, random.Random(zlib.crc32(data) + number))
    )


def table(stylist: Any, network: nn.Module, head: ArtistHead, photos: list[Path], ceiling: dict[str, float]) -> str:
    """Markdown: how often real pictures, and painted photos, are named rightly."""
    images = [open_picture(file) for file in photos]
    untouched = guesses(network, head, images)
    lines = [
        "| medium | real pictures, held out | painted photos | untouched photos taken for it |",
        "|---|---:|---:|---:|",
    ]
    shares = []
    for medium, best in ceiling.items():
        found = guesses(network, head, [stylist(image, medium) for image in tqdm(images, medium)])
        shares.append(found.count(medium) / len(images))
        lines.append(f"| {medium} | {best:.0%} | {shares[-1]:.0%} | {untouched.count(medium) / len(images):.0%} |")
    best = sum(ceiling.values()) / len(ceiling)
    return "\n".join([*lines, f"| all | {best:.0%} | {sum(shares) / len(shares):.0%} | |"])


def guesses(network: nn.Module, head: ArtistHead, images: list[Any]) -> list[str]:
    """The medium that each picture is taken for."""
    arrays = [torch.from_numpy(planes(Photo.of_image(image).pixels)) for image in images]
    return [
        head.artists[n] for n in head(torch.cat([signature_of(network, array) for array in arrays])).argmax(1).tolist()
    ]


@torch.inference_mode()
def signature_of(network: nn.Module, image: Tensor) -> Tensor:
    return signature(network, image, SIZE)


def sheet(stylist: Any) -> Image.Image:
    """The sample photo in some styles, in rows."""
    photo = open_picture(SAMPLE)
    cells = [("photo", photo), *((style, stylist(photo, style)) for style in tqdm(STYLES, "sheet"))]
    rows = [cells[begin : begin + WIDE] for begin in range(0, len(cells), WIDE)]
    strips = [contact_sheet([[image for _, image in row]], CELL, [name for name, _ in row], []) for row in rows]
    whole = Image.new("RGB", (strips[0].width, sum(strip.height for strip in strips)), "white")
    for number, strip in enumerate(strips):
        whole.paste(strip, (0, number * strips[0].height))
    return whole


if __name__ == "__main__":
    sys.exit(main())
