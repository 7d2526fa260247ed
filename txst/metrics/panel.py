"""The judges that a config names."""

import json
from typing import Any

from hydra.utils import get_class
from omegaconf import DictConfig, OmegaConf
from torchmetrics import Metric


def build_judges(config: DictConfig) -> dict[str, Metric]:
    """Name -> judge, of the node `metric` of a config; networks of equal configs are loaded once and shared.

    Args:
        config: name -> `_target_` and what it takes.
    """
    made: dict[str, Any] = {}

    def build(node: Any) -> Any:
        if isinstance(node, list):
            return [build(part) for part in node]
        if not isinstance(node, dict):
            return node
        values = {key: build(value) for key, value in node.items() if key != "_target_"}
        return get_class(node["_target_"])(**values) if "_target_" in node else values

    def shared(node: Any) -> Any:
        key = json.dumps(node, sort_keys=True)
        if key not in made:
            made[key] = build(node)
        return made[key]

    judges = {}
    resolved: Any = OmegaConf.to_container(config, resolve=True, throw_on_missing=True)
    for name, node in resolved.items():
        parts = {key: shared(part) for key, part in node.items() if key != "_target_"}
        judges[name] = get_class(node["_target_"])(**parts)
    return judges
