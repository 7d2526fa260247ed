"""Paints the pictures of webdataset shards into shards of the same names: docs/SCALE.md.

python scripts/infer_shards.py shards/photos shards/monet --style "claude monet" --model small
torchrun --nproc-per-node=8 scripts/infer_shards.py shards/photos shards/monet --style "claude monet" --backend torch --precision bf16
sbatch --array=0-63 --cpus-per-task=8 --wrap 'python scripts/infer_shards.py shards/photos shards/monet --style "claude monet"'

The same command goes on where it was stopped or killed. Samples keep their keys, order and other files; their picture becomes a jpg.
"""

import argparse
import os
import sys
from pathlib import Path

from txst.commands.arguments import controls, refuse_empty, requested_styles
from txst.commands.batches import Batches
from txst.commands.errors import UsageError
from txst.commands.infer_shards import MANIFEST, paint_shards
from txst.commands.options import model_options, number, style_options
from txst.commands.wording import in_options
from txst.inference.composing import Settings
from txst.inference.stylist import Stylist
from txst.inference.tiles import MEMORY


def parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument(
        "source", metavar="SRC", help="a folder of shards, a pattern, or addresses like s3://photos/{000..099}.tar"
    )
    p.add_argument("out", metavar="OUT", type=Path, help="folder for the painted shards, one for all processes")
    style_options(p.add_argument_group("one style").add_argument)
    add = p.add_argument_group("controls").add_argument
    add("--strength", default="1", help="0 (the photo itself) to 1, also 50%% (default: 1)")
    add("--colour", "--color", default="1", help="content (0), style (1), or a number between (default: style)")
    add("--stroke", type=number, default=1.0, help="2 makes strokes twice as large, ... (default: 1)")
    add("--detail", type=number, default=0.0, help="how much of the photo's fine detail to keep (default: 0)")
    add("--max-side", type=int, help="shrink photos whose longer side has more pixels than this")
    add(
        "--strip", action="store_true", help="leave out EXIF, XMP, resolution, colour profile, and what made the result"
    )
    model_options(p.add_argument_group("model").add_argument)
    add = p.add_argument_group("speed").add_argument
    add("--batch", type=int, default=16, help="pictures of one size to paint at once (default: 16)")
    add(
        "--workers",
        type=int,
        default=os.cpu_count(),
        help="threads that decode and encode (default: one for each core)",
    )
    return p


def batches(args: argparse.Namespace) -> Batches:
    """What paints, as it was asked for."""
    without = ("reference_frame", "start", "end", "keyframes", "shape", "mask", "style_mask", "fineness")  # of no use
    vars(args).update(region=[], **dict.fromkeys(without))
    refuse_empty(args)
    if min(args.batch, args.workers) < 1:
        raise UsageError(f"--batch {args.batch} --workers {args.workers}: both are 1 or more")
    common, (style, *others) = controls(args), list(requested_styles(args))
    if others or not {"style", "style_image", "mix"} & style.arguments.keys():
        raise UsageError("give one style: --style, --style-image or --mix; another one goes into another folder")
    if not isinstance(common["strength"], float):
        raise UsageError(f"--strength {args.strength}: give a number, for a mask fits one picture")
    stylist = Stylist.from_pretrained(args.model, device_of(args), args.backend, args.precision)
    settings = Settings(common["strength"], common["colour"], common["stroke"], common["detail"], memory=MEMORY)
    return Batches(stylist, style.arguments, settings, args.max_side, args.strip, args.batch, args.workers)


def device_of(args: argparse.Namespace) -> str:
    """The device that was asked for; of several GPUs each process of torchrun takes its own."""
    local, wanted = os.environ.get("LOCAL_RANK"), args.device
    if local is None or wanted not in ("auto", "cuda") or (wanted == "auto" and args.backend != "torch"):
        return wanted
    import torch

    return f"cuda:{local}" if torch.cuda.is_available() else wanted


def main() -> int:
    args = parser().parse_args()
    try:
        failed, missing, unpainted = paint_shards(args.source, args.out, batches(args))
    except UsageError as error:
        print(f"infer_shards: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("infer_shards: stopped; the same command continues from here", file=sys.stderr)
        return 130
    except MemoryError:
        print(
            "infer_shards: too large for the memory of this machine: smaller shards, --batch or --max-side",
            file=sys.stderr,
        )
        return 1
    except (ValueError, OSError) as error:
        print(f"infer_shards: {in_options(str(error))}", file=sys.stderr)
        return 1
    left = (
        f"{missing} shards are not there yet, {failed} of them failed here"
        if missing
        else f"all are there: {args.out}/{MANIFEST}"
    )
    print(left)
    if unpainted:
        print(
            f"{unpainted} pictures could not be painted: the .json files beside their shards say why", file=sys.stderr
        )
    return int(failed + unpainted > 0)


if __name__ == "__main__":
    sys.exit(main())
