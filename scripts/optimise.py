"""Paints one photo by optimising it under losses: nothing is trained, and it takes minutes.

python scripts/optimise.py photo.jpg --style "a sketch with black pencil" -o painted.png    # CLIPstyler: docs/CLIPSTYLER.md
python scripts/optimise.py photo.jpg --style-image painting.jpg -o painted.png
python scripts/optimise.py photo.jpg --style-image painting.jpg -o painted.png canvas=laplacian 'loss=[content,style]' loss_network=vgg19 task.steps=500

Ctrl-C stops after the step and keeps the best picture; the same command with --resume goes on from there.
"""

import argparse
import hashlib
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from pickle import UnpicklingError
from tempfile import TemporaryDirectory
from typing import Any

from hydra.errors import HydraException

CONF = Path(__file__).resolve().parent.parent / "conf"
OFTEN = 10.0  # seconds from one picture so far to the next


def main() -> None:
    args = options().parse_intermixed_args()

    from hydra import compose, initialize_config_dir

    from txst import Stylist
    from txst.export.run import export_method
    from txst.images import save_picture

    usual = fastest if program(args) == "clipstyler" else lambda _: "float32"
    given = [*args.overrides, *(["task.as_published=true"] if args.as_published else [])]
    try:
        refuse_unwritable(args)
        with TemporaryDirectory() as beside, initialize_config_dir(str(CONF), version_base="1.3"):
            cfg = compose(program(args), given)
            if not isinstance(cfg.task.steps, int) or cfg.task.steps < 1:
                raise ValueError(f"task.steps is {cfg.task.steps}; it is a whole number, 1 or more")
            attempt = Attempt(args.out, fingerprint(args, given), args.resume)
            folder = export_method(cfg, args.model or Path(beside, "optimised"))
            stylist = Stylist.from_pretrained(folder, args.device, "torch", args.precision or usual(args.device))
        model: Any = stylist.painter.model  # type: ignore[attr-defined]  # of torch's backend
        model.watch, model.state = attempt.watch, attempt.state
        signal.signal(signal.SIGINT, attempt.interrupted)
        painting = stylist.paint(
            args.photo, args.style, style_image=args.style_image, strength=args.strength, max_side=args.max_side
        )
        save_picture(painting, args.out)
    except (ValueError, OSError, ModuleNotFoundError, HydraException) as error:
        sys.exit(f"optimise: {error}")
    print(args.out)
    if attempt.stopped:
        print(f"the best of {attempt.steps} steps of {cfg.task.steps}; --resume goes on", file=sys.stderr)
        sys.exit(130)
    attempt.clear()


def options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photo", type=Path)
    parser.add_argument(
        "overrides",
        nargs="*",
        help="NAME=VALUE of conf/clipstyler.yaml with a text, of conf/optimise.yaml without one or with loss=[...]",
    )
    parser.add_argument("--style-image", type=Path)
    parser.add_argument(
        "--style", help="a text, by CLIPstyler: any text with CLIP, names with clip=space clip.weights=FILE"
    )
    parser.add_argument("--strength", type=float, default=1.0)
    parser.add_argument("--max-side", type=int, default=512, help="pixels; the photo is shrunk to them (512)")
    parser.add_argument("--device", default="auto")
    parser.add_argument(
        "--precision",
        choices=["float32", "bf16"],
        help="of CLIPstyler bf16 where the device is faster by it, else float32",
    )
    parser.add_argument(
        "--as-published", action="store_true", help="with the contrast that CLIPstyler adds when it saves"
    )
    parser.add_argument("--resume", action="store_true", help="go on where this command was stopped")
    parser.add_argument("--model", type=Path, help="also write the method, with its loss network, as a model folder")
    parser.add_argument("-o", "--out", type=Path, required=True)
    return parser


def refuse_unwritable(args: argparse.Namespace) -> None:
    """Refuses, before minutes of work, a result that would take the place of a picture that is read, or of no known kind.

    Raises:
        ValueError: either.
    """
    from txst.files.encode import FORMATS

    if args.out.suffix.lower() not in FORMATS:
        raise ValueError(f"-o {args.out}: the ending names no kind of picture; take one of {', '.join(FORMATS)}")
    for read in filter(None, (args.photo, args.style_image)):
        if args.out.exists() and read.exists() and args.out.samefile(read):
            raise ValueError(f"-o {args.out} would be written over the picture that is read: name another file")


