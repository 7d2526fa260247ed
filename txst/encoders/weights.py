"""Where weights lie on this machine, and how a file of them is read."""

import hashlib
import os
import sys
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

TORCHVISION = "https://download.pytorch.org/models"
ADAIN = "https://github.com/naoto0804/pytorch-AdaIN/releases/download/v0.0.0"
DOWNLOADS = {  # what `txst fetch` knows by name beside CLIP: address, and sha256 or its beginning
    "vgg": (f"{TORCHVISION}/vgg19-dcbb9e9d.pth", "dcbb9e9d"),
    "vgg_normalised": (
        f"{ADAIN}/vgg_normalised.pth",
        "804ca2835ecf7539f0cd2a7ac3c18ce81e6f8468969ae7117ac0c148d286bb4a",
    ),
    "adain_decoder": (
        f"{ADAIN}/decoder.pth",
        "379ca41d59f3a37eed3599bbbc2560c19da5c458870a5ffd3a9dd41aa88f9472",
    ),
    "squeezenet": (f"{TORCHVISION}/squeezenet1_1-b8a52dc0.pth", "b8a52dc0"),
}


def cache_folder() -> Path:
    """Folder of downloaded weights: $TXST_HOME, or the platform's own place for such things."""
    if home := os.environ.get("TXST_HOME"):
        return Path(home).expanduser()
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "txst"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home())) / "txst" / "Cache"
    return Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "txst"


def find(weights: str | Path) -> Path:
    """The file itself, or the downloaded one of that name."""
    places = [Path(weights).expanduser(), cache_folder() / weights]
    for place in places:
        if place.is_file():
            return place
    names = [name for name, (url, _) in DOWNLOADS.items() if url.endswith(f"/{weights}")]
    remedy = f"`txst fetch {names[0]}` downloads it" if names else "give the path of a file"
    raise FileNotFoundError(f"no weights at {places[0]} nor at {places[1]}: {remedy}")


def read(weights: str | Path) -> dict[str, Tensor]:
    """Every tensor of a .safetensors or of a torch file, in float32. Nothing in the file is executed."""
    path = find(weights)
    tensors = load_file(path) if path.suffix == ".safetensors" else torch.load(path, "cpu", weights_only=True)
    if not isinstance(tensors, Mapping) or not all(isinstance(t, Tensor) for t in tensors.values()):
        raise ValueError(f"{path} holds a {type(tensors).__name__} that is no plain map of name -> tensor")
    return {name: tensor.float() for name, tensor in tensors.items()}


def fill(module: nn.Module, tensors: Mapping[str, Tensor], source: str | Path) -> None:
    """Copies each weight that the module has out of `tensors`, which may hold more (deeper layers)."""
    wanted = module.state_dict()
    if missing := [name for name in wanted if name not in tensors]:
        raise ValueError(
            f"{source} lacks {', '.join(missing[:4])}; it holds {', '.join(list(tensors)[:4])}, ..."
        )
    for name, weight in wanted.items():
        if weight.shape != tensors[name].shape:
            raise ValueError(
                f"{name} is {tuple(tensors[name].shape)} in {source} but {tuple(weight.shape)} here: "
                f"set the widths of {type(module).__name__} to the file's"
            )
    module.load_state_dict({name: tensors[name] for name in wanted})


def origin(weights: str | Path) -> str:
    """A file of weights by its name and the beginning of its sha256, for whoever says what was measured with it."""
    path = find(weights)
    with path.open("rb") as file:
        return f"{path.name}, sha256 {hashlib.file_digest(file, 'sha256').hexdigest()[:8]}"
