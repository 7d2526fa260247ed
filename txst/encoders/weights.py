"""Where weights lie on this machine, and how a file of them is read."""

import hashlib
import pickle
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from txst.encoders.downloads import DOWNLOADS, cache_folder


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
    try:
        safe = path.suffix == ".safetensors"
        tensors = load_file(path) if safe else torch.load(path, "cpu", weights_only=True)
    except (SafetensorError, pickle.UnpicklingError, RuntimeError, EOFError) as error:
        raise ValueError(
            f"{path} cannot be read: it is damaged, no file of weights, or holds more than tensors"
        ) from error
    if not isinstance(tensors, Mapping) or not all(isinstance(t, Tensor) for t in tensors.values()):
        raise ValueError(f"{path} holds a {type(tensors).__name__} that is no plain map of name -> tensor")
    return {name: tensor.float() for name, tensor in tensors.items()}


def fill(module: nn.Module, tensors: Mapping[str, Tensor], source: str | Path) -> None:
    """Copies each weight that the module has out of `tensors`, which may hold more (deeper layers)."""
    wanted = module.state_dict()
    if missing := [name for name in wanted if name not in tensors]:
        raise ValueError(f"{source} lacks {', '.join(missing[:4])}; it holds {', '.join(list(tensors)[:4])}, ...")
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
