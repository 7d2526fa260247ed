"""A palette of a trained model: the codes of the paintings that it learnt from, under their names."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from tqdm import tqdm

from txst.data.module import shards
from txst.data.pictures import UNREADABLE, decode
from txst.data.samples import prompt, read_shard

SIZE = 192  # pixels, side of the centre crop that a code is read from


@torch.inference_mode()
def make_palette(model: Any, source: str | Sequence[str]) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """Reads every training picture's code.

    Args:
        model: with `look` and `transfer.code`, in eval mode.
        source: folders of shards.

    Returns:
        The config of an `encoders.palette.Palette`, and its tensors.
    """
    names, movements, codes, looks = [], [], [], []
    for shard in tqdm(shards(source, "train"), desc="palette", unit="shard"):
        for sample in read_shard(shard):
            try:
                picture = decode(sample["jpg"], SIZE, SIZE, None)[None]
            except UNREADABLE:
                continue  # it was not learnt from either
            if not prompt(sample):
                continue
            codes.append(model.transfer.code(model.look(picture))[0])
            looks.append(liveliness(picture))
            names.append(prompt(sample))
            movements.append(sample["movement"] if sample["artist"] else "")
    known, schools = sorted(set(names)), sorted({m for m in movements if m})
    owner = torch.tensor([known.index(name) for name in names])
    tensors = {
        "codes": torch.stack(codes),
        "name": owner,
        "movement": torch.tensor([schools.index(m) if m else -1 for m in movements]),
        "merit": merit(torch.stack(codes), owner, torch.tensor(looks)),
    }
    config = {
        "_target_": "txst.encoders.palette.Palette",
        "width": codes[0].numel(),
        "entries": len(codes),
        "names": known,
        "movements": schools,
    }
    return config, tensors


def liveliness(picture: Tensor) -> float:
    """Contrast and colour of a picture [1, 3, H, W]: low for a pencil sketch and for a nearly blank page."""
    light = picture.mean(1)
    return float(light.std() + (picture - light[:, None]).abs().mean())


def merit(codes: Tensor, owner: Tensor, looks: Tensor) -> Tensor:
    """How typical a painting is of its name, and how lively beside the others of that name, [N]."""
    result = torch.zeros(len(codes))
    for name in owner.unique():
        mine = owner == name
        typical = codes[mine] @ codes[mine].mean(0)
        for seen in (typical, looks[mine]):
            result[mine] += (seen - seen.mean()) / (seen.std(correction=0) + 1e-6)
    return result
