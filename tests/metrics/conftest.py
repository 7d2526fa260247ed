import json

import pytest
import torch
from hydra import compose, initialize_config_dir
from looking import ARTISTS, YAMLS, random_pairs
from omegaconf import OmegaConf
from safetensors.torch import save_file
from small import CONF

from txst.encoders.bank import FilterBank
from txst.metrics.artist import ArtistHead
from txst.metrics.networks import named
from txst.metrics.panel import build_judges

CONFIG = f"""
defaults: [{{network: bank}}, {{metric: []}}, _self_]
artists: {ARTISTS}
movements: [cubism, fauvism, pop]
"""


@pytest.fixture(scope="session")
def artist_head(tmp_path_factory):
    """A head of random weights on fixed filters, for the judge of artists."""
    folder = tmp_path_factory.mktemp("head")
    bank = FilterBank()
    torch.manual_seed(0)
    head = ArtistHead(2 * sum(bank.widths.values()), ARTISTS)
    save_file(head.state_dict(), folder / "judge.safetensors")
    facts = {"artists": ARTISTS, "network": named(bank), "size": 48}
    (folder / "judge.json").write_text(json.dumps(facts))
    return folder


@pytest.fixture(scope="session")
def panel(tmp_path_factory, artist_head):
    """The config of all judges, as a program's, with fixed filters in every network's place."""
    folder = tmp_path_factory.mktemp("conf")
    (folder / "all.yaml").write_text(CONFIG)
    overrides = [f"metric=[{','.join(YAMLS)}]", f"network.artist_head={artist_head}"]
    with initialize_config_dir(str(folder), version_base="1.3"):
        config = compose("all", [*overrides, f"hydra.searchpath=[file://{CONF}]"])
    return OmegaConf.to_container(config.metric, resolve=True)


@pytest.fixture
def judges(panel):
    """Builds judges by their names."""

    def build(*names):
        torch.manual_seed(0)
        return build_judges(OmegaConf.create({name: panel[name] for name in names}))

    return build


@pytest.fixture
def painted():
    return random_pairs
