"""What happens to pictures on their way: cropped, shrunk, blurred, compressed. Their style stays."""

import io
import random

import numpy as np
import torch
from PIL import Image, ImageFilter
from torch import Tensor

from txst.data.pictures import decode
from txst.layers.tensors import to_picture
from txst.pictures.formats import open_picture_file


def degraded(data: bytes, size: int, rng: random.Random) -> Tensor:
    """A random square of a picture after some of this, so that a classifier does not go by sharpness or grain.

    Args:
        data: a JPEG.
        size: side of the square.
        rng: of every draw.

    Returns:
        [3, size, size] in [0, 1].
    """
    image = to_picture(decode(data, size, round(size * rng.uniform(1, 1.6)), rng)[None])
    if rng.random() < 0.5:
        small = round(size * rng.uniform(0.5, 0.95))
        image = image.resize((small, small), Image.Resampling.BICUBIC).resize((size, size), Image.Resampling.BICUBIC)
    if rng.random() < 0.5:
        image = image.filter(ImageFilter.GaussianBlur(rng.uniform(0.3, 1.5)))
    if rng.random() < 0.5:
        packed = io.BytesIO()
        image.save(packed, "JPEG", quality=rng.randint(30, 90))
        image = open_picture_file(packed)
    return torch.from_numpy(np.array(image)).permute(2, 0, 1).float() / 255
