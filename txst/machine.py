"""What a measurement ran on, and in how much memory."""

import os
import platform
from pathlib import Path

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
