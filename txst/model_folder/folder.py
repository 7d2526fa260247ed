"""Model folders: model.safetensors + config.yaml + README.md, and ONNX graphs where they were asked for.

A folder may come from anybody. Its config can only build networks of txst that paint or read, its weights are plain tensors
and have to fit exactly; nothing in it is executed.
"""

import importlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
import yaml
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from txst.model_folder.config import FORMAT, WEIGHTS, ModelFolderError, PlainDumper, read_config
from txst.model_folder.hub import model_folder
from txst.model_folder.size_limits import few_parts
from txst.model_folder.upgrade import upgrade_weights
from txst.types import Embedder, StyleModel

NETWORKS = (
    "txst.models.", "txst.encoders.", "txst.transfers.", "txst.decoders.", "txst.palette.", "txst.losses.", "txst.canvases.",
)  # fmt: skip
LARGEST_NUMBER = 4096  # in a config, where its weights have no more of anything
FILES = ("weights", "head")  # arguments that name files


def save_folder(folder: str | Path, config: dict[str, Any], weights: dict[str, Tensor], card: str) -> Path:
    """Writes a model folder beside, then renames.

    Args:
        folder: where to; an earlier model folder there is replaced.
        config: `model` and `clip`, each with a `_target_` in one of NETWORKS.
        weights: names as in the modules, prefixed with `model.` and `clip.`.
        card: text of README.md: what it is, what it was made from, its licence.
    """
    folder = Path(folder)
    if folder.exists() and any(folder.iterdir()) and not (folder / "config.yaml").exists():
        raise ModelFolderError(f"{folder} exists and holds no model; name another folder")
    folder.parent.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        save_file({k: v.detach().cpu().contiguous() for k, v in weights.items()}, beside / "model.safetensors")
        (beside / "config.yaml").write_text(
            yaml.dump({"format": FORMAT, **config}, Dumper=PlainDumper, sort_keys=False)
        )
        (beside / "README.md").write_text(card)
        beside.chmod(0o755)
        (beside / "model.safetensors").chmod(0o644)  # safetensors writes for the owner alone
        if folder.exists():
            shutil.rmtree(folder)
        beside.rename(folder)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return folder


def load_folder(folder: str | Path) -> tuple[StyleModel, Embedder]:
    """The model and its embedder, with their weights, in eval mode on the CPU.

    Raises:
        ModelFolderError: naming what is wrong with the folder.
    """
    folder = Path(folder)
    config = read_config(folder)
    try:
        weights = upgrade_weights(load_file(folder / WEIGHTS))
    except (SafetensorError, OSError, ValueError) as error:
        raise ModelFolderError(f"{folder}/{WEIGHTS} is unreadable: {error}") from error
    described = config.get("model")
    within = isinstance(described, dict) and config.get("clip") in described.values()
    clip = load_part(folder, config, weights, "clip") if within else None
    model = load_part(folder, config, weights, "model", clip)
    return model, load_part(folder, config, weights, "clip") if clip is None else clip


def load_model(model: str) -> StyleModel:
    """The model of a folder, or one that is bundled, e.g. as a teacher; see `hub.model_folder` and `load_folder`."""
    return load_folder(model_folder(model))[0]


def load_names(folder: str | Path) -> Any:
    """The palette that a folder has beside its embedder, as a module; None where it has none.

    Raises:
        ModelFolderError: see `load_folder`.
    """
    folder = Path(folder)
    config = read_config(folder)
    if "palette" not in config:
        return None
    with safe_open(folder / WEIGHTS, "pt") as file:
        weights = {name: file.get_tensor(name) for name in file.keys() if name.startswith("palette.")}  # noqa: SIM118
    return load_part(folder, config, weights, "palette")