def program(args: argparse.Namespace) -> str:
    """The config: CLIPstyler's for a text, unless losses of one's own are named."""
    own = any(override.startswith("loss=") for override in args.overrides)
    return "optimise" if args.style is None or own else "clipstyler"


def fingerprint(args: argparse.Namespace, overrides: Sequence[str]) -> str:
    """Of all that a step depends on: a descent goes on under the same alone. The number of steps may change."""
    parts = [args.style or "", str(args.max_side), str(args.precision), str(args.device)]
    parts += sorted(o for o in overrides if not o.startswith(("task.steps=", "task.as_published=")))
    files = [p.read_bytes() for p in (args.photo, args.style_image) if p is not None]
    return hashlib.sha256(b"\0".join([*(part.encode() for part in parts), *files])).hexdigest()


def fastest(device: str) -> str:
    """The precision in which this device multiplies fastest."""
    from txst.backends.pytorch import best_device, usable_device
    from txst.machine import multiplies_in_bf16

    kind = best_device().type if device == "auto" else usable_device(device).type
    return "bf16" if multiplies_in_bf16(kind) else "float32"


class Attempt:
    """Looks on while a canvas is optimised: leaves the picture so far beside the result, with what it takes to go on.

    Args:
        out: the result.
        says: what the descent depends on, see `fingerprint`.
        resume: whether to go on with what an earlier one left.
    """

    def __init__(self, out: Path, says: str, resume: bool) -> None:
        self.so_far, self.file = out.with_name(f"{out.name}.so-far.png"), out.with_name(f"{out.name}.resume")
        self.says = says
        self.state = self.read() if resume else None
        self.stopped, self.steps, self.shown = False, 0, time.monotonic()
        if not resume and self.file.is_file():
            print(f"{self.file} is of a run that was stopped; this one begins anew (--resume goes on)", file=sys.stderr)

    def read(self) -> dict[str, Any]:
        """What an earlier one left.

        Raises:
            ValueError: it left nothing, or was one of something else.
        """
        import torch

        if not self.file.is_file():
            raise ValueError(f"--resume: {self.file} is missing, so there is nothing to go on with: leave --resume out")
        try:
            kept = torch.load(self.file, weights_only=True)
            says, state = kept["says"], kept["state"]
        except (RuntimeError, UnpicklingError, EOFError, LookupError, TypeError) as error:
            raise ValueError(f"--resume: {self.file} is damaged: leave --resume out to begin anew") from error
        if says != self.says:
            raise ValueError(
                f"--resume: {self.file} is of another photo, style or setting than given now: "
                "give the same, or leave --resume out to begin anew"
            )
        return dict(state)

    def watch(self, descent: Any) -> bool:
        """After a step: whether that was the last."""
        self.steps = descent.step
        if self.stopped or time.monotonic() - self.shown > OFTEN:
            self.keep(descent)
            self.shown = time.monotonic()
        return self.stopped

    def keep(self, descent: Any) -> None:
        """Writes the picture so far and what it takes to go on, each whole or not at all."""
        import io

        import torch

        from txst.files.encode import write_whole
        from txst.images import save_picture
        from txst.layers.tensors import to_picture

        save_picture(to_picture(descent.picture()), self.so_far)
        kept = io.BytesIO()
        torch.save({"says": self.says, "state": descent.state()}, kept)
        write_whole(self.file, kept.getvalue())

    def interrupted(self, *_: object) -> None:
        """Ctrl-C: stops after this step; once more, at once."""
        if self.stopped:
            raise KeyboardInterrupt
        self.stopped = True
        print("\nstopping after this step (Ctrl-C once more: at once)", file=sys.stderr)

    def clear(self) -> None:
        """The result is there: what was left beside it goes."""
        for file in (self.so_far, self.file):
            file.unlink(missing_ok=True)


if __name__ == "__main__":
    main()
