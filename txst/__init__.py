"""Text-driven style transfer: name a style, get the picture, in one pass of one network."""

import os
from typing import Any

# What is done with txst is reported to nobody. These libraries look here when they are imported; who has set one keeps it.
SILENT = {
    "ORT_DISABLE_TELEMETRY": "1",  # ONNX Runtime, else with a file in the home folder and a query after some minutes
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "GRADIO_ANALYTICS_ENABLED": "False",
    "WANDB_ERROR_REPORTING": "false",  # wandb's own crashes, in offline mode too
}
for name, value in SILENT.items():
    os.environ.setdefault(name, value)

__version__ = "0.2.0"
__all__ = ["Photo", "Stylist"]


def __getattr__(name: str) -> Any:
    if name == "Stylist":  # imported when asked for: `txst --help` need not wait for torch
        from txst.inference.stylist import Stylist

        return Stylist
    if name == "Photo":
        from txst.inference.photo import Photo

        return Photo
    raise AttributeError(f"module 'txst' has no attribute {name!r}")
