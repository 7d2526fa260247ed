"""Makes the model that paints cartoons.

python scripts/make_cartoon.py CARTOONGAN PHOTOS -o models/cartoon

CARTOONGAN is a clone of https://github.com/mnicnc404/CartoonGan-tensorflow (Apache-2.0), whose four generators are the teachers. They are imported,
paint a share of the photos (any few hundred or more, in a folder), and a student of a twelfth of their weights learns from that by
+experiment=cartoon. Each step goes on where it was stopped. On one CPU core it takes an hour or more; docs/CARTOON.md has what came of it.

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
from txst.training.run import train
from txst.training.teacher_pairs import face_finder, paint_pairs

STYLES = ("hayao", "hosoda", "paprika", "shinkai")
WEIGHTS = Path("style_transfer/cartoongan/pretrained_weights")
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
    parser.add_argument("overrides", nargs="*", help="of the training's config, e.g. trainer.max_steps=500")
    args = parser.parse_args()
    try:
        folders = teachers(args.clone, args.work)
        photos = [found.path for found in find_photos([args.photos])][: args.count]
        models = {f"cartoon {style}": load_folder(folder)[0] for style, folder in folders.items()}
        pairs = args.work / "pairs"
        paint_pairs(models, photos, pairs, has_face=None if args.no_faces else face_finder(), half=args.bf16)
        own = ["+experiment=cartoon", f"data.pairs={pairs}", f"run_dir={args.work / 'run'}", "resume=auto"]
        own += ["trainer.precision=bf16-mixed"] * args.bf16
        with initialize_config_dir(str(CONF), version_base="1.3"):
            cfg = compose("train", [*own, *args.overrides])
        train(cfg)
        print(export_run(args.work / "run", args.out, half=True))
        print(*export_onnx(args.out), sep="\n")
    except (ValueError, OSError) as error:
        print(f"make_cartoon: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
