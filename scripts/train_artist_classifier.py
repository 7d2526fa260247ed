"""Trains an artist classifier on real paintings. It shares no network with the models that it measures.

python scripts/train_artist_classifier.py shards/wikiart --weights inception.safetensors --photos shards/photos -o models/artist_classifier

Or a classifier on the loss network, for loss=recognised. Never measure a model by the classifier that it was trained with:

python scripts/train_artist_classifier.py shards/wikiart --network squeezenet --size 192 --weights squeezenet1_1-b8a52dc0.pth -o models/artist_classifier_squeezenet
python scripts/train_artist_classifier.py shards/wikiart --network vgg16 --size 192 --weights vgg16-397923af.pth -o models/artist_classifier_vgg16
"""

import argparse
import json
import sys
from pathlib import Path

import torch
from torch import nn

from txst.encoders.inception import Inception
from txst.encoders.scales import Scales
from txst.encoders.squeezenet import SqueezeNet
from txst.encoders.vgg import VGG
from txst.training.artist_classifier import train_artist_classifier

INCEPTION = ("Conv2d_2b_3x3", "Conv2d_4a_3x3", "Mixed_5b", "Mixed_5d", "Mixed_6b", "Mixed_6e")
SQUEEZENET = ("conv1", "fire2", "fire3", "fire4", "fire6", "fire7")  # as in conf/loss_network, and so are the next
VGG16 = ("relu1_2", "relu2_2", "relu3_3", "relu4_3")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paintings", nargs="+", help="folders of shards, as scripts/make_shards.py writes them")
    parser.add_argument(
        "--weights", required=True, help="file of the network's weights; for Inception see txst/encoders/inception.py"
    )
    networks = ("inception", "squeezenet", "squeezenet_scales", "vgg16")
    parser.add_argument("--network", choices=networks, default="inception")
    parser.add_argument("--size", type=int, default=256, help="shorter side of the pictures, in pixels")
    parser.add_argument(
        "--photos", nargs="+", help="folders of shards of photos, to see which artists it finds in them"
    )
    parser.add_argument("--works", type=int, default=20, help="fewest works of an artist")
    parser.add_argument("--most", type=int, default=60, help="most works of an artist")
    parser.add_argument("--views", type=int, default=1, help="degraded copies of each work")
    parser.add_argument("-o", "--out", type=Path, required=True, help="folder to write")
    args = parser.parse_args()
    try:
        network: nn.Module
        if args.network == "inception":
            network = Inception(INCEPTION, args.weights).to(memory_format=torch.channels_last)  # a fifth faster
        elif args.network == "vgg16":
            network = VGG(VGG16, convs=(2, 2, 3, 3, 3), padding="zeros", weights=args.weights)
        else:
            network = SqueezeNet(SQUEEZENET, args.weights)
        if args.network == "squeezenet_scales":
            network = Scales(network)
        facts = train_artist_classifier(
            args.paintings, network, args.out, args.photos, args.works, args.most, args.views, args.size
        )
    except (ValueError, OSError) as error:
        print(f"train_artist_classifier: {error}", file=sys.stderr)
        return 1
    print(json.dumps({key: facts.get(key) for key in ("works", "decay", "ceiling", "photos")}, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
