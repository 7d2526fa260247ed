"""What a measurement ran on, in how much memory, and its file."""

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

import txst


def machine() -> str:
    """What it ran on, in words."""
    chip = platform.processor() or platform.machine()
    if Path("/proc/cpuinfo").exists():
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        chip = next((line.partition(": ")[2] for line in lines if line.startswith("model name")), chip)
    card = f", {torch.cuda.get_device_name()}" if torch.cuda.is_available() else ", no GPU"
    return f"{os.cpu_count()} cores of {chip}{card}; torch {torch.__version__}, txst {txst.__version__}"


def resident() -> int | None:
    """Bytes of this process in memory, where the system says so in Linux's way."""
    file = Path("/proc/self/statm")
    return int(file.read_text().split()[1]) * 4096 if file.exists() else None


def write(rows: Sequence[Any], out: Path) -> None:
    """Rows, of dataclasses, and the machine as json, beside and then renamed."""
    out.parent.mkdir(parents=True, exist_ok=True)
    beside = out.with_name(f".{out.name}.part")
    beside.write_text(json.dumps({"machine": machine(), "rows": [asdict(r) for r in rows]}, indent=1) + "\n")
    beside.replace(out)
