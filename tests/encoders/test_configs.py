"""What the yamls of frozen encoders and loss networks promise is what comes out of them."""

from pathlib import Path

import pytest
import torch
from omegaconf import OmegaConf

instantiate = pytest.importorskip("hydra.utils").instantiate
CONF = Path(__file__).parents[2] / "conf"
ENCODERS = [
    CONF / f"encoder/{name}.yaml" for name in ("vgg19", "vgg16", "vgg_normalised", "vgg_adain", "vgg_thin", "bank")
]
LOSS_NETWORKS = [
    path for path in sorted(CONF.glob("loss_network/*.yaml")) if OmegaConf.load(path).loss_network is not None
]


def build(config):
    config.pop("weights", None)
    config.get("network", {}).pop("weights", None)
    with torch.device("meta"):  # shapes alone: nothing is computed
        module = instantiate(config, _convert_="all")
        return module, module(torch.empty(1, 3, 96, 96))


@pytest.mark.parametrize("path", ENCODERS, ids=lambda path: path.stem)
def test_an_encoder_has_the_widths_and_strides_of_its_yaml(path):
    config = OmegaConf.load(path)
    _, features = build(config.encoder)
    assert config.widths.keys() == config.strides.keys()
    for name, width in config.widths.items():
        assert features[name].shape[1:] == (width, 96 // config.strides[name], 96 // config.strides[name])


@pytest.mark.parametrize("path", LOSS_NETWORKS, ids=lambda path: path.stem)
def test_a_loss_network_gives_the_layers_that_the_losses_ask_for_and_no_other(path):
    config = OmegaConf.load(path)
    network, features = build(config.loss_network)
    read = {*config.layers.style, *config.layers.content}
    whole = {"fire7@2"} if path.stem == "squeezenet_scales" else set()  # which a classifier of loss=recognised reads
    assert set(features) == read | whole
    assert list(features) == list(network.widths) == list(network.strides)
