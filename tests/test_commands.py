"""The commands of the README, one after the other, as a stranger types them."""

import csv
import subprocess
import sys

import pytest
import torch
from drawn import drawn, paint
from PIL import Image
from small import CONF, TINY

ROOT = CONF.parent
SMALL = ["encoder=pyramid", "loss_network=bank", "loss=[content,gram,artist]", *TINY]


def run(script, *arguments, python=()):
    command = [sys.executable, *python, str(ROOT / "scripts" / script), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def shards(tmp_path_factory):
    folder = tmp_path_factory.mktemp("commands")
    paint(folder / "pictures")
    for layout, name in (("wikiart", "paintings"), ("coco", "photos")):
        run("make_shards.py", layout, folder / "pictures", folder / name, "--test", "0.25")
    return [f"data.style={folder}/paintings", f"data.content={folder}/photos"]


@pytest.mark.slow
def test_from_pictures_to_a_painting(shards, tmp_path):
    said = run("train.py", *SMALL, *shards, f"run_dir={tmp_path}/run", "name=mine")
    assert "scripts/export.py" in said
    run("export.py", tmp_path / "run", "-o", tmp_path / "model")
    assert {p.name for p in (tmp_path / "model").iterdir()} == {"README.md", "config.yaml", "model.safetensors"}
    drawn(0, (50, 35)).save(tmp_path / "photo.png")
    paint_it = [tmp_path / "photo.png", "--style", "artist 1", "--model", tmp_path / "model", "-o"]
    for out in ("one", "again"):
        run("infer.py", *paint_it, tmp_path / out)
    painted = tmp_path / "one/photo_artist-1.png"
    assert Image.open(painted).size == (50, 35)
    assert painted.read_bytes() == (tmp_path / "again/photo_artist-1.png").read_bytes()
    run("gallery.py", *paint_it, tmp_path / "gallery")
    assert (tmp_path / "gallery/index.html").is_file()


TWO = ["trainer=ddp", "trainer.devices=2", "data.batches=3", "data.val_batches=2", "trainer.max_steps=7"]


@pytest.mark.slow
@pytest.mark.parametrize("launched", [[], ["-m", "torch.distributed.run", "--nproc-per-node=2"]])
def test_two_processes_train_one_model_in_one_folder(shards, tmp_path, launched):
    now = "${now:%H-%M-%S-%f}" if not launched else "run"  # torchrun's processes do not tell each other
    run("train.py", *SMALL, *TWO, *shards, f"hydra.run.dir={tmp_path}/{now}", "name=two", python=launched)
    (folder,) = tmp_path.iterdir()
    with open(folder / "metrics.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["epoch"] for row in rows if row["val/text/loss"]] == ["0", "1"]  # of both ranks together, once an epoch
    last = torch.load(folder / "checkpoints/last.ckpt", weights_only=True)
    assert last["global_step"] == 7
    assert len(last["state_dict"]) > 0


@pytest.mark.slow
def test_a_training_of_two_processes_killed_at_random_ends_with_the_weights_of_an_unbroken_one(shards, tmp_path):
    long = [*TWO, "trainer.max_steps=24", "callbacks.periodic_checkpoint.steps=2"]  # some seconds
    said = run("endure.py", "-o", tmp_path / "out", "--kills", "1", *SMALL, *shards, *long)
    assert "identical to the bit" in said
    assert "killed after" in said, said  # at which step is chance: the fast tests have a kill in the middle
