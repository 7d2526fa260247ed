"""The metrics that a config names."""

import json
from typing import Any

from hydra.utils import get_class
from omegaconf import DictConfig, OmegaConf
from torchmetrics import Metric


def build_metrics(config: DictConfig) -> dict[str, Metric]:
    """Name -> metric, of the node `metric` of a config. Networks of equal configs are loaded once and shared.

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
        if "_target_" not in node:
            return values
        target = node["_target_"]
        if not target.startswith("txst.encoders."):
            return get_class(target)(**values)
        name = json.dumps(node, sort_keys=True)
        if name not in made:
            made[name] = get_class(target)(**values)
        return made[name]

    resolved: Any = OmegaConf.to_container(config, resolve=True, throw_on_missing=True)
    return {name: build(node) for name, node in resolved.items()}
