"""How many pixels a picture may have, and the error of a picture that cannot be used."""

from PIL import Image

PILLOWS_LIMIT = Image.MAX_IMAGE_PIXELS


class PictureError(ValueError):
    """A picture that cannot be used; the message is for the reader."""


class PictureWarning(UserWarning):
    """Something in a picture that is not used, or had to be guessed."""


def most_pixels() -> int | None:
    """The most pixels of a picture: twice Pillow's limit, up to which Pillow only warns; or the limit that somebody has set."""
    limit = Image.MAX_IMAGE_PIXELS
    return 2 * limit if limit and limit == PILLOWS_LIMIT else limit


def check_pixels(width: int, height: int) -> None:
    """Refuses a picture beyond the limit, or without pixels, before it is decoded."""
    if not width or not height:
        raise PictureError("empty: it has no pixels")
    if (most := most_pixels()) and width * height > most:
        raise PictureError(too_large(f"{width} x {height} pixels; "))


def too_large(size: str = "") -> str:
    return f"too large: {size}pictures of {most_pixels()} pixels at most are read (PIL.Image.MAX_IMAGE_PIXELS)"
