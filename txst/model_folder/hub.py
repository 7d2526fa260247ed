"""Where a model lies: a folder, a bundled model's name, or a repository on the Hugging Face hub."""

import re
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from txst.model_folder.config import GRAPHS, LARGEST, ModelFolderError, check_folder

BUNDLED = Path(__file__).parent.parent / "weights" / "painter"  # the default
FILES = ("config.yaml", "model.safetensors", "README.md", *(f"{g}.onnx" for g in (*GRAPHS, "paint_int8", "words")))
LARGEST_MODEL = sum(LARGEST.values())  # bytes


def model_folder(model: str | Path | None) -> Path:
    """The folder of a model.

    Args:
        model: a folder, a bundled model's name, `org/name` of the hub; None is `painter`.
    """
    name = str(model or BUNDLED)
    if Path(name).is_dir():
        return Path(name)
    if name in bundled():
        return bundled()[name]
    if re.fullmatch(r"[\w-][\w.-]*/[\w-][\w.-]*", name):
        return download(name)
    known = ", ".join(bundled())
    raise ModelFolderError(f"{name} is no model folder, no bundled model ({known}) and no org/name of the hub")


def bundled() -> dict[str, Path]:
    """The models that come with the package: name -> folder."""
    return {path.name: path for path in sorted(BUNDLED.parent.iterdir()) if path.is_dir()}


def download(repository: str) -> Path:
    """A model of the hub, from the hub's cache where it is there; offline mode (HF_HUB_OFFLINE=1) is honoured."""
    try:
        hub = installed()
        check_download(hub, repository)
        return Path(hub.snapshot_download(repository, allow_patterns=list(FILES)))
    except ModelFolderError:
        raise
    except (OSError, ValueError) as error:
        reason = str(error).strip().splitlines()[0]
        raise ModelFolderError(f"{repository} is no folder here, and not to be had of the hub: {reason}") from error


def check_download(hub: Any, repository: str) -> None:
    """Whether the files have the size of a model; without a connection there is nothing to download."""
    try:
        found = hub.snapshot_download(repository, allow_patterns=list(FILES), dry_run=True)
    except hub.errors.DryRunError:
        return
    if (size := sum(file.file_size for file in found)) > LARGEST_MODEL:
        raise ModelFolderError(f"{repository} has {size} bytes; {LARGEST_MODEL} at most are downloaded")


def push_to_hub(folder: Path, repository: str, private: bool = False) -> str:
    """Uploads a model folder, the files of a model and no others; returns its address."""
    check_folder(folder)
    hub = installed()
    address = hub.create_repo(repository, private=private, exist_ok=True)
    hub.upload_folder(repo_id=repository, folder_path=folder, allow_patterns=list(FILES))
    return str(address)


def installed() -> Any:
    if not find_spec("huggingface_hub"):
        raise ValueError("huggingface_hub is not installed (pip install 'txst[hub]')")
    import huggingface_hub
    import huggingface_hub.errors

    return huggingface_hub
