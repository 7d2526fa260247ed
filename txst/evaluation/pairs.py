"""Which photo meets which artist: a fixed list, the same for every method, whose hash stands in every result."""

import io
import json
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

from PIL import Image, ImageOps

from txst.data.layouts import find
from txst.data.module import Source, folders, manifest
from txst.data.samples import Sample, prompt, read_shard
from txst.images import to_srgb
from txst.text import canonical, clean, wikiart_name

RESIZE = "the centre square, Pillow's bicubic filter with antialiasing"
HELD_OUT = ("test", "heldout")  # splits of the shards that no training sees


@dataclass(frozen=True)
class Pair:
    photo: str  # sha256 of the picture's file
    painting: str  # the same, of a real work of the artist
    artist: str
    movement: str
    label: str  # what the photo shows, as its shard says
    split: str  # of the painting


@dataclass(frozen=True)
class Pairs:
    """The list."""

    rows: tuple[Pair, ...]
    left_out: tuple[str, ...] = ()  # artists with enough works, but none in the splits that count

    @cached_property
    def sha256(self) -> str:
        return digest(json.dumps([[p.photo, p.painting, p.artist] for p in self.rows], ensure_ascii=False))

    def save(self, file: Path) -> None:
        content = {
            "sha256": self.sha256,
            "left_out": self.left_out,
            "pairs": [asdict(pair) for pair in self.rows],
        }
        file.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def load_pairs(file: Path) -> Pairs:
    """Reads a list that a run has left.

    Raises:
        ValueError: it is no such list, or not what it was.
    """
    try:
        content = json.loads(Path(file).read_text(encoding="utf-8"))
        pairs = Pairs(tuple(Pair(**row) for row in content["pairs"]), tuple(content["left_out"]))
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{file} is no list of pairs as evaluate.py writes it: {error!r}") from None
    if pairs.sha256 != content["sha256"]:
        raise ValueError(
            f"{file} was changed: its pairs have the hash {pairs.sha256}, not {content['sha256']}"
        )
    return pairs


def draw_pairs(
    content: Source,
    style: Source,
    artists: int = 36,
    photos: int = 2,
    works: int = 20,
    splits: Sequence[str] = HELD_OUT,
    seed: int = 0,
    every: Sequence[int] | None = None,
    table: str | None = None,
) -> Pairs:
    """The list: as many photos for each of several artists, each photo as often as the others. A function of the seed and the pictures.

    Args:
        content: folders of shards, or of plain pictures.
        style: the same.
        artists: at most so many, those with most works first.
        photos: for each artist.
        works: in all splits together, that an artist must have.
        splits: a painting is taken from the first of these in which its artist has any.
        seed: of the order of photos and paintings.
        every: each photo with each painting instead, whoever made it, of which there have to be so many and so many.
        table: a CSV that names the artists of plain pictures, see `layouts.find`.
    """
    order = lambda s: digest(f"{seed} {s['sha256']}")  # noqa: E731
    shown = sorted(index(content, HELD_OUT), key=order)
    painted = sorted(index(style, splits, table), key=order)
    if every is not None:
        if [len(shown), len(painted)] != list(every):
            raise ValueError(
                f"the protocol is of {every[0]} photos and {every[1]} paintings, and in {content} and {style} "
                f"there are {len(shown)} and {len(painted)} different ones"
            )
        return Pairs(tuple(pair(photo, painting) for photo in shown for painting in painted))
    known = works_of(style, painted)
    by_artist: dict[str, list[Sample]] = defaultdict(list)
    for side in (*splits, "plain"):
        found = defaultdict(list)
        for sample in painted:
            if sample["split"] == side and prompt(sample):
                found[prompt(sample)].append(sample)
        by_artist |= {name: own for name, own in found.items() if name not in by_artist}
    able = sorted((n for n in known if known[n] >= works), key=lambda n: (-known[n], n))
    chosen = sorted([n for n in able if n in by_artist][:artists])
    if not chosen:
        raise ValueError(
            f"no artist in {style} has {works} works and one in {list(splits)}; lower pairs.works"
        )
    if photos > len(shown):
        raise ValueError(f"{photos} photos for each artist are wanted, and {content} holds {len(shown)}")
    rows = []
    for at, name in enumerate(chosen):
        for turn in range(photos):
            photo = shown[(at * photos + turn) % len(shown)]
            rows.append(pair(photo, by_artist[name][turn % len(by_artist[name])]))
    return Pairs(tuple(rows), tuple(sorted(n for n in able if n not in by_artist)))


def pair(photo: Sample, painting: Sample) -> Pair:
    return Pair(
        photo["sha256"], painting["sha256"], prompt(painting), painting["movement"], photo["movement"],
        painting["split"],
    )  # fmt: skip


def works_of(style: Source, samples: Sequence[Sample]) -> Counter[str]:
    """How many works each artist has in all splits: by the manifests, or among plain pictures."""
    counts: Counter[str] = Counter()
    for folder in folders(style or []):
        if is_packed(folder):
            counts.update({row["name"]: row["count"] for row in manifest(folder)["artists"]})
    return counts or Counter(prompt(sample) for sample in samples if prompt(sample))


def index(source: Source, splits: Collection[str], table: str | None = None) -> list[Sample]:
    """What is known of every picture, without the pictures; each file once."""
    found: dict[str, Sample] = {}
    for sample in samples(source, splits, table):
        name = sha256(sample["jpg"]).hexdigest()
        found.setdefault(name, {k: v for k, v in sample.items() if k != "jpg"} | {"sha256": name})
    if not found:
        raise ValueError(
            f"no pictures to evaluate on in {source!r}: name folders of shards with test pictures, which "
            "scripts/make_shards.py makes (data/README.md), or folders of pictures"
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
    """Pictures in no shard; `artist-name_title.jpg` names an artist, and so does a table."""
    for picture in find("coco", folder, Path(table) if table else None):
        artist = picture.artist or ("_" in picture.file.stem and wikiart_name(picture.file.name)[0])
        yield {
            "jpg": picture.file.read_bytes(),
            "artist": canonical(artist or ""),
            "movement": clean(picture.movement),
            "split": "plain",
        }


def is_packed(folder: str) -> bool:
    return folder.startswith("http") or Path(folder, "manifest.json").is_file()


def pictures(pairs: Pairs, content: Source, style: Source, splits: Collection[str]) -> dict[str, bytes]:
    """The files of all pictures of the list, by their sha256.

    Raises:
        ValueError: some are not there.
    """
    wanted = {p.photo for p in pairs.rows} | {p.painting for p in pairs.rows}
    found = {}
    for source in (content, style):
        for sample in samples(source, {*splits, *HELD_OUT}):
            if (name := sha256(sample["jpg"]).hexdigest()) in wanted:
                found[name] = sample["jpg"]
    if missing := wanted - found.keys():
        raise ValueError(
            f"{len(missing)} of the {len(wanted)} pictures of the list are not in {content!r} and {style!r}, "
            f"such as that with the sha256 {min(missing)}: the list was made with other shards"
        )
    return found


def square(data: bytes, size: int) -> Image.Image:
    """A picture as it is judged, see `RESIZE`."""
    with Image.open(io.BytesIO(data)) as image:
        whole: Any = to_srgb(ImageOps.exif_transpose(image)).convert("RGB")
    return ImageOps.fit(whole, (size, size), Image.Resampling.BICUBIC)


def digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()
