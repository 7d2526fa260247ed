"""The RAW files of cameras (DNG, NEF, CR2, ...), whose pictures have to be developed, and whose first page is a thumbnail."""

import io
from importlib.util import find_spec
from typing import BinaryIO

from PIL import Image

from txst.pictures.limits import PictureError, check_pixels
from txst.pictures.tiff import DNG_VERSION, HEIGHT, PHOTOMETRIC, SUBFILE, WIDTH, Directory, directories, first

CAMERA_SUFFIXES = (
    ".dng", ".cr2", ".cr3", ".nef", ".nrw", ".arw", ".srf", ".sr2", ".raf", ".orf", ".rw2", ".pef", ".srw", ".3fr",
    ".iiq", ".x3f",
)  # fmt: skip
BEGINS = (b"FUJIFILMCCD-RAW", b"IIRO", b"IIRS", b"MMOR", b"IIU\0", b"FOVb")
SENSOR = (32803, 34892)  # photometric interpretations: the cells of a sensor, and their light
REDUCED = 1  # the bit of a page that is a smaller copy of another


def is_camera_file(file: BinaryIO, head: bytes, suffix: str) -> bool:
    """Whether it has to be developed.

    Args:
        file: is read, and left anywhere.
        head: its first bytes.
        suffix: of its name, in lower case.
    """
    if head.startswith(BEGINS) or head[4:12] == b"ftypcrx " or head[8:10] == b"CR" or head[8:12] == b"IIII":
        return not head.startswith((b"\x89PNG", b"RIFF"))
    pages = list(directories(file))
    return bool(pages) and (
        suffix in CAMERA_SUFFIXES
        or DNG_VERSION in pages[0]
        or any(first(page, PHOTOMETRIC) in SENSOR for page in pages)
    )


def hidden_picture(file: BinaryIO) -> str | None:
    """What to say of a TIFF whose first page is a thumbnail of another page; None for all others."""
    pages = list(directories(file))
    if not pages or not first(pages[0], SUBFILE) & REDUCED:
        return None
    largest = max(pages, key=pixels)
    if pixels(largest) <= pixels(pages[0]):
        return None
    return (
        f"its first page is a thumbnail of {size(pages[0])}, and a picture of {size(largest)} lies behind it: "
        "save that one as a file of its own"
    )


def developed(file: BinaryIO) -> Image.Image:
    """The picture in sRGB, in the white balance of the camera, upright.

    Raises:
        PictureError: it cannot be developed, or not without the extra.
    """
    pages = list(directories(file))
    shown = f" of {size(max(pages, key=pixels))}" if pages else ""
    if not find_spec("rawpy"):
        raise PictureError(f"a camera's RAW file{shown}: `pip install 'txst[raw]'` develops it, or give a JPEG of it")
    import rawpy

    file.seek(0)
    try:
        with rawpy.imread(file) as raw:
            check_pixels(raw.sizes.iwidth, raw.sizes.iheight)
            return Image.fromarray(raw.postprocess(use_camera_wb=True))
    except rawpy.LibRawError as problem:
        said = str(problem.args[0] if problem.args else problem)
        reason = said.removeprefix("b'").removesuffix("'")
        raise PictureError(
            f"a camera's RAW file{shown} that cannot be developed ({reason}): give a JPEG of it"
        ) from None


def camera_exif(file: BinaryIO) -> Image.Exif:
    """The EXIF data of a RAW file: those of its first directory, or those of the small JPEG in it."""
    exif = Image.Exif()
    if any(directories(file)):
        file.seek(0)
        exif.load_from_fp(file)
    elif find_spec("rawpy"):
        import rawpy

        file.seek(0)
        with rawpy.imread(file) as raw:
            small = raw.extract_thumb()
        if small.format == rawpy.ThumbFormat.JPEG:
            with Image.open(io.BytesIO(bytes(small.data)), formats=("JPEG",)) as shown:  # noqa: TID251 - its header
                exif = shown.getexif()
    return exif


def pixels(page: Directory) -> int:
    return first(page, WIDTH) * first(page, HEIGHT)


def size(page: Directory) -> str:
    return f"{first(page, WIDTH)} x {first(page, HEIGHT)}"
