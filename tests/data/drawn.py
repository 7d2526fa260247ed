"""Pictures for tests: small, drawn, each unlike the others."""

import io

import numpy as np
from PIL import Image


def drawn(seed, size=(96, 80)):
    blobs = np.random.default_rng(seed).integers(0, 256, (9, 9, 3), dtype=np.uint8)
    return Image.fromarray(blobs).resize(size, Image.Resampling.BICUBIC)


def encoded(picture, kind="JPEG", **options):
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def paint(folder, artists=6, works=4):
    """WikiArt's layout, with so many works by each artist."""
    for artist in range(artists):
        for work in range(works):
            file = folder / f"Movement_{artist % 2}" / f"artist-{artist}_work-{work}.jpg"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(encoded(drawn(100 * artist + work)))
    return folder