def load_part(folder: Path, config: dict[str, Any], weights: dict[str, Tensor], part: str, clip: Any = None) -> Any:
    """The model or the embedder; its sizes are compared before memory is taken for them.

    Args:
        folder: where it lies.
        config: that was read of it.
        weights: the same.
        part: `model`, `clip` or `palette`.
        clip: the embedder; a model that names the same within it and does not carry it is given this one.
    """
    own = {k.removeprefix(f"{part}."): v for k, v in weights.items() if k.startswith(f"{part}.")}
    described = config.get(part)
    if not isinstance(described, dict) or "_target_" not in described:
        raise ModelFolderError(f"{folder}/config.yaml describes no {part}")
    kind = network(described["_target_"])
    if part == "model" and not (kind.__module__.startswith("txst.models.") and "prepare_style" in dir(kind)):
        raise ModelFolderError(f"{folder}: {described['_target_']} is no model that paints")
    if part == "palette" and "plain" not in dir(kind):
        raise ModelFolderError(f"{folder}: {described['_target_']} is no palette")
    if part == "clip" and not {"bundled", "text"} <= set(dir(kind)):
        raise ModelFolderError(f"{folder}: {described['_target_']} reads no styles, as clip has to")
    if not own and (part == "model" or kind.bundled):
        raise ModelFolderError(f"{folder}/{WEIGHTS} holds no weights of {part}")
    refuse_foreign_weights(described, bool(own), config.get("clip"))
    if clip is not None and not clip.bundled:
        described = {name: clip if value == config["clip"] else value for name, value in described.items()}
    if own:
        refuse_large_numbers(folder, described, own)
        with torch.device("meta"), few_parts(len(own), described["_target_"]):
            expected = build(described).state_dict()
        wrong = [k for k, v in expected.items() if k not in own or own[k].shape != v.shape]
        if wrong := wrong + [k for k in own if k not in expected]:
            names = ", ".join(f"{part}.{name}" for name in sorted(wrong)[:8])
            raise ModelFolderError(f"{folder}: weights and config disagree about {names}")
    module = build(described)
    if own:
        module.load_state_dict(own)
    return module.eval().requires_grad_(False)


def refuse_large_numbers(folder: Path, described: dict[str, Any], own: dict[str, Tensor]) -> None:
    """No whole number in a config is larger than any side of its weights and their count: it could ask for lists without end."""
    most = max(LARGEST_NUMBER, len(own), *(side for weight in own.values() for side in weight.shape))
    for part in mappings(described):
        for name, value in part.items():
            numbers = value if isinstance(value, list) else [value]
            if any(isinstance(number, int) and abs(number) > most for number in numbers):
                raise ModelFolderError(f"{folder}: weights and config disagree about {name}: it is not {value!r:.80}")


def refuse_foreign_weights(described: dict[str, Any], own: bool, clip: Any = None) -> None:
    """A model's weights are its folder's own, which bound its memory; the CLIP that it names is the one exception.

    Args:
        described: the model or the embedder.
        own: whether the folder has weights of it.
        clip: the embedder, which may be named within the model again.
    """
    for part in mappings(described):
        for file in filter(part.get, FILES):
            if not isinstance(part[file], dict):  # of weights by name, which the sum of losses has
                raise ModelFolderError(f"the config names a file of weights, {part[file]!r}; none is read")
        if part is described or part == clip or "_target_" not in part:
            continue
        if not own or not getattr(network(part["_target_"]), "bundled", True):
            raise ModelFolderError(
                f"the config wants a {part['_target_']} within {described['_target_']}, and the folder has no weights of it"
            )


def mappings(config: Any) -> Iterator[dict[str, Any]]:
    """Itself and all that are in it."""
    if isinstance(config, dict):
        yield config
    for value in config.values() if isinstance(config, dict) else config if isinstance(config, list) else ():
        yield from mappings(value)


def build(config: Any) -> Any:
    """What a config with `_target_`s describes, if all of them are networks of txst."""
    if isinstance(config, list):
        return [build(c) for c in config]
    if not isinstance(config, dict):
        return config
    values = {k: build(v) for k, v in config.items() if k != "_target_"}
    if "_target_" not in config:
        return values
    target = config["_target_"]
    made = network(target)
    try:
        return made(**values)
    except (TypeError, AttributeError, LookupError, RuntimeError, ArithmeticError) as error:
        raise ModelFolderError(f"{target} cannot be built as the config says: {error}") from error


def network(target: Any) -> Any:
    """The class of that name.

    Raises:
        ModelFolderError: it is none that a model is made of.
        ModuleNotFoundError: it is, and wants a package that is not installed.
    """
    module, _, name = str(target).rpartition(".")
    if not module.startswith(NETWORKS) or not name.isidentifier():
        raise ModelFolderError(f"the config wants to build {target!r}; only classes in {', '.join(NETWORKS)} are built")
    try:
        made = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError) as error:
        if isinstance(error, ModuleNotFoundError) and not (error.name or "").startswith("txst"):
            raise
        raise ModelFolderError(f"the config wants to build {target}, which this version of txst lacks") from None
    if not (isinstance(made, type) and issubclass(made, nn.Module) and made.__module__.startswith(NETWORKS)):
        raise ModelFolderError(f"the config wants to call {target}, which is no network")
    return made
