"""Shards that img2dataset or another program wrote: a picture, a txt and a json under one key, and no manifest of ours.

img2dataset (https://github.com/rom1504/img2dataset) writes `00000.tar`, ... with `000000012.jpg`, `.txt` (the caption) and `.json`
(url, caption, width, height, ...). They have no test split: one picture in twenty is kept for it, by the hash of its bytes, so that
a picture is never on both sides. Near-duplicates are not looked for; scripts/make_shards.py does that.
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from txst.data.names import aliases, tidy
from txst.data.survey import name_id

TEST = 0.05  # share of the pictures that are kept for validation
ENDINGS = ("jpg", "jpeg", "png", "webp")  # of pictures; img2dataset writes any of them
TEXT = "txt"


def is_foreign(entry: str) -> bool:
    """Whether an entry of a source is a shard itself, or a folder of shards that scripts/make_shards.py did not write."""
    if entry.endswith(".tar"):
        return True
    unfinished = any(Path(entry, name).exists() for name in ("manifest.json", "progress.json"))
    return not unfinished and any(Path(entry).glob("*.tar"))


def shards_in(entry: str) -> list[str]:
    """The shards of an entry that is foreign."""
    return [entry] if entry.endswith(".tar") else sorted(map(str, Path(entry).glob("*.tar")))


def describe(
    files: Mapping[str, Any], facts: Mapping[str, Any], picture: bytes, named_by: str | None
) -> dict[str, Any]:
    """What our own json would say of a sample.

    Args:
        files: of the sample, by their endings.
        facts: what its json says.
        picture: its bytes.
        named_by: what names the style: `txt`, or a field of the json. None for photos, which have no name.

    Raises:
        ValueError: there is nothing of that name.
    """
    name = ""
    if named_by:
        said = files[TEXT].decode() if named_by == TEXT and TEXT in files else facts.get(named_by, files)
        if said is files:
            raise ValueError(
                f"no {named_by!r} with it: let data.prompt be {TEXT}, or a field of the json: {', '.join(facts)}"
            )
        name = tidy(str(said or ""))
        name = aliases().get(name, name)
    return {
        "artist": name,
        "artist_id": name_id(name),
        "movement": "",
        "title": "",
        "licence": str(facts.get("licence") or facts.get("license") or ""),
        "source": str(facts.get("source") or facts.get("url") or ""),
        "split": side(picture),
    }


def side(picture: bytes) -> str:
    """`train` or `test`, by the picture's bytes."""
    number = int.from_bytes(hashlib.sha256(picture).digest()[:8])
    return "test" if number < TEST * 2**64 else "train"


def facts_of(files: Mapping[str, Any]) -> dict[str, Any]:
    """What the json of a sample says; a txt alone will do."""
    if "json" not in files and TEXT in files:
        return {}
    facts = json.loads(files["json"])
    if not isinstance(facts, dict):
        raise ValueError(f"its json holds a {type(facts).__name__} and no fields")
    return facts
