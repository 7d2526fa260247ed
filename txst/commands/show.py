"""txst show RESULT...: what made a picture."""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from txst.commands.records import DIGESTS, Record, is_unchanged, read_record
from txst.files.printable import printable


def parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(prog="txst show", description="Says what made a result: photo, model, style, controls.")
    p.add_argument("pictures", nargs="+", type=Path, help="results of txst")
    p.add_argument("--json", action="store_true", help="print a line of JSON for each picture")
    return p


def run(argv: Sequence[str]) -> int:
    """Prints what made each picture; returns 1 if one of them is no result of txst."""
    args = parser().parse_args(argv)
    code = 0
    for picture in args.pictures:
        record = read_record(picture)
        if record is None:
            there = "not a result of txst, or its note was taken out" if picture.exists() else "no such file"
            print(f"txst: {picture}: {there}", file=sys.stderr)
            code = 1
        elif args.json:
            said = {name: value for name, value in record.items() if name not in DIGESTS}
            print(json.dumps({"file": str(picture), **said, "changed": not is_unchanged(picture)}))
        else:
            print("\n".join([f"{printable(str(picture), lines=False)}:", *told(record, picture)]))
    return code


def told(record: Record, picture: Path) -> Iterator[str]:
    """A line for each thing that a note says; it may come from anybody."""
    for name, value in record.items():
        if name not in DIGESTS and name != "strip":
            yield f"  {printable(name, lines=False).replace('_', ' ')}: {printable(said(value), lines=False)}"
    if record.get("strip") or not record:
        yield "  painted by txst; its note says no more"
    if record and not is_unchanged(picture):
        yield "  it was changed since txst wrote it"


def said(value: Any) -> str:
    """A value of a note as text; of a mix each part with its weight, of a region the mask with its style."""
    if isinstance(value, list):
        return ", ".join(":".join(map(str, part)) if isinstance(part, list) else str(part) for part in value)
    return f"{value:g}" if isinstance(value, float) else str(value)
