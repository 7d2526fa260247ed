import pytest
import torch
from hydra import compose, initialize_config_dir
from small import CONF

from txst.metrics.panel import build_judges
from txst.types import Painted

SIZE = 96


@pytest.fixture
def judges(tmp_path):
    """Builds judges by their names, as a program's config does, with fixed filters in every network's place."""
    (tmp_path / "all.yaml").write_text("defaults: [{network: bank}, {metric: []}]\n")

    def build(*names):
        overrides = [f"metric=[{','.join(names)}]", f"hydra.searchpath=[file://{CONF}]"]
        with initialize_config_dir(str(tmp_path), version_base="1.3"):
            return build_judges(compose("all", overrides).metric)

    return build


@pytest.fixture
def painted():
    """Pairs of pictures, random, the same for the same seed."""

    def make(count, seed):
        draw = torch.Generator().manual_seed(seed)
        content, output, style = (torch.rand(count, 3, SIZE, SIZE, generator=draw) for _ in range(3))
        return Painted(
            content, output, style, ["titian"] * count, [""] * count, lambda x, y: 0.8 * x + 0.2 * y
        )

    return make
