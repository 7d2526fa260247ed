"""txst PHOTO... --style NAME: paints photos."""

import argparse
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from txst.inference.painter import BACKENDS, PRECISIONS
from txst.palette import Palette
from txst.vocabulary import fold

SAMPLE = Path(__file__).parent.parent / "sample.jpg"
SAMPLE_STYLES = ["claude monet", "vincent van gogh", "katsushika hokusai", "albrecht durer"]


def parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(
        prog="txst",
        description="Paints photos in a style named by a text or shown by a picture. "
        "Without arguments it paints a sample photo. There are also `txst styles` and `txst fetch`.",
    )
    p.add_argument("photos", nargs="*", type=Path, help="photos, or folders of photos")
    p.add_argument(
        "--style", action="append", default=[], help="an artist, a movement, a texture; may be repeated"
    )
    p.add_argument("--style-image", type=Path, help="a picture in the style, instead of a name")
    p.add_argument(
        "-o", "--out", type=Path, default=Path("outputs"), help="folder for the results (default: outputs)"
    )
    p.add_argument("--model", help="a model folder, or org/name of the hub (default: the bundled model)")
    p.add_argument("--strength", type=float, default=1.0, help="0 to 1 (default: 1)")
    p.add_argument(
        "--variation",
        type=int,
        default=0,
        help="0 paints after the work that fits best, 1 after the next, ...",
    )
    p.add_argument(
        "--anyway", action="store_true", help="paint what comes nearest to a style that is unknown"
    )
    p.add_argument(
        "--backend",
        choices=BACKENDS,
        default="auto",
        help="what computes (default: onnxruntime where the model has graphs, else torch)",
    )
    p.add_argument(
        "--precision", choices=PRECISIONS, default="float32", help="bf16 and int8: README, Backends"
    )
    p.add_argument("--device", default="auto", help="cuda, mps, cpu: other than cpu means torch")
    return p


def run(argv: Sequence[str]) -> int:
    """Paints every photo in every style and says where the results lie; 0, or 1 where any picture failed."""
    args = parser().parse_args(argv)
    photos = dict(found(args.photos)) if args.photos else {SAMPLE: Path()}
    if not args.photos and not args.style and not args.style_image:
        args.style = SAMPLE_STYLES
    if not args.style and not args.style_image:
        raise ValueError('which style? Add --style "claude monet", or --style-image painting.jpg')
    if not photos:
        raise ValueError(f"no pictures in {', '.join(map(str, args.photos))}")

    from tqdm import tqdm

    from txst import Stylist
    from txst.images import PictureError, save_picture

    stylist = Stylist.from_pretrained(args.model, args.device, args.backend, args.precision)
    for style in args.style:  # those that are unknown are refused before anything is painted
        stylist.style(style, variation=args.variation, anyway=args.anyway)
        if said := taken_for(style, stylist.painter.palette):
            tqdm.write(said)
    jobs = {
        target(args.out / folder, photo, style or args.style_image.stem): (photo, style)
        for photo, folder in photos.items()
        for style in args.style or [None]
    }
    if len(jobs) < len(photos) * len(args.style or [None]):
        raise ValueError(
            "two of the results would have the same name: paint them one at a time, or rename a photo"
        )
    failed = 0
    for path, (photo, style) in tqdm(jobs.items(), unit="picture", disable=len(jobs) == 1):
        try:
            image = stylist(
                photo,
                style,
                style_image=args.style_image,
                strength=args.strength,
                variation=args.variation,
                anyway=args.anyway,
            )
            save_picture(image, path)
        except PictureError as error:
            tqdm.write(f"txst: {error}", file=sys.stderr)
            failed += 1
    tqdm.write(f"{len(jobs) - failed} of {len(jobs)} painted, in {args.out}/")
    return int(failed > 0)


def taken_for(style: str, palette: Palette | None) -> str | None:
    """A sentence on the name that a style is taken for, where it is spelled otherwise."""
    name = palette.named(style) if palette else None
    return f"{style!r} is taken for {name!r}" if name and fold(name) not in fold(style) else None


def found(paths: list[Path]) -> Iterator[tuple[Path, Path]]:
    """The pictures among files and in folders, and in which subfolder; a file that is named is taken as it is."""
    from txst.data.layouts import pictures_in

    for path in paths:
        if path.is_dir():
            yield from ((photo, photo.parent.relative_to(path)) for photo in pictures_in(path))
        else:
            yield path, Path()


def target(out: Path, photo: Path, style: str) -> Path:
    """Where a result goes: OUT/photo_style.png, or .jpg for a JPEG."""
    slug = re.sub(r"[^\w]+", "-", style.lower()).strip("-")[:60] or "style"
    suffix = ".jpg" if photo.suffix.lower() in (".jpg", ".jpeg") else ".png"
    return out / f"{photo.stem}_{slug}{suffix}"
