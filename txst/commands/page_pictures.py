"""Pictures on their way between the page of `txst serve` and what paints for it: uploaded, brushed over, and shown."""

import hashlib
import io
import os
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from txst.images import PictureError, read_picture, to_srgb
from txst.inference.forms import shrunk
from txst.pictures.transparency import mask_of

SHOWN = 1280  # pixels, longer side on the page; a download has the full size


def written(image: Image.Image, folder: Path) -> str:
    """A picture as a file for the page, written once: Gradio itself would write it again while it is being sent."""
    data = io.BytesIO()
    Image.fromarray(np.asarray(image)).save(data, "webp")  # without what a painting says of itself
    file = folder / f"{hashlib.sha256(data.getvalue()).hexdigest()}.webp"
    if file.exists():
        os.utime(file)  # it is as new as its latest use: Gradio removes old ones
    else:
        with tempfile.NamedTemporaryFile(dir=folder, suffix=".webp", delete=False) as beside:
            beside.write(data.getvalue())
        Path(beside.name).replace(file)
    return str(file)


def uploaded(file: str) -> Image.Image:
    """An uploaded picture. An error shows its name, not its path."""
    try:
        return read_picture(file)
    except PictureError as error:
        raise PictureError(str(error).replace(file, Path(file).name)) from error


def small(image: Image.Image) -> Image.Image:
    """A small copy for the page."""
    return shrunk(to_srgb(image), SHOWN)


def where(brushed: dict[str, Any] | None, mask: str | None = None) -> Image.Image | None:
    """The part to paint as a mask: what was brushed, or else a mask's file; None if there is neither."""
    layers = (brushed or {}).get("layers") or []
    found = mask_of(layers[0], brushed=True) if layers else None
    if found and found.getbbox():
        return found
    return uploaded(mask) if mask else None
