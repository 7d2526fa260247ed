"""Public weights that `txst fetch` knows by name, and the folder that they come to."""

import os
from pathlib import Path

from platformdirs import user_cache_path

TORCHVISION = "https://download.pytorch.org/models"
ADAIN = "https://github.com/naoto0804/pytorch-AdaIN/releases/download/v0.0.0"
DOWNLOADS = {  # what `txst fetch` knows by name beside CLIP: address, and sha256 or its beginning
    "vgg": (f"{TORCHVISION}/vgg19-dcbb9e9d.pth", "dcbb9e9d"),
    "vgg16": (f"{TORCHVISION}/vgg16-397923af.pth", "397923af"),
    "vgg_normalised": (
        f"{ADAIN}/vgg_normalised.pth",
        "804ca2835ecf7539f0cd2a7ac3c18ce81e6f8468969ae7117ac0c148d286bb4a",
    ),
    "adain_decoder": (f"{ADAIN}/decoder.pth", "379ca41d59f3a37eed3599bbbc2560c19da5c458870a5ffd3a9dd41aa88f9472"),
    "squeezenet": (f"{TORCHVISION}/squeezenet1_1-b8a52dc0.pth", "b8a52dc0"),
}


def cache_folder() -> Path:
    """Folder of downloaded weights: $TXST_HOME, or the platform's own place for such things."""
    home = os.environ.get("TXST_HOME")
    return Path(home).expanduser() if home else user_cache_path("txst", appauthor=False)
