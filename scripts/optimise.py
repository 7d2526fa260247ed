"""Paints one photo by optimising it under losses: nothing is trained, and it takes minutes.

python scripts/optimise.py photo.jpg --style-image painting.jpg -o painted.png
python scripts/optimise.py photo.jpg --style-image painting.jpg -o painted.png 'loss=[content,style]' loss_network=vgg19 task.steps=500
python scripts/optimise.py photo.jpg --style "cubism" -o painted.png clip=openclip 'loss=[content,clip_directional,clip_patch,tv]'
"""

import argparse
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from hydra.errors import HydraException

CONF = Path(__file__).resolve().parent.parent / "conf"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photo", type=Path)
    parser.add_argument("overrides", nargs="*", help="of conf/optimise.yaml, as NAME=VALUE")
    parser.add_argument("--style-image", type=Path)
    parser.add_argument("--style", help="a text, with a clip that reads text")
    parser.add_argument("--strength", type=float, default=1.0)
    parser.add_argument("--max-side", type=int, default=512, help="pixels; the photo is shrunk to them (512)")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--model", type=Path, help="also write the method, with its loss network, as a model folder")
    parser.add_argument("-o", "--out", type=Path, required=True)
    args = parser.parse_intermixed_args()

    from hydra import compose, initialize_config_dir

    from txst import Stylist
    from txst.export.run import export_method
    from txst.images import save_picture

    try:
        with TemporaryDirectory() as beside, initialize_config_dir(str(CONF), version_base="1.3"):
            folder = export_method(compose("optimise", args.overrides), args.model or Path(beside, "optimised"))
            stylist = Stylist.from_pretrained(folder, args.device, backend="torch")
        painting = stylist.paint(
            args.photo, args.style, style_image=args.style_image, strength=args.strength, max_side=args.max_side
        )
        save_picture(painting, args.out)
    except (ValueError, OSError, ModuleNotFoundError, HydraException) as error:
        sys.exit(f"optimise: {error}")
    print(args.out)


if __name__ == "__main__":
    main()
