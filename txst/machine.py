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


def multiplies_in_bf16(kind: str) -> bool:
    """Whether a device of this kind (cuda, cpu) has instructions for products of bf16."""
    if kind == "cuda":
        return torch.cuda.is_available() and torch.cuda.is_bf16_supported(including_emulation=False)
    return kind == "cpu" and bool(torch.cpu.get_capabilities().get("avx512_bf16"))


def quickest_precision(accelerator: str) -> str:
    """Lightning's name of the precision in which a step is quickest on `auto`, `gpu` or `cpu`: bf16-mixed or 32-true."""
    gpu = accelerator != "cpu" and torch.cuda.is_available()
    return "bf16-mixed" if multiplies_in_bf16("cuda" if gpu else "cpu") else "32-true"


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
