"""Where the configs lie, and real configs at sizes that take fractions of a second."""

from pathlib import Path

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
    "trainer.max_steps=2",
    "trainer.accelerator=cpu",
    "trainer.enable_progress_bar=false",
    "callbacks.gallery.every=1",
]
