"""The shape of the package: who may import whom, and that every config can be built."""

import ast
from pathlib import Path

import pytest

RANK = {  # a module may import only from a lower rank, or from its own folder
    "types": 0,
    "text": 0,
    "machine": 0,
    "byte_pairs": 0,
    "ranks": 0,
    "ops": 1,
    "mirror": 1,
    "images": 1,
    "phrases": 1,
    "data": 2,
    "encoders": 2,
    "transfers": 2,
    "decoders": 2,
    "losses": 2,
    "metrics": 2,
    "models": 3,
    "training": 4,
    "inference": 4,
    "evaluation": 5,
    "demo": 5,
    "__init__": 6,
    "__main__": 6,
}


@pytest.mark.parametrize("path", sorted(Path("txst").rglob("*.py")), ids=str)
def test_imports_point_down(path):
    here = path.with_suffix("").parts[1]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("txst."):
            there = node.module.split(".")[1]
            assert there == here or RANK[there] < RANK[here], f"{path} imports {node.module}"
