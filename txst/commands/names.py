"""The names of results: two different pictures never have one."""

import hashlib
import os
import re
import string
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from txst.commands.errors import UsageError
from txst.commands.pictures import PIPE, Found
from txst.data.layouts import SUFFIXES
from txst.files.encode import FORMATS
from txst.pictures.movies import CLIPS, MOVIES

LONGEST, LONGEST_CONTROLS = 80, 60  # bytes of the parts of a result's name; file systems allow 255
SHAPES = {"mask": "mask", "shape-of": "style_mask"}  # a word of a name -> the control whose file it names
FIELDS = ("stem", "style", "controls", "n", "ext", "folder")  # of a template


@dataclass(frozen=True)
class Out:
    """Where results go: one of these.

    Args:
        folder: for results with their usual names.
        file: the one result.
        template: a name with fields in braces.
        pipe: whether the one result goes to standard output.
    """

    folder: Path | None = None
    file: Path | None = None
    template: str = ""
    pipe: bool = False

    @property
    def base(self) -> Path:
        """The folder where sheets lie."""
        if self.template:
            return Path(self.template.partition("{")[0] + "x").parent
        return self.folder or (self.file or Path("x")).parent


def read_out(text: str) -> Out:
    """Reads what was given as -o.

    >>> read_out("a.jpg").file, read_out("a.jpg/").folder, read_out("{stem}").template
    (PosixPath('a.jpg'), PosixPath('a.jpg'), '{stem}.{ext}')
    """
    if not text:
        raise UsageError("-o is empty: name a folder, a file, or a template like '{stem}_{style}.{ext}'")
    if text == PIPE:
        return Out(pipe=True)
    path = Path(text)
    if text.endswith(("/", os.sep)) and path.is_file():
        raise UsageError(f"{path} is a file, and no folder: name another one with -o")
    if text.endswith(("/", os.sep)) or path.is_dir():
        return Out(folder=path)
    if "{" in text or "}" in text:
        return Out(template=checked_template(text))
    suffix = path.suffix.lower()
    if suffix in FORMATS or suffix in CLIPS:
        return Out(file=path)
    if suffix in SUFFIXES or suffix in MOVIES or suffix in (".heic", ".svg", ".pdf"):
        raise UsageError(
            f"{text}: results are not written as {suffix}; take one of {', '.join(FORMATS)}, of clips {', '.join(CLIPS)}"
        )
    if path.exists():
        raise UsageError(
            f"{text} is a file, and no picture: name a folder with -o, or a file that ends in .png or .jpg"
        )
    return Out(folder=path)


def checked_template(text: str) -> str:
    """The template, with an ending."""
    try:
        fields = [field for _, field, _, _ in string.Formatter().parse(text) if field is not None]
        if unknown := set(fields) - set(FIELDS):
            raise ValueError(f"it has no {{{unknown.pop()}}}")
        filled = text.format(**dict.fromkeys(FIELDS, "x") | {"n": 1})
    except (ValueError, KeyError, IndexError, TypeError) as error:
        known = " ".join(f"{{{field}}}" for field in FIELDS)
        raise UsageError(f"cannot read the template {text!r} ({error}): the fields are {known}") from None
    ending = Path(filled).suffix.lower()
    if text.endswith("{ext}") or ending in FORMATS or ending in CLIPS:
        return text
    return f"{text}.{{ext}}"


def usual_name(photo: Found, stem: str, style: str, controls: Sequence[str]) -> str:
    """photo_style_control.png, or .jpg for a JPEG."""
    return f"{cut(stem)}_{slug(style)}{joined(controls)}.{extension(photo)}"


def extension(photo: Found) -> str:
    if photo.clip:
        suffix = photo.shown.suffix.lower()
        return {".m4v": "mp4"}.get(suffix, suffix[1:] if suffix in CLIPS else "mp4")
    return "jpg" if photo.shown.suffix.lower() in (".jpg", ".jpeg", ".jfif") else "png"


def joined(controls: Sequence[str]) -> str:
    """The controls as a part of a name; empty if they are the usual ones."""
    text = "_".join(controls)
    return f"_{cut(text, LONGEST_CONTROLS)}" if text else ""


def slug(text: str) -> str:
    """Words as a part of a name."""
    return cut(re.sub(r"[^\w]+", "-", text.lower()).strip("-") or f"style-{short(text)}")


def cut(name: str, longest: int = LONGEST) -> str:
    """A name that file systems take together with another; one that is cut ends with a digest of the whole."""
    encoded = name.encode(errors="surrogatepass")
    if len(encoded) <= longest:
        return name
    return f"{encoded[: longest - 7].decode(errors='ignore')}-{short(name)}"


def short(text: str) -> str:
    """Six digits that differ from text to text."""
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:6]


def control_words(controls: Mapping[str, Any], style: Mapping[str, Any], precision: str) -> list[str]:
    """A word for each control that changes a picture.

    >>> control_words({"strength": 0.5, "stroke": 2.0, "max_side": 800}, {"variation": 1}, "float32")
    ['variation1', 'strength0.5', 'stroke2', 'max800']
    """
    usual = {"variation": 0, "strength": 1.0, "colour": 1.0, "stroke": 1.0, "fineness": None, "detail": 0.0}
    given = {**style, **controls}
    words = []
    for name, default in usual.items():
        value = given.get(name, default)
        if isinstance(value, Path):
            words.append(f"{name}-{slug(value.stem)}")
        elif value != default:
            words.append(f"{name}{value:.12g}")
    for mask, of in given.get("regions") or ():
        words.append(f"{slug(mask.stem)}-{slug(of.stem if isinstance(of, Path) else of)}")
    if reference := given.get("reference_frame"):
        words.append(f"frame-{slug(reference.stem)}")
    words += ["shape"] if given.get("shape") else []
    words += [f"{name}-{slug(given[key].stem)}" for name, key in SHAPES.items() if given.get(key)]
    if side := given.get("max_side"):
        words.append(f"max{side}")
    words += ["nearest"] if given.get("nearest") else []
    return words + ([precision] if precision != "float32" else [])


def clip_words(arguments: Mapping[str, Any]) -> list[str]:
    """A word for each control of a clip."""
    given = {name: arguments[name] for name in ("start", "end", "every") if arguments.get(name) is not None}
    named = ["keyframes"] if arguments.get("keyframes") else []
    return [f"{name}{value:.12g}" for name, value in given.items()] + named


def folders_and_stems(photos: Sequence[Found]) -> list[tuple[Path, str]]:
    """For each photo the folder below that of the results, and the first part of its results' names.

    Folders below those that were named are mirrored; where two photos then have one name, so are all below their common root,
    and where they differ by their ending alone, it is part of the name.
    """
    below = [photo.below for photo in photos]
    whole = Counter(key(folder / photo.shown.name) for photo, folder in zip(photos, below, strict=True))
    if max(whole.values(), default=0) > 1:
        parents = [Path(os.path.abspath(photo.shown)).parent for photo in photos]
        root = os.path.commonpath(parents)
        below = [parent.relative_to(root) for parent in parents]
    stems = [key(folder / f"{p.shown.stem}.{extension(p)}") for p, folder in zip(photos, below, strict=True)]
    often = Counter(stems)
    return [
        (folder, photo.shown.name.replace(".", "-") if often[stem] > 1 else photo.shown.stem)
        for photo, folder, stem in zip(photos, below, stems, strict=True)
    ]


def key(path: Path) -> str:
    """Equal for names that are one on some file system."""
    return unicodedata.normalize("NFC", os.path.abspath(path)).casefold()
