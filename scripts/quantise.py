"""Adds an 8-bit graph to a model folder, calibrated on real pictures, and measures how far each precision is from float32.

python scripts/quantise.py txst/weights/small photos/
"""

import argparse
import logging
import sys
from pathlib import Path

from txst.backends.backend import open_backend
from txst.data.layouts import pictures_in
from txst.export.int8 import CALIBRATED, pairs_of, psnr, quantise


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="model folder with ONNX graphs")
    parser.add_argument("pictures", type=Path, help="a folder of photos")
    parser.add_argument("--pairs", type=int, default=50, help="pairs of photo and code to measure with (default: 50)")
    args = parser.parse_args()
    logging.disable(logging.WARNING)  # onnxruntime asks for a preparation that was already made
    try:
        exact = open_backend(args.folder, "onnxruntime")
        pairs = pairs_of(pictures_in(args.pictures), exact, CALIBRATED + args.pairs, seed=0)
        print(quantise(args.folder, pairs[:CALIBRATED]))
        for backend, precision in (("onnxruntime", "int8"), ("torch", "bf16"), ("openvino", "bf16")):
            try:
                painter = open_backend(args.folder, backend, precision=precision)
            except ValueError as error:
                print(f"{precision} on {backend}: {error}")
                continue
            found = psnr(painter, exact, pairs[CALIBRATED:])
            worst = f"{found.min():.1f} dB at worst"
            print(f"{precision} on {backend}: {found.mean():.1f} dB to float32 over {len(found)} pairs, {worst}")
    except (ValueError, OSError, ModuleNotFoundError) as error:
        print(f"quantise: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
