"""CartoonGAN's four generators as they are given out: for each style a folder of 94 arrays of numpy."""

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from txst.export.published import Published

LARGEST = 4 * 2**20  # bytes of one of its files; 2.4 MB at most


def cartoongan() -> Published:
    """https://github.com/mnicnc404/CartoonGan-tensorflow, style_transfer/cartoongan/pretrained_weights/{hayao,hosoda,paprika,shinkai}."""
    names = {"conv01_1.": "begin.conv.", "in01_1.": "begin.", "deconv03_1.": "paint."}
    for i in range(2):
        names |= {f"in{i + 2:02d}_1.": f"down.{i}.", f"in{i + 12}_1.": f"up.{i}."}
        for j in range(2):
            names[f"conv{i + 2:02d}_{j + 1}."] = f"down.{i}.conv.{j}."
            names[f"deconv{i + 1:02d}_{j + 1}."] = f"up.{i}.conv.{j}."
    for i in range(8):
        for j, half in enumerate(("first", "second"), 1):
            names |= {f"conv{i + 4:02d}_{j}.": f"blocks.{i}.{half}.conv.", f"in{i + 4:02d}_{j}.": f"blocks.{i}.{half}."}
    return Published(
        title="CartoonGAN",
        card="""
Chen, Lai and Liu, CVPR 2018. Weights of https://github.com/mnicnc404/CartoonGan-tensorflow (Apache-2.0). Paints cartoons in one
style, its own.

Paint: `txst photo.jpg --model THIS_FOLDER`
""",
        sign="deconv01_2.weight",
        names=names,
        model={"_target_": "txst.models.cartoongan.CartoonGAN", "width": 64, "blocks": 8},
        clip={"_target_": "txst.encoders.null_text.NullTextEncoder"},
        folded=for_rgb_in_unit,
    )


def for_rgb_in_unit(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """The weights for pixels RGB in [0, 1], which were made for BGR from -1 to 1; its borders are mirrored, so that this is exact."""
    first, last = tensors["conv01_1.weight"].flip(1), "deconv03_1"
    return tensors | {
        "conv01_1.weight": 2 * first,
        "conv01_1.bias": tensors["conv01_1.bias"] - first.sum((1, 2, 3)),
        f"{last}.weight": tensors[f"{last}.weight"].flip(0),
        f"{last}.bias": tensors[f"{last}.bias"].flip(0),
    }


def read_arrays(folder: Path) -> dict[str, Tensor]:
    """The arrays of a folder, under the names of their files.

    Raises:
        ValueError: there are none, or one is too large, damaged, or of no floating-point numbers.
    """
    files = sorted(folder.glob("*.npy"))
    if not files:
        raise ValueError(f"{folder} holds no .npy files: name a folder of one style, such as pretrained_weights/hayao")
    return {file.stem: read_array(file) for file in files}


def read_array(file: Path) -> Tensor:
    if file.stat().st_size > LARGEST:
        raise ValueError(f"{file} has {file.stat().st_size} bytes, and none of CartoonGAN's more than {LARGEST}")
    try:
        values = np.load(file, allow_pickle=False)
    except (ValueError, EOFError, OSError) as error:
        raise ValueError(f"{file} is damaged or no array of numbers ({error}): copy the whole folder again") from error
    if not isinstance(values, np.ndarray) or values.dtype.kind != "f":
        raise ValueError(f"{file} holds no floating-point numbers: it is of no network of CartoonGAN")
    return torch.from_numpy(values.astype(np.float32))
