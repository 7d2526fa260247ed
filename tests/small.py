"""Where the configs lie, and real configs at sizes that take fractions of a second."""

import json
from pathlib import Path

from safetensors.torch import save_file

from txst.metrics.artist import ArtistHead

CONF = Path(__file__).parent.parent / "conf"
TINY = [
    "size=32",
    "clip=space",
    "data.resize=40",
    "data.least=null",
    "data.batch_size=4",
    "data.works=2",
    "data.batches=2",
    "data.val_batches=1",
    "data.workers=0",
    "data.window=50",
    "trainer.max_steps=2",
    "trainer.accelerator=cpu",
    "trainer.enable_progress_bar=false",
    "callbacks.gallery.every=1",
]


def write_critic(folder, inputs, artists=("claude monet", "paul signac", "titian"), ids=(4, 1, 0)):
    """A classifier of artists with random weights on so many statistics, as scripts/train_judge.py writes it."""
    folder.mkdir(parents=True, exist_ok=True)
    save_file(ArtistHead(inputs, list(artists)).state_dict(), folder / "judge.safetensors")
    (folder / "judge.json").write_text(json.dumps({"artists": artists, "ids": ids}))
    return folder
