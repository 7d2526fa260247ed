"""`txst fetch NAME`: public weights, downloaded once and checked. Apart from CLIP, nothing else in the package downloads."""

import argparse
import hashlib
import http
import http.client
import json
import os
import re
import sys
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path

from tqdm import tqdm

from txst.encoders.downloads import DOWNLOADS, cache_folder

BLOCK = 2**20  # bytes


def run(argv: Sequence[str]) -> int:
    """Downloads the named weights; returns the exit code: 0, or 1 if a download failed."""
    args = parser().parse_args(argv)
    failed = 0
    for name in args.names:
        try:
            if name == "clip":
                where = fetch_clip(args.model, args.pretrained, args.to)
            else:
                where = str(download(*DOWNLOADS[name], args.to or cache_folder()))
            tqdm.write(f"{name}: {where}")
        except (OSError, ValueError, RuntimeError, ModuleNotFoundError) as error:
            tqdm.write(f"txst: {name}: {error}", file=sys.stderr)
            failed += 1
    return int(failed > 0)


def parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(prog="txst fetch", description="Downloads public weights once and checks them.")
    p.add_argument("names", nargs="+", choices=["clip", *DOWNLOADS], help="weights that training or metrics need")
    p.add_argument(
        "--to",
        type=Path,
        help=f"target folder (default: {cache_folder()}, or $TXST_HOME; for CLIP the cache of the Hugging Face hub)",
    )
    p.add_argument(
        "--model", default="ViT-B-32-quickgelu", help="which CLIP: its name in open_clip, or hf-hub:OWNER/NAME"
    )
    p.add_argument("--pretrained", default="openai", help="which weights of this CLIP")
    return p


# Not pooch: it takes no beginning of a sha256 and no file: address, begins again after a break, and brings requests.
def download(url: str, sha256: str, folder: Path) -> Path:
    """A file of that address in the folder, whole and with that sha256 (or beginning of one).

    Raises:
        ConnectionError: there is no network, or the address is gone.
        ValueError: what arrived is something else.
    """
    target = folder / url.rpartition("/")[2]
    if target.is_file() and digest(target).startswith(sha256):
        return target
    folder.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".{target.name}.part")  # left where the network breaks off; the next try continues it
    receive(url, partial)
    if not (found := digest(partial)).startswith(sha256):
        partial.unlink()
        raise ValueError(f"{url} is damaged or has changed: its sha256 is {found}, expected {sha256}...")
    partial.replace(target)
    return target


def receive(url: str, target: Path) -> None:
    """Copies what an address gives into a file, with a progress bar; behind what the file holds, if the server can do that."""
    name = url.rpartition("/")[2]
    held = target.stat().st_size if target.exists() else 0
    request = urllib.request.Request(url, headers={"Range": f"bytes={held}-"} if held else {})
    try:
        with urllib.request.urlopen(request, timeout=30) as source:
            held = held if source.status == http.HTTPStatus.PARTIAL_CONTENT else 0
            size = held + int(source.headers.get("Content-Length", 0)) or None
            bar = tqdm(desc=name, total=size, initial=held, unit="B", unit_scale=True, leave=False, disable=None)
            with bar, target.open("ab" if held else "wb") as sink:
                while block := source.read(BLOCK):
                    sink.write(block)
                    bar.update(len(block))
        if size and target.stat().st_size < size:
            raise http.client.IncompleteRead(b"", size - target.stat().st_size)
    except urllib.error.HTTPError as error:
        if error.code == http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            target.unlink()  # as long as the whole, or longer: the next try begins again
        raise ConnectionError(f"cannot download {url}: {error}") from error
    except (OSError, http.client.HTTPException) as error:
        raise ConnectionError(f"cannot download {url}: {error}") from error


def digest(path: Path) -> str:
    """sha256 in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def fetch_clip(name: str, pretrained: str, to: Path | None) -> str:
    """Puts CLIP's weights into the hub's cache, or in `to` as a folder that `clip.name=local-dir:` reads."""
    from txst.encoders.clip import locate

    if ":" in name:
        pretrained = ""
    try:
        path = locate(name, pretrained)
    except FileNotFoundError as error:
        raise ConnectionError(f"cannot download CLIP {name}: {error}") from error
    blob = path.resolve()  # the hub keeps large files under their sha256
    if re.fullmatch(r"[0-9a-f]{64}", blob.name) and digest(blob) != blob.name:
        raise ValueError(f"{blob} is damaged: delete it and fetch again")
    return str(path) if to is None else save_clip(name, pretrained, to)


def save_clip(name: str, pretrained: str, folder: Path) -> str:
    """Writes a CLIP that is on this machine as a folder for another."""
    import open_clip
    from safetensors.torch import save_file

    model = open_clip.create_model(name, pretrained=pretrained or None, require_pretrained=True)
    folder.mkdir(parents=True, exist_ok=True)
    config = {
        "model_cfg": open_clip.get_model_config(name),
        "preprocess_cfg": open_clip.get_model_preprocess_cfg(model),
    }
    partial = folder / f".open_clip_model.{os.getpid()}.safetensors"
    try:
        save_file({key: tensor.contiguous() for key, tensor in model.state_dict().items()}, partial)
        partial.replace(folder / "open_clip_model.safetensors")
    finally:
        partial.unlink(missing_ok=True)
    (folder / "open_clip_config.json").write_text(json.dumps(config, indent=2), encoding="utf-8")
    return f"local-dir:{folder}"
