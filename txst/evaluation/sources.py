"""The pictures of a board: from shards, or from folders of plain pictures."""

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from PIL import Image, ImageOps

from txst.data.layouts import find
from txst.data.names import canonical, clean, wikiart_name
from txst.data.samples import Sample, read_shard, sha256
from txst.data.sources import Source, folders, manifest
from txst.images import open_picture
from txst.pictures.transparency import on_white

RESIZE = "the centre square, Pillow's bicubic filter with antialiasing"
HELD_OUT = ("test", "heldout")  # splits of the shards that no training sees


def index(source: Source, splits: Collection[str], table: str | None = None) -> list[Sample]:
    """The facts of every picture, without the picture itself; each file once."""
    found: dict[str, Sample] = {}
    for sample in samples(source, splits, table):
        name = sha256(sample)
        found.setdefault(name, {k: v for k, v in sample.items() if k != "jpg"} | {"sha256": name})
    if not found:
        raise ValueError(
            f"no pictures to evaluate on in {source!r}: give folders of shards with test pictures "
            "(scripts/make_shards.py makes them, see data/README.md), or folders of pictures"
        )
    return list(found.values())


def samples(source: Source, splits: Collection[str], table: str | None = None) -> Iterator[Sample]:
    """The undecoded samples of some splits of shards; of a folder of plain pictures, all."""
    for folder in folders(source or []):
        if not is_packed(folder):
            yield from plain(Path(folder), table)
            continue
        for shard in manifest(folder)["shards"]:
            if shard.rpartition("-")[0] in splits:
                yield from read_shard(f"{folder}/{shard}")


def plain(folder: Path, table: str | None) -> Iterator[Sample]:
    """Pictures in no shard; `artist-name_title.jpg` names an artist (`IMG_1.jpg` does not), and so does a table."""
    for picture in find("coco", folder, Path(table) if table else None):
        named = "-" in picture.file.stem.partition("_")[0] and "_" in picture.file.stem
        artist = picture.artist or (named and wikiart_name(picture.file.name)[0])
        yield {
            "jpg": picture.file.read_bytes(),
            "artist": canonical(artist or ""),
            "movement": clean(picture.movement),
            "split": "plain",
        }


def is_packed(folder: str) -> bool:
    return folder.startswith("http") or Path(folder, "manifest.json").is_file()


def square(data: bytes, size: int) -> Image.Image:
    """A picture as it is measured, see `RESIZE`."""
    whole: Any = on_white(open_picture(data))
    return ImageOps.fit(whole, (size, size), Image.Resampling.BICUBIC)
