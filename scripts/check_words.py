"""Shows how prompts as people type them are read, by kind; writes the tables of docs/WORDS.md.

python scripts/check_words.py                      # the bundled model
python scripts/check_words.py models/mine --show   # another; with the prompts that are read wrongly
"""

import argparse
import zlib
from collections.abc import Sequence
from pathlib import Path

HELD_OUT = 100  # prompts at the end of the file that the reader was not built with
LATER = 44  # prompts at the end of meaning.csv that were written after the associations
ROOT = Path(__file__).resolve().parent.parent
HEAD = """# What people type

How the prompts of `tests/data/prompts.csv` are read, with the palette of {model}. `python scripts/check_words.py` makes this page.

- **right**: what the row says is understood, nothing else is, and what has no meaning is told. Of these
- **painted** by pictures of what is named (of a movement without pictures, by its members'),
- **stand-in**: some of it by something near, or not at all, and the description says so,
- **refused**: not painted, with the name of what is not in the data, or because the prompt means nothing for a style.
- **untold**: words that are neither used nor named as unused.

The words stand in `txst/palette`: `artists.csv` ({artists:,} painters), `words.csv` ({words:,} movements, media, textures, looks and famous works, in
{spellings:,} spellings), `ordinary.txt`, `little_words.txt` and `associations.txt`; {size:.0f} KB, {packed:.0f} KB in the wheel.
The prompts, and what is right, were written before the reader, but for the last three of the first part.

Words that no table has are read by what they mean: `txst/palette/meaning.safetensors` ({table:,.0f} KB) has a vector of {width} numbers for each of {pieces:,} pieces of words. A text is the sum of its pieces, in numpy, with the
same answer on every machine, and of {terms} movements, media, textures and looks the one whose sayings lie nearest is its guess. The sayings are the spellings of `words.csv` and `associations.txt` (materials,
motifs, moods, places and periods). Where a guess is surer than {sure:.2f}, it is taken and told: `"graveyard" as dark (look)`; under it the words are refused, or told not to be used. `--nearest` paints the guess all the same, and says what it is.
Beside a style that is named only a look is guessed at, and not from ordinary words: "monet, haunted house" names something to see, which is told not to be used.

The vectors were distilled from the sentence encoder all-MiniLM-L6-v2 (Apache-2.0, used in training alone) by `python scripts/train_meaning.py --teacher FOLDER` ([docs/REPRODUCE.md](REPRODUCE.md#words-that-no-table-has)), and the
score found on sayings that were held out. No prompt of the last 100, and none of `tests/data/meaning.csv`, is one of the phrases that it learnt from or goes with a term; {plain} of the latter are words of `ordinary.txt`, which say nothing. The sayings
have the same author as the prompts.
"""
REST = "\n## Media on the output\n"  # from here on the page is not made by this command


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", nargs="?", help="a model folder with a palette (default: the bundled one)")
    parser.add_argument("--prompts", type=Path, default=ROOT / "tests/data/prompts.csv")
    parser.add_argument(
        "--meaning", type=Path, default=ROOT / "tests/data/meaning.csv", help="prompts of words that no table has"
    )
    parser.add_argument(
        "--show", choices=("first", "all"), help="list what is read wrongly, without or with the last {HELD_OUT}"
    )
    parser.add_argument("-o", "--out", type=Path, default=ROOT / "docs/WORDS.md")
    args = parser.parse_args()

    from txst import Stylist
    from txst.evaluation.prompts import is_right, rows, table

    stylist = Stylist.from_pretrained(args.model)
    palette, prompts = stylist.styles.palette(), rows(args.prompts)
    parts = {
        f"The first {len(prompts) - HELD_OUT}, which the reader was built with": prompts[:-HELD_OUT],
        f"The last {HELD_OUT}, held out until the end": prompts[-HELD_OUT:],
    }
    rare = rows(args.meaning)
    parts |= {
        f"Words that no table has: {len(rare) - LATER}, written before the associations": rare[:-LATER],
        f"Words that no table has: {LATER}, written after them, before a guess was tried": rare[-LATER:],
    }
    page = HEAD.format(
        model=f"`{args.model}`" if args.model else "the bundled model",
        **figures([row.prompt for row in rows(args.meaning)]),
    )
    page += "".join(f"\n## {title}\n\n{table(palette, some)}\n" for title, some in parts.items())
    before = args.out.read_text(encoding="utf-8") if args.out.is_file() else ""
    args.out.write_text(page + "".join(before.partition(REST)[1:]), encoding="utf-8")
    print(page)
    shown = [*prompts[:-HELD_OUT], *rare[:-LATER]] if args.show == "first" else [*prompts, *rare]
    for row in shown if args.show else ():
        if not is_right(palette.read(row.prompt), row.right, palette.lexicon):
            print(f"{row.prompt!r}: {row.right}\n    {palette.describe(row.prompt) or 'nothing'}")


def figures(rare: Sequence[str]) -> dict[str, float]:
    """How many words there are, and how large they are."""
    from txst.palette.meaning import FILE, meaning
    from txst.palette.spelling import fold
    from txst.palette.tables import ordinary, tables, text_of

    texts = [
        text_of(name).encode()
        for name in ("artists.csv", "words.csv", "ordinary.txt", "little_words.txt", "associations.txt")
    ]
    artists = [entry for entry in tables() if entry.term.kind == "artist"]
    others = [entry for entry in tables() if entry.term.kind != "artist"]
    return {
        "artists": len(artists),
        "words": len(others),
        "spellings": sum(len(entry.spellings) for entry in others),
        "size": sum(map(len, texts)) / 1000,
        "packed": sum(len(zlib.compress(text)) for text in texts) / 1000,
        "table": FILE.stat().st_size / 1000,
        "pieces": len(meaning().table),
        "width": meaning().table.shape[1],
        "terms": len(meaning().terms),
        "sure": meaning().sure,
        "plain": sum(fold(prompt) in ordinary() for prompt in rare),
    }


if __name__ == "__main__":
    main()
