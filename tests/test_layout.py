"""The shape of the package: who may import whom, and that every config can be built."""

import ast
from pathlib import Path

import pytest

RANK = {  # a module may import only from a lower rank, or from its own folder
    "types": 0,
    "text": 0,
    "machine": 0,
    "byte_pairs": 0,
    "looks": 0,
    "images": 0,
    "ranks": 0,
    "measuring": 0,
    "finish": 1,
    "ops": 1,
    "tensors": 1,
    "mirror": 1,
    "phrases": 1,
    "vocabulary": 1,
    "palette": 2,
    "data": 3,
    "encoders": 3,
    "transfers": 3,
    "decoders": 3,
    "losses": 3,
    "metrics": 3,
    "models": 4,
    "training": 5,
    "inference": 5,
    "evaluation": 6,
    "bench": 6,
    "demo": 6,
    "commands": 6,
    "__init__": 7,
    "__main__": 7,
}


@pytest.mark.parametrize("path", sorted(Path("txst").rglob("*.py")), ids=str)
def test_imports_point_down(path):
    here = path.with_suffix("").parts[1]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("txst."):
            there = node.module.split(".")[1]
            assert there == here or RANK[there] < RANK[here], f"{path} imports {node.module}"


def test_nothing_goes_to_a_gpu_that_was_not_asked_for():
    assert [path for path in Path("txst").rglob("*.py") if ".cuda(" in path.read_text()] == []
