"""Pictures turned the way they were meant to be seen, whatever else their EXIF data say."""

import io
from typing import Any

from PIL import Image, ImageOps

from txst.pictures.tiff import ORIENTATION, directories

EXIF = b"Exif\0\0"
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def upright(image: Image.Image) -> Image.Image:
    """A copy, turned as its EXIF data say; where these are broken, as far as the orientation itself can be read."""
    try:
        return ImageOps.exif_transpose(image)  # noqa: TID251 - here alone
    except Exception:  # over damaged data Pillow stumbles in many ways, when it reads them and when it writes them
        found = orientation(image)
        turned = image.transpose(TURNS[found]) if found in TURNS else image.copy()
        turned.info = {
            **image.info,
            **({"exif": without_orientation(image.info["exif"])} if "exif" in image.info else {}),
        }
        return turned


def orientation(image: Image.Image) -> Any:
    """What the EXIF data say, 1 to 8 where it is sound; 1 where they cannot be read."""
    try:
        return image.getexif().get(ORIENTATION, 1)
    except Exception:  # as above
        _, data = split(image.info.get("exif", b""))
        found = next(directories(io.BytesIO(data)), {})
        return found[ORIENTATION].values[0] if ORIENTATION in found else 1


def without_orientation(exif: bytes) -> bytes:
    """The same data with an orientation of 1."""
    head, data = split(exif)
    if entry := next(directories(io.BytesIO(data)), {}).get(ORIENTATION):
        one = b"\1\0" if data[:2] == b"II" else b"\0\1"
        data = data[: entry.at] + one + data[entry.at + 2 :]
    return head + data


def split(exif: Any) -> tuple[bytes, bytes]:
    """The mark that JPEG puts before EXIF data, where there is one, and the data."""
    exif = exif if isinstance(exif, bytes) else b""
    return (EXIF, exif.removeprefix(EXIF)) if exif.startswith(EXIF) else (b"", exif)
