"""Where the configs lie, and real configs at sizes that take fractions of a second."""

import csv
import functools
import json
import pickle
from pathlib import Path

from hydra import compose, initialize_config_dir
from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.utils import instantiate
from safetensors.torch import save_file

from txst.layers.artist_classifier import FACTS, WEIGHTS
from txst.metrics.artist import ArtistHead
from txst.metrics.networks import named
from txst.model_folder.hub import BUNDLED
from txst.types import Controls

CONF = Path(__file__).parent.parent / "conf"
SMALL = BUNDLED.parent / "small"  # where any bundled model would do
TINY = [
    "size=32", "clip=space", "data.resize=40", "data.least=null", "data.batch_size=4", "data.works=2",
    "data.batches=2", "data.val_batches=1", "data.workers=0", "data.window=50", "trainer.max_steps=2",
    "trainer.accelerator=cpu", "trainer.enable_progress_bar=false", "callbacks.gallery.every=1",
]  # fmt: skip


def composed(*overrides, program="train"):
    """A config of its own, as Hydra composes it: the groups once, which takes 0.3 s, and then the values."""
    parsed = OverridesParser.create().parse_overrides(list(overrides))
    groups = tuple(one.input_line for one in parsed if (CONF / one.key_or_group).is_dir())
    cfg = pickle.loads(pickled(program, groups))
    ConfigLoaderImpl._apply_overrides_to_config([one for one in parsed if one.input_line not in groups], cfg)
    return cfg


@functools.cache
def pickled(program, groups):
    with initialize_config_dir(str(CONF), version_base="1.3"):
        return pickle.dumps(compose(program, ["name=test", "run_dir=.", *groups]))


def painted(model, image, style, strength=1.0):
    """What a model paints, of a style that is not yet prepared."""
    return model(image, model.prepare_style(style), Controls(strength)).image


def brush(config, *more):
    """A small model that paints after pictures."""
    widths = "{scale1: 8, scale2: 8, scale3: 8}"
    cfg = config("+experiment=small", f"widths={widths}", "style_width=16", "transfer.blocks=2", *more)
    return instantiate(cfg.model, _convert_="all").eval()


def write_classifier(folder, inputs, artists=("claude monet", "paul signac", "titian"), ids=(4, 1, 0), network=None):
    """An artist classifier with random weights on so many statistics, as scripts/train_artist_classifier.py writes it."""
    folder.mkdir(parents=True, exist_ok=True)
    save_file(ArtistHead(inputs, list(artists)).state_dict(), folder / WEIGHTS)
    (folder / FACTS).write_text(
        json.dumps({"artists": artists, "ids": ids, "network": named(network) if network else "another", "size": 24})
    )
    return folder


def columns(run):
    """Of the metrics.csv of a run: name -> its values in the order of steps."""
    with open(run / "metrics.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    return {name: [float(row[name]) for row in rows if row[name]] for name in rows[0]}


def save_named(folder):
    """Makes the model of tests/fixtures/named: untrained, with a palette of four names and its graphs."""
    import torch
    from omegaconf import OmegaConf

    from txst.export.onnx import export_onnx
    from txst.model_folder.folder import build, save_folder

    names, movements = ["albrecht durer", "banded", "claude monet", "vincent van gogh"], ["cubism", "ukiyo e"]
    widths = "widths={scale1: 4, scale2: 4, scale3: 8}"
    shape = [widths, "style_width=16", "transfer.blocks=1", "transfer.tokens=4"]
    cfg = composed("+experiment=small", *shape)
    torch.manual_seed(0)
    clip = {"_target_": "txst.palette.module.Palette", "width": 16, "entries": 8, "names": names}
    clip |= {
        "movements": movements,
        "words": {"_target_": "txst.palette.text_encoder.TextEncoder", "width": 8, "hidden": 16},
    }
    config = {"model": OmegaConf.to_container(cfg.model, resolve=True), "clip": clip}
    parts = {part: build(config[part]) for part in config}
    palette = parts["clip"]
    palette.codes = torch.nn.functional.normalize(torch.randn(8, 16), dim=-1)
    palette.name = torch.arange(8) // 2
    palette.movement = torch.tensor([-1, -1, 0, 0, 1, 1, -1, 0])
    palette.score = torch.randn(8)
    weights = {f"{part}.{k}": v for part, module in parts.items() for k, v in module.state_dict().items()}
    weights = {k: v.half() if v.is_floating_point() else v for k, v in weights.items()}
    export_onnx(save_folder(folder, config, weights, "# Named\n"))
    return folder
