"""Makes a model folder from a published checkpoint (TxST, AdaIN, MicroAST, SANet, AdaAttN, StyTr2, Johnson's networks, PCA-KD, CartoonGAN).

python scripts/import_weights.py wikiart_all.ckpt -o models/txst
python scripts/import_weights.py udnie/manifest.json -o models/udnie
python scripts/import_weights.py pretrained_weights/hayao -o models/hayao
"""

import argparse
import sys
from pathlib import Path

from txst.export.import_published import import_weights


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "files",
        type=Path,
        nargs="+",
        help="the checkpoint, or the files of its parts under their published names; manifest.json of one of ml5's folders; both .index files of PCA-KD; a folder of CartoonGAN's arrays",
    )
    parser.add_argument("-o", "--out", type=Path, required=True, help="model folder to write")
    parser.add_argument(
        "--vgg",
        default="vgg_normalised.pth",
        help="the encoder of AdaIN, SANet and AdaAttN (default: the file of `txst fetch vgg_normalised`)",
    )
    args = parser.parse_args()
    try:
        print(import_weights(args.files, args.out, args.vgg))
    except (ValueError, OSError) as error:
        print(f"import_weights: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
