"""Orders the works of a palette anew, so that each name's default is the one that people expect; all else in the model stays as it is.

python scripts/order_palette.py txst/weights/painter --pictures shards/styles shards/media
"""

import argparse
import json
import sys
from pathlib import Path
from typing import cast

import torch

from txst.data.pictures import UNREADABLE
from txst.data.samples import prompt
from txst.data.sources import every_sample
from txst.model_folder.config import WEIGHTS
from txst.model_folder.folder import load_folder
from txst.palette.build import scores
from txst.palette.faces import digest, put_faces_first
from txst.palette.module import Palette
from txst.palette.train_text_encoder import liveliness, middle

SCORE = "clip.score"


def read(pictures: list[str], palette: Palette) -> tuple[torch.Tensor, list[str]]:
    """How lively the picture of each code is, [N], and its digest; in the order in which `scripts/build_palette.py` read them."""
    lively, digests, names = [], [], []
    for sample in every_sample(pictures):
        if not (name := prompt(sample)) or sample["split"] != "train":
            continue
        try:
            lively.append(liveliness(middle(sample)))
        except UNREADABLE:
            continue
        digests.append(digest(sample["jpg"]))
        names.append(name)
    if names != [palette.names[number] for number in palette.name]:
        raise ValueError(f"these {len(names)} pictures are not the {len(palette.name)} that the palette was made of")
    return torch.tensor(lively), digests


def write(file: Path, name: str, tensor: torch.Tensor) -> None:
    """Puts numbers in the place of a tensor of a safetensors file; the graphs beside it read the others by their places."""
    content = bytearray(file.read_bytes())
    begin = 8 + int.from_bytes(content[:8], "little")
    described = json.loads(content[8:begin])[name]
    numbers = tensor.to({"F16": torch.float16, "F32": torch.float32}[described["dtype"]]).numpy().tobytes()
    least, most = (begin + at for at in described["data_offsets"])
    if len(numbers) != most - least:
        raise ValueError(f"{name} of {file} has {most - least} bytes, and not {len(numbers)}")
    content[least:most] = numbers
    file.write_bytes(content)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path, help="a model folder with a palette")
    parser.add_argument("--pictures", nargs="+", required=True, help="the shards that the palette was made of")
    args = parser.parse_args()
    try:
        palette = cast(Palette, load_folder(args.model)[1])
        lively, digests = read(args.pictures, palette)
        palette.score = scores(palette, lively)
        for face in put_faces_first(palette, digests):
            print(f"not in this palette: {face.name}, {face.shows} ({face.picture})", file=sys.stderr)
        write(args.model / WEIGHTS, SCORE, palette.score)
    except (ValueError, OSError) as error:
        print(f"order_palette: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
