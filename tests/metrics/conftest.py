import json

import pytest
import torch
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf
from pairs_of_pictures import ARTISTS, YAMLS, random_pairs
from safetensors.torch import save_file
from small import CONF

from txst.encoders.bank import FilterBank
from txst.layers.artist_classifier import FACTS, WEIGHTS
from txst.metrics.artist import ArtistHead
from txst.metrics.build import build_metrics
from txst.metrics.nearest_gram import grams, save_works
from txst.metrics.networks import named
from txst.metrics.painting import PAINTING, PHOTO

CONFIG = f"""
defaults: [{{network: bank}}, {{metric: []}}, _self_]
artists: {ARTISTS}
movements: [cubism, fauvism, pop]
"""


@pytest.fixture(scope="session")
def artist_classifier(tmp_path_factory):
    """The folder of an artist classifier with random weights, on fixed filters."""
    folder = tmp_path_factory.mktemp("head")
    bank = FilterBank()
    torch.manual_seed(0)
    head = ArtistHead(2 * sum(bank.widths.values()), ARTISTS)
    save_file(head.state_dict(), folder / WEIGHTS)
    facts = {"artists": ARTISTS, "network": named(bank), "size": 48}
    (folder / FACTS).write_text(json.dumps(facts))
    return folder


@pytest.fixture(scope="session")
def painting_classifier(tmp_path_factory, artist_classifier):
    """The same of paintings and photos."""
    folder = tmp_path_factory.mktemp("kinds")
    bank = FilterBank()
    torch.manual_seed(0)
    save_file(ArtistHead(2 * sum(bank.widths.values()), [PAINTING, PHOTO]).state_dict(), folder / WEIGHTS)
    facts = {"artists": [PAINTING, PHOTO], "network": named(bank), "size": 48}
    (folder / FACTS).write_text(json.dumps(facts))
    return folder


@pytest.fixture(scope="session")
def works(tmp_path_factory):
    """The folder of two random works by each artist."""
    bank, folder = FilterBank(), tmp_path_factory.mktemp("works")
    torch.manual_seed(0)
    rows = {name: [grams(bank(torch.rand(1, 3, 48, 48)), bank.layers) for _ in range(2)] for name in ARTISTS}
    save_works(folder, bank, rows)
    return folder


@pytest.fixture(scope="session")
def panel(tmp_path_factory, artist_classifier, painting_classifier, works):
    """The config of all metrics, as a program's, with fixed filters in every network's place."""
    folder = tmp_path_factory.mktemp("conf")
    (folder / "all.yaml").write_text(CONFIG)
    overrides = [f"metric=[{','.join(YAMLS)}]", f"network.artist_classifier={artist_classifier}"]
    overrides += [f"network.painting_classifier={painting_classifier}", f"network.works={works}"]
    with initialize_config_dir(str(folder), version_base="1.3"):
        config = compose("all", [*overrides, f"hydra.searchpath=[file://{CONF}]"])
    return OmegaConf.to_container(config.metric, resolve=True)


@pytest.fixture
def metrics(panel):
    """Builds metrics by their names."""

    def build(*names):
        torch.manual_seed(0)
        return build_metrics(OmegaConf.create({name: panel[name] for name in names}))

    return build


@pytest.fixture
def painted():
    return random_pairs
