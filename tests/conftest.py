"""Tiny shards and tiny configs, for the tests of everything that trains."""

import sys
from pathlib import Path

import pytest
import torch

CONF = Path(__file__).parent.parent / "conf"
TINY = [  # real configs at sizes that take fractions of a second
    "size=32",
    "clip=space",
    "data.resize=40",
    "data.batch_size=4",
    "data.works=2",
    "data.batches=2",
    "data.val_batches=1",
    "data.workers=0",
    "trainer.max_steps=2",
    "trainer.accelerator=cpu",
    "trainer.enable_progress_bar=false",
    "callbacks.gallery.every=1",
]


@pytest.fixture(autouse=True)
def _same_numbers_every_time():
    torch.manual_seed(0)


@pytest.fixture(scope="session")
def small_shards(tmp_path_factory):
    """Folders of shards: drawn paintings by six artists, and photos."""
    from txst.data.layouts import find
    from txst.data.shards import make_shards

    sys.path.insert(0, str(Path(__file__).parent / "data"))
    from drawn import paint

    folder = tmp_path_factory.mktemp("small")
    paint(folder / "pictures")
    for layout, name in (("wikiart", "paintings"), ("coco", "photos")):
        make_shards(find(layout, folder / "pictures"), folder / name, test=0.25)
    return [f"data.style={folder}/paintings", f"data.content={folder}/photos"]


@pytest.fixture
def config(tmp_path):
    """Composes conf/train.yaml with overrides, as the command line does."""
    from hydra import compose, initialize_config_dir

    def composed(*overrides):
        everything = [f"run_dir={tmp_path}/run", "name=test", *overrides]
        with initialize_config_dir(str(CONF), version_base="1.3"):
            return compose("train", everything)

    return composed


@pytest.fixture
def tiny(config, small_shards):
    """A config that trains two steps on the tiny shards."""

    def composed(*overrides):
        return config(*TINY, *small_shards, *overrides)

    return composed
