"""The old name of scripts/check_metrics.py; the next version drops it."""

import runpy
import sys
from pathlib import Path

if __name__ == "__main__":
    print("scripts/check_judges.py is called scripts/check_metrics.py now", file=sys.stderr)
    runpy.run_path(str(Path(__file__).with_name("check_metrics.py")), run_name="__main__")
