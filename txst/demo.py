"""The whole path in minutes, with nothing to download: `make demo`. Each step says the command that does the same.

Draws a small labelled set, packs it into shards, trains the space of names and then the network, exports the
single-pass model, paints photos that it has never seen in every manner, and checks that it has learnt.
"""

import shutil
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from hydra import compose, initialize_config_dir
from PIL import Image
from tqdm import tqdm

from txst.data.layouts import find
from txst.data.shards import make_shards
from txst.evaluation.contact_page import paint_all, write_gallery
from txst.export.run import export_run
from txst.inference.stylist import Stylist
from txst.metrics.centroid import name_the_manner
from txst.pictures.formats import open_picture_file
from txst.synthetic.dataset import draw, painted_files, unseen
from txst.synthetic.styles import MANNERS
from txst.training.run import train

AIM = 0.8  # of the paintings named rightly
FLOOR = 0.6  # with less something is broken
SPACE = ("clip=space", "size=144", "trainer.max_steps=60", "trainer.devices=1", "data.batch_size=64", "data.batches=60")


def demo(
    out: Path,
    conf: Path,
    *,
    seed: int = 0,
    paintings: int = 24,
    overrides: Sequence[str] = (),
    space: Sequence[str] = SPACE,
) -> float:
    """Runs every step.

    Args:
        out: folder for everything; an earlier demo there is lost.
        conf: the folder of the configs.
        seed: of the drawings and of both trainings.
        paintings: drawn in each manner.
        overrides: of the network's training.
        space: of the names' training.

    Returns:
        The share of the paintings that the nearest-centroid test names rightly.
    """
    begun = time.monotonic()
    if out.exists() and any(out.iterdir()) and not (out / "shards").is_dir():
        raise ValueError(f"{out} exists and holds no earlier demo; name another folder")
    shutil.rmtree(out, ignore_errors=True)
    pack(out, seed, paintings)
    names = fit("space", out, conf, *space, f"data.folder={out}/statistics", f"seed={seed}")
    run = fit("demo", out, conf, f"clip.weights={names}/space.safetensors", f"seed={seed}", *overrides)
    step("Exporting the single-pass model", f"python scripts/export.py {run} -o {out}/model")
    export_run(run, out / "model")
    share = paint(out)
    say(f"{time.monotonic() - begun:.0f} s. Look at {out}/gallery.png, or open {out}/index.html")
    return share


def pack(out: Path, seed: int, paintings: int) -> None:
    """Draws the set and packs it into shards."""
    drawing = f"draw('{out}/pictures', {paintings}, size=144, seed={seed})"
    step("Drawing paintings in eight manners", f'python -c "from txst.synthetic.dataset import draw; {drawing}"')
    draw(out / "pictures", paintings, size=144, seed=seed)
    for layout, source, name in (("wikiart", "wikiart", "paintings"), ("coco", "photos", "photos")):
        command = f"{layout} {out}/pictures/{source} {out}/shards/{name} --test 0.1"
        step(f"Packing {name}", f"python scripts/make_shards.py {command}")
        make_shards(find(layout, out / "pictures" / source), out / "shards" / name, test=0.1)


def fit(experiment: str, out: Path, conf: Path, *overrides: str) -> Path:
    """Trains an experiment on the drawn shards; returns the run's folder."""
    run = out / experiment
    shards = [f"data.style={out}/shards/paintings", f"data.content={out}/shards/photos"]
    everything = [f"+experiment={experiment}", f"name={experiment}", f"run_dir={run}", *shards, *overrides]
    step(f"Training: {experiment}", " ".join(["python scripts/train.py", *everything]))
    with initialize_config_dir(str(conf.resolve()), version_base="1.3"):
        train(compose("train", everything))
    return run


def paint(out: Path) -> float:
    """Paints the unseen photos in every manner, leaves the gallery, and returns the share named rightly."""
    step("Painting", f"python scripts/infer.py PHOTO --style pointillism --model {out}/model")
    photos = {name: Image.fromarray(photo) for name, photo in unseen(256).items()}
    painted = paint_all(Stylist.from_pretrained(out / "model"), photos, list(MANNERS))
    drawn = {m: [np.asarray(open_picture_file(f)) for f in painted_files(out / "pictures", m)] for m in MANNERS}
    share = name_the_manner({m: [np.asarray(p) for p in pictures] for m, pictures in painted.items()}, drawn)
    count = len(photos) * len(MANNERS)
    verdict = (
        f"A nearest-centroid test on colours and Gram matrices names the right manner for {share:.0%} of {count} "
        f"paintings of unseen photos; chance is {1 / len(MANNERS):.1%}, the aim {AIM:.0%}."
    )
    write_gallery(out, photos, painted, "txst: eight manners, learnt in minutes", verdict)
    say(f"\n{verdict}")
    return share


def step(title: str, command: str) -> None:
    say(f"\n== {title}\n   {command}")


def say(line: str) -> None:
    tqdm.write(line)
