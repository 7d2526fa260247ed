"""Paints photos; the same as the `txst` command: python scripts/infer.py photo.jpg --style "claude monet" -o out."""

import sys

from txst.__main__ import main

if __name__ == "__main__":
    sys.exit(main())
