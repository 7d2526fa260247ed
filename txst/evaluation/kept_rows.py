"""Rows of a board that an earlier run of it has measured: each is good as long as nothing has changed that it was made of."""

import json
from glob import glob
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf

from txst import __version__
from txst.data.split import digest
from txst.evaluation.gallery import slug
from txst.evaluation.report import write_json

SETTINGS = (
    "size",
    "seed",
    "bootstrap",
    "kinds",
    "flicker",
    "gallery",
    "artists",
    "movements",
    "metric",
    "network",
    "device",
)


class KeptRows:
    """Figures of methods in a folder.

    What counts is the config, the list of pairs, and the files and folders that the config names, by size and time. What
    does not is the code: `again=true` measures all anew.

    Args:
        folder: of these figures.
        cfg: of the board.
        pairs: the list's sha256.
        beside: what else they depend on.
    """

    def __init__(self, folder: Path, cfg: DictConfig, pairs: str, *beside: Any) -> None:
        self.folder, self.again = folder, cfg.again
        settings = {name: plain(cfg.get(name)) for name in SETTINGS}
        shown = plain(cfg.docs.artists) if cfg.docs.folder else None
        self.common = [__version__, settings, named_files(settings), pairs, shown, *map(plain, beside)]

    def key(self, config: Any) -> str:
        """What a row of this method is known by."""
        own = plain(config)
        return digest(json.dumps([self.common, own, named_files(own)], sort_keys=True))

    def get(self, name: str, key: str) -> dict[str, Any] | None:
        """The row; None where there is none, or one of something else."""
        try:
            found = json.loads((self.folder / f"{slug(name)}.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return None if self.again or found.get("key") != key else found["row"]

    def put(self, name: str, key: str, row: dict[str, Any]) -> None:
        """Keeps a row, unless some of it failed and may do better the next time."""
        if not row["error"] and not any("error" in figure for figure in row["figures"].values()):
            write_json(self.folder / f"{slug(name)}.json", {"key": key, "row": row})


def plain(node: Any) -> Any:
    """As it is written, for what is interpolated may be missing."""
    return OmegaConf.to_container(node, resolve=False) if OmegaConf.is_config(node) else node


def named_files(node: Any) -> list[tuple[str, int, int]]:
    """Path, size and time of every file that a config names, and of those in folders that it names."""
    if isinstance(node, dict | list):
        return [file for value in (node.values() if isinstance(node, dict) else node) for file in named_files(value)]
    if not isinstance(node, str) or not node:
        return []
    paths = [Path(path) for path in (sorted(glob(node)) if "*" in node else [node]) if Path(path).exists()]
    files = [file for path in paths for file in (sorted(path.iterdir()) if path.is_dir() else [path])]
    return [(str(file), file.stat().st_size, file.stat().st_mtime_ns) for file in files]
