"""The formats of clips, which are movies and animated pictures: an allow-list, by what a file holds. No decoder is needed to tell."""

from importlib.util import find_spec
from pathlib import Path

from PIL import Image

from txst.pictures.formats import HEAD, kind_of

MOVIES = (".mp4", ".m4v", ".mov", ".webm", ".mkv", ".avi")
ANIMATED = (".gif", ".webp", ".png")
CLIPS = (".mp4", ".mov", ".webm", ".mkv", ".gif", ".webp", ".png")  # that are written
READ = "MP4, MOV, WebM, MKV, AVI, and animated GIF, WebP and PNG"
ATOMS = (b"moov", b"mdat", b"wide", b"free", b"skip")  # that a QuickTime file without a brand begins with
PHOTOS = (b"crx ", b"M4A ")  # brands of files that are no movies: RAW photos, sound


def movie_format(path: Path) -> str:
    """The name of ffmpeg's demuxer for a movie; empty for all other files."""
    try:
        with path.open("rb") as file:
            head = file.read(HEAD)
    except OSError:
        return ""
    if (head[4:8] == b"ftyp" and not kind_of(head) and head[8:12] not in PHOTOS) or head[4:8] in ATOMS:
        return "mov"
    if head.startswith(b"\x1aE\xdf\xa3"):
        return "matroska"
    return "avi" if head[:4] == b"RIFF" and head[8:12] == b"AVI " else ""


def is_movie(path: Path) -> bool:
    """Whether a file is a movie; what is none by its content, but has the name of one, counts: its error says so."""
    if not path.is_file():
        return path.suffix.lower() in MOVIES and not path.is_dir()
    return bool(movie_format(path)) or path.suffix.lower() in MOVIES


def is_animated(path: Path) -> bool:
    """Whether a file is a GIF, WebP or PNG of more than one frame."""
    try:
        if not path.is_file():  # a pipe would be waited for
            return False
        with Image.open(path, formats=("GIF", "WEBP", "PNG")) as image:  # noqa: TID251 - a header, of an allow-list of its own
            return bool(getattr(image, "is_animated", False))
    except (
        Exception
    ):  # over a damaged file a decoder may stumble in any way; what is wrong with it is said when it is read
        return False


def can_read_clips() -> bool:
    """Whether the extra is installed."""
    return bool(find_spec("av") and find_spec("cv2"))
