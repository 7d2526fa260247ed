"""The old name of scripts/train_artist_classifier.py; the next version drops it."""

import runpy
import sys
from pathlib import Path

if __name__ == "__main__":
    print("scripts/train_judge.py is called scripts/train_artist_classifier.py now", file=sys.stderr)
    runpy.run_path(str(Path(__file__).with_name("train_artist_classifier.py")), run_name="__main__")
