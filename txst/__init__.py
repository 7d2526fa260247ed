"""Text-driven style transfer: name a style, get the picture, in one pass of one network."""

from typing import Any

__version__ = "0.1.0"
__all__ = ["Photo", "Stylist"]


def __getattr__(name: str) -> Any:
    if name == "Stylist":  # imported when asked for: `txst --help` need not wait for torch
        from txst.inference.stylist import Stylist

        return Stylist
    if name == "Photo":
        from txst.inference.photo import Photo

        return Photo
    raise AttributeError(f"module 'txst' has no attribute {name!r}")
