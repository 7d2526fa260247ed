"""The pairs of photos and artists: a fixed list, the same for every method. Its hash is in every result."""

import json
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from itertools import cycle
from pathlib import Path

from txst.data.samples import Sample, prompt, sha256
from txst.data.sources import Source, folders, manifest
from txst.data.split import digest
from txst.evaluation.report import write_json
from txst.evaluation.sources import HELD_OUT, index, is_packed, samples
from txst.layers.artist_classifier import read_facts


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
    """The list of pairs."""

    rows: tuple[Pair, ...]
    left_out: tuple[str, ...] = ()  # artists with enough works, but none in the splits that count

    @cached_property
    def sha256(self) -> str:
        return digest(json.dumps([[p.photo, p.painting, p.artist] for p in self.rows], ensure_ascii=False))

    def save(self, file: Path) -> None:
        rows = [asdict(pair) for pair in self.rows]
        write_json(file, {"sha256": self.sha256, "left_out": self.left_out, "pairs": rows})


def load_pairs(file: Path) -> Pairs:
    """Reads the list of an earlier run.

    Raises:
        ValueError: the file is not such a list, or was changed.
    """
    try:
        content = json.loads(Path(file).read_text(encoding="utf-8"))
        pairs = Pairs(tuple(Pair(**row) for row in content["pairs"]), tuple(content["left_out"]))
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{file} is not a list of pairs from scripts/evaluate.py: {error!r}") from None
    if pairs.sha256 != content["sha256"]:
        raise ValueError(f"{file} was changed: its pairs have the hash {pairs.sha256}, not {content['sha256']}")
    return pairs


def draw_pairs(
    content: Source,
    style: Source,
    artists: int = 36,
    without: Sequence[str] = (),
    photos: int = 2,
    works: int = 20,
    splits: Sequence[str] = HELD_OUT,
    seed: int = 0,
    every: Sequence[int] | None = None,
    table: str | None = None,
    artist_classifier: str | None = None,
) -> Pairs:
    """The list: the same number of photos for each artist, and every photo equally often. It depends only on the seed and the pictures.

    Args:
        content: folders of shards, or of plain pictures.
        style: the same.
        artists: most artists, those with most works first.
        without: artists who are left out, such as those that one of the methods does not know.
        photos: for each artist.
        works: fewest works of an artist, in all splits together.
        splits: a painting comes from the first of these in which its artist has any.
        seed: of the order of photos and paintings.
        every: numbers of photos and paintings; then each photo is paired with each painting, whoever made it.
        table: a CSV that names the artists of plain pictures, see `layouts.find`.
        artist_classifier: folder that scripts/train_artist_classifier.py wrote; only works that it was not trained on are taken.
    """
    order = lambda s: digest(f"{seed} {s['sha256']}")  # noqa: E731
    shown = sorted(index(content, HELD_OUT), key=order)
    painted = sorted(index(style, splits, table), key=order)
    if every is not None:
        return crossed(shown, painted, every)
    if artist_classifier:
        painted = unseen(painted, artist_classifier)
    known, by_artist = works_of(style, painted), first_of(painted, splits)
    if unknown := sorted(set(without) - known.keys()):
        raise ValueError(f"pairs.without names {unknown[0]!r}, of whom {style} has no work")
    able = sorted((n for n in known if known[n] >= works and n not in without), key=lambda n: (-known[n], n))
    chosen = sorted([n for n in able if n in by_artist][:artists])
    if not chosen:
        raise ValueError(f"no artist in {style} has {works} works and one of them in {list(splits)}: lower pairs.works")
    if photos > len(shown):
        raise ValueError(f"pairs.photos is {photos}, but {content} has only {len(shown)} photos")
    turns = ((name, turn) for name in chosen for turn in range(photos))
    rows = (
        pair(photo, by_artist[name][turn % len(by_artist[name])])
        for photo, (name, turn) in zip(cycle(shown), turns, strict=False)
    )
    return Pairs(tuple(rows), tuple(sorted(n for n in able if n not in by_artist)))


def unseen(paintings: Sequence[Sample], artist_classifier: str) -> list[Sample]:
    """Those that a classifier of artists was not trained on."""
    facts = read_facts(artist_classifier)
    fresh = lambda s: s["sha256"] in facts["held_out"] or prompt(s) not in facts["artists"]  # noqa: E731
    return [s for s in paintings if s["split"] == "test" or fresh(s)]


def crossed(photos: Sequence[Sample], paintings: Sequence[Sample], every: Sequence[int]) -> Pairs:
    """Each photo with each painting."""
    if [len(photos), len(paintings)] != list(every):
        raise ValueError(
            f"pairs.every needs {every[0]} photos and {every[1]} paintings, but there are {len(photos)} and "
            f"{len(paintings)} in data.content and data.style"
        )
    return Pairs(tuple(pair(photo, painting) for photo in photos for painting in paintings))


def first_of(paintings: Sequence[Sample], splits: Sequence[str]) -> dict[str, list[Sample]]:
    """Each artist's paintings in the first split in which there are any."""
    found: dict[str, list[Sample]] = {}
    for side in (*splits, "plain"):
        own = defaultdict(list)
        for sample in paintings:
            if sample["split"] == side and prompt(sample):
                own[prompt(sample)].append(sample)
        found = own | found
    return found


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


def pictures(pairs: Pairs, content: Source, style: Source) -> dict[str, bytes]:
    """The files of all pictures of the list, by their sha256.

    Raises:
        ValueError: some are not there.
    """
    wanted = {p.photo for p in pairs.rows} | {p.painting for p in pairs.rows}
    found = {}
    for source in (content, style):
        for sample in samples(source, {*HELD_OUT, *(p.split for p in pairs.rows)}):
            if (name := sha256(sample)) in wanted:
                found[name] = sample["jpg"]
    if missing := wanted - found.keys():
        raise ValueError(
            f"{len(missing)} of the {len(wanted)} pictures of the list are not in {content!r} and {style!r}, "
            f"such as that with the sha256 {min(missing)}: the list was made with other shards"
        )
    return found
