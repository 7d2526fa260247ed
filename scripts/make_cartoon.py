"""Makes the model that paints cartoons.

python scripts/make_cartoon.py CARTOONGAN PHOTOS -o models/cartoon

CARTOONGAN is a clone of https://github.com/mnicnc404/CartoonGan-tensorflow (Apache-2.0), whose four generators are the teachers. They are imported,
paint the photos (any few hundred or more, in a folder), and a student of a twenty-fourth of their weights learns from that by
+experiment=cartoon, first from pairs and then against a discriminator. Each step goes on where it was stopped. docs/CARTOON.md has what came of it.

Then: txst photo.jpg --style "cartoon: hayao" --model models/cartoon
"""

import argparse
import sys
from pathlib import Path

from hydra import compose, initialize_config_dir

from txst.commands.pictures import find_photos
from txst.export.import_published import import_weights
from txst.export.onnx import export_onnx
from txst.export.run import export_run
from txst.model_folder.folder import load_folder
from txst.model_folder.run_folder import starting_weights
from txst.training.run import checkpoint, train
from txst.training.teacher_pairs import face_finder, paint_pairs

STYLES = ("hayao", "hosoda", "paprika", "shinkai")
WEIGHTS = Path("style_transfer/cartoongan/pretrained_weights")
# The second stage: against a discriminator, steadily, and with the teachers' textures. Its weights are ours, not swept
SECOND = (
    "task=gan", "task.text_share=1", "task.edges=1", "task.discriminator.domains=8", "task.discriminator.width=32", "task.weight=0.5",
    "loss=[teacher,stability,gram]", "loss.weights.gram=3", "layers.style=${loss_network.layers}", "lr=4e-4", "trainer.max_steps=800",
    "task.scheduler={_target_: torch.optim.lr_scheduler.OneCycleLR, _partial_: true, max_lr: 4e-4, total_steps: 800, pct_start: 0.1}",
)  # fmt: skip
CONF = Path(__file__).parents[1] / "conf"


def teachers(clone: Path, work: Path) -> dict[str, Path]:
    """Style -> the model folder of its generator, imported where it is not yet there."""
    found = {}
    for style in STYLES:
        source, folder = clone / WEIGHTS / style, work / "teachers" / style
        if not source.is_dir():
            raise ValueError(
                f"{source} is missing: git clone https://github.com/mnicnc404/CartoonGan-tensorflow, and name its folder"
            )
        found[style] = folder if (folder / "model.safetensors").exists() else import_weights([source], folder)
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clone", type=Path, help="folder of the clone with the published generators")
    parser.add_argument("photos", type=Path, help="folder of photos")
    parser.add_argument("-o", "--out", type=Path, required=True, help="model folder to write")
    parser.add_argument("--work", type=Path, default=Path("outputs/cartoon"), help="what is kept between the steps")
    parser.add_argument("--count", type=int, default=1000, help="photos that are painted")
    parser.add_argument("--no-faces", action="store_true", help="all photos are of one category")
    parser.add_argument(
        "--bf16", action="store_true", help="half precision, for processors that have it: twice as fast"
    )
    parser.add_argument("overrides", nargs="*", help="of the config of both trainings, e.g. loss_network.weights=FILE")
    args = parser.parse_intermixed_args()
    try:
        folders = teachers(args.clone, args.work)
        photos = [found.path for found in find_photos([args.photos])][: args.count]
        models = {f"cartoon {style}": load_folder(folder)[0] for style, folder in folders.items()}
        pairs = args.work / "pairs"
        paint_pairs(models, photos, pairs, has_face=None if args.no_faces else face_finder(), half=args.bf16)
        runs = [args.work / "run", args.work / "run_against_discriminator"]
        for run, stage in zip(runs, ((), (*SECOND, f"init={runs[0]}")), strict=True):
            own = ["+experiment=cartoon", f"data.pairs={pairs}", f"run_dir={run}", "resume=auto", *stage]
            own += ["trainer.precision=bf16-mixed"] * args.bf16
            with initialize_config_dir(str(CONF), version_base="1.3"):
                cfg = compose("train", [*own, *args.overrides])
            train(cfg, starting_weights(runs[0]) if cfg.init and not checkpoint(cfg) else None)
        print(export_run(runs[-1], args.out, half=True))
        print(*export_onnx(args.out), sep="\n")
    except (ValueError, OSError) as error:
        print(f"make_cartoon: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
