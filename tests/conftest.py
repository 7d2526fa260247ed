"""Tiny shards and tiny configs, for the tests of everything that trains.

What is heavy is imported by the fixtures: the process that hands out the tests reads this file before the others start.
"""

import itertools
import shutil
import sys
from pathlib import Path

import pytest

HOMES = itertools.count()
LONG = ("test_commands", "test_contract", "test_private", "test_tiles", "test_page", "test_upgrade")
sys.modules.setdefault("openvino_telemetry", None)  # tests that import OpenVINO themselves report nothing either


def pytest_collection_modifyitems(items):
    """Files with tests of half a minute and more come first: one that comes last keeps all processes but its own idle."""
    items.sort(key=lambda item: item.path.stem not in LONG)


@pytest.fixture(autouse=True)
def _same_numbers_every_time():
    import torch

    torch.manual_seed(0)


@pytest.fixture(autouse=True)
def data_home(tmp_path_factory, monkeypatch):
    """No names but those that a test teaches; the folder is not there yet."""
    home = tmp_path_factory.getbasetemp() / f"home{next(HOMES)}"
    monkeypatch.delenv("TXST_HOME", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(home))
    return home


@pytest.fixture
def paintings(tmp_path):
    """Six artists with four works each."""
    from drawn import paint

    return paint(tmp_path / "paintings")


@pytest.fixture(scope="session")
def shards(tmp_path_factory):
    """Shards of those paintings, several to a split."""
    from drawn import paint

    from txst.data.layouts import find
    from txst.data.shards import make_shards

    folder = tmp_path_factory.mktemp("shards")
    make_shards(find("wikiart", paint(folder / "paintings")), folder / "shards", test=0.25, per_shard=10)
    return folder / "shards"


@pytest.fixture(scope="session")
def small_shards(tmp_path_factory):
    """Folders of shards: drawn paintings by six artists, and photos."""
    from drawn import paint

    from txst.data.layouts import find
    from txst.data.shards import make_shards

    folder = tmp_path_factory.mktemp("small")
    paint(folder / "pictures")
    for layout, name in (("wikiart", "paintings"), ("coco", "photos")):
        make_shards(find(layout, folder / "pictures"), folder / name, test=0.25)
    return [f"data.style={folder}/paintings", f"data.content={folder}/photos"]


@pytest.fixture(scope="session")
def cartoon_pairs(tmp_path_factory):
    """A folder of pairs: a random picture and another for each cartoon's name and split."""
    import numpy as np
    import yaml
    from PIL import Image
    from small import CONF

    folder, draw = tmp_path_factory.mktemp("pairs"), np.random.default_rng(0)
    names = yaml.safe_load((CONF / "clip/cartoon.yaml").read_text())["clip"]["names"]
    for split, (number, name) in itertools.product(("train", "heldout"), enumerate(names)):
        for part in ("photos", name):
            file = folder / split / part / f"{number}.png"
            file.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(draw.integers(0, 256, (40, 40, 3), np.uint8)).save(file)
    return folder


@pytest.fixture
def config(tmp_path):
    """Composes conf/train.yaml, or another program's, with overrides, as the command line does."""
    from small import composed

    def at(*overrides, program="train"):
        runs = [f"run_dir={tmp_path}/run", *(o for o in overrides if o.startswith("run_dir="))]
        found = composed(*(o for o in overrides if o not in runs), program=program)
        found.run_dir = runs[-1].removeprefix("run_dir=")
        return found

    return at


@pytest.fixture
def tiny(config, small_shards):
    """A config that trains two steps on the tiny shards."""
    from small import TINY

    def at(*overrides):
        return config(*TINY, *small_shards, *overrides)

    return at


@pytest.fixture(scope="session")
def model_folder(tmp_path_factory):
    """A small untrained text-driven model, as a folder."""
    import torch
    from hydra import compose, initialize_config_dir
    from omegaconf import OmegaConf
    from small import CONF

    from txst.model_folder.folder import build, save_folder

    folder = tmp_path_factory.mktemp("models") / "tiny"
    with initialize_config_dir(str(CONF), version_base="1.3"):
        cfg = compose("train", ["encoder=pyramid", "transfer=txst", "clip=space", "name=test", "run_dir=."])
    torch.manual_seed(0)
    config = {part: OmegaConf.to_container(cfg[part], resolve=True) for part in ("model", "clip")}
    parts = {part: build(config[part]) for part in config}
    weights = {f"{part}.{k}": v for part, module in parts.items() for k, v in module.state_dict().items()}
    return save_folder(folder, config, weights, "# Tiny\n")


@pytest.fixture
def hostile(model_folder, tmp_path):
    """A copy of the model folder with a changed config."""
    import yaml

    def changed(change):
        folder = tmp_path / "hostile"
        shutil.copytree(model_folder, folder)
        config = yaml.safe_load((folder / "config.yaml").read_text())
        change(config)
        (folder / "config.yaml").write_text(yaml.safe_dump(config))
        return folder

    return changed


@pytest.fixture(scope="session")
def named_folder(tmp_path_factory):
    """A small untrained model whose styles are codes under names, as a folder in half precision and with graphs.

    Its graphs take half a minute, so it is kept: `save_named` of tests/small.py made it, and a slow test makes it anew.
    """
    return shutil.copytree(Path(__file__).parent / "fixtures/named", tmp_path_factory.mktemp("models") / "named")
