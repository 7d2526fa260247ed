"""The networks whose published weights can be used here, and what each weight is called there and here."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

LAYERS = ("relu3_1", "relu4_1", "relu5_1")


@dataclass(frozen=True)
class Published:
    """A network as it was published.

    Args:
        title: what to call it.
        card: the rest of the folder's README.md: source, licence, use.
        sign: a weight that no other file has, by which this one is known.
        names: beginnings of the published weights' names -> of ours.
        model: what it is built of here.
        clip: what embeds its styles.
        part: the part of the model that the file holds; the whole where empty.
        folded: the weights for pixels as they are here, where they were made for others.
    """

    title: str
    card: str
    sign: str
    names: dict[str, str]
    model: dict[str, Any]
    clip: dict[str, Any]
    part: str = ""
    folded: Callable[[dict[str, Tensor]], dict[str, Tensor]] = dict


def txst() -> Published:
    """https://github.com/Holmes-Alan/TxST: wikiart_all.ckpt, wikiart_subset.ckpt, texture.ckpt, of Lightning."""
    styled = dict(zip(LAYERS, (64, 128, 320), strict=True))
    widths = dict(zip(LAYERS, (256, 512, 512), strict=True))
    return Published(
        title="TxST",
        card="""
Liu, Wang, Siu and Kalogeiton, 2022, https://arxiv.org/abs/2202.13562. Weights of https://github.com/Holmes-Alan/TxST (MIT), which
hold those of a VGG-19 (CC BY 4.0). Reads texts and pictures through OpenAI's CLIP ViT-B/32: `txst fetch clip` once.

Paint: `txst photo.jpg --style "claude monet" --model THIS_FOLDER`
""",
        sign="transform.MHSA.value.weight",
        names=txst_names(),
        model={
            "_target_": "txst.models.stylizer.Stylizer",
            "encoder": {"_target_": "txst.encoders.vgg.VGG", "layers": list(LAYERS), "colour": True, "normalise": True},
            "transfer": {
                "_target_": "txst.transfers.txst_released.TxSTReleased", "widths": widths, "styled": styled
            },
            "decoder": {
                "_target_": "txst.decoders.txst_released.TxSTReleased",
                "widths": styled,
                "strides": dict(zip(LAYERS, (4, 8, 16), strict=True)),
            },
        },
        clip={
            "_target_": "txst.encoders.clip.CLIP",
            "name": "ViT-B-32-quickgelu",
            "pretrained": "openai",
            "templates": "plain",
            "normalise": False,
        },
    )  # fmt: skip


def txst_names() -> dict[str, str]:
    names = {"transform.MHSA.": "transfer.spread."}
    flat = [0, 2, 5, 9, 12, 16, 19, 22, 25, 29, 32, 35, 38, 42]  # VGG's list counts padding, ReLU and pooling too
    convs = ["colour", *(f"conv{b}_{i}" for b, n in enumerate((2, 2, 4, 4, 1), 1) for i in range(1, n + 1))]
    for n, conv in zip(flat, convs, strict=True):
        names[f"encoder.slice{1 + sum(n >= end for end in (4, 11, 18, 31))}.{n}."] = f"encoder.{conv}."
    for s, layer in enumerate(LAYERS):
        names[f"encoder.adj_channel_{s}."] = f"transfer.adapters.{layer}."
        names[f"transform.sanet{s}.fs."] = f"transfer.places.{layer}.map."
        names[f"transform.sanet{s}.prepare_out."] = f"transfer.out.{layer}."
        for o in range(2):
            names[f"transform.sanet{s}.attn{o + 1}.f."] = f"transfer.attend.{layer}.query.{o}."
            for theirs, ours in (("g", "key"), ("h", "value"), ("output", "join")):
                names[f"transform.sanet{s}.attn{o + 1}.{theirs}."] = f"transfer.places.{layer}.{ours}.{o}."
    names |= {"decoder.merge_feat12.1.": "decoder.lift.", "decoder.decoder_layer_1.1.": "decoder.merge.0."}
    pairs = zip((1, 5, 8, 13, 16, 21, 25), (0, 3, 5, 9, 11, 15, 18), strict=True)
    return names | {f"decoder.decoder_layer_0.{theirs}.": f"decoder.paint.{ours}." for theirs, ours in pairs}


def adain(vgg: str | Path) -> Published:
    """https://github.com/naoto0804/pytorch-AdaIN: decoder.pth, beside vgg_normalised.pth."""
    pairs = zip((1, 5, 8, 11, 14, 18, 21, 25, 28), (0, 3, 5, 7, 9, 12, 14, 17, 19), strict=True)
    return Published(
        title="AdaIN",
        card="""
Huang and Belongie, 2017, https://arxiv.org/abs/1703.06868. Weights of https://github.com/naoto0804/pytorch-AdaIN (MIT), beside those
of a VGG-19 (CC BY 4.0). Paints after pictures, not after texts.

Paint: `txst photo.jpg --style-image painting.jpg --model THIS_FOLDER`
""",
        sign="28.weight",
        names={f"{theirs}.": f"layers.{ours}." for theirs, ours in pairs},
        model={
            "_target_": "txst.models.stylizer.Stylizer",
            "encoder": {
                "_target_": "txst.encoders.vgg.VGG", "layers": ["relu4_1"], "colour": True, "normalise": False,
                "ceil_mode": True, "weights": str(vgg),
            },
            "transfer": {"_target_": "txst.transfers.adain.AdaIN", "layers": ["relu4_1"]},
            "decoder": {
                "_target_": "txst.decoders.adain.Mirror", "widths": {"relu4_1": 512}, "strides": {"relu4_1": 8}
            },
        },
        clip={"_target_": "txst.encoders.null_text.NullTextEncoder"},
        part="decoder",
    )  # fmt: skip


def microast() -> Published:
    """https://github.com/EndyWon/MicroAST: four files of a part each, or all in one with the parts' names in front."""
    names: dict[str, str] = {}
    for theirs, ours in (("content_encoder", "encoder"), ("style_encoder", "style_encoder")):
        names |= {f"{theirs}.enc1.{i}.conv_layer.": f"{ours}.level1.{i}." for i in (0, 2, 4, 6, 8)}
        names |= {f"{theirs}.enc1.10.conv{i}.conv_layer.": f"{ours}.level1.10.conv{i}." for i in (1, 2)}
        names |= {f"{theirs}.enc2.0.conv{i}.conv_layer.": f"{ours}.level2.conv{i}." for i in (1, 2)}
    for i in (1, 2):
        names |= {f"modulator.{x}{i}.0.conv_layer.": f"modulator.level{i}.{x}." for x in ("weight", "bias")}
        names |= {f"decoder.dec{i}.conv{c}.conv_layer.": f"decoder.level{3 - i}.conv{c}." for c in (1, 2)}
    names |= {f"decoder.dec3.{i}.conv_layer.": f"decoder.paint.{i}." for i in (1, 3, 6, 8, 10)}
    return Published(
        title="MicroAST",
        card="""
Wang et al., 2023, https://arxiv.org/abs/2211.15313. Weights of https://github.com/EndyWon/MicroAST (MIT). Paints after pictures,
not after texts.

Paint: `txst photo.jpg --style-image painting.jpg --model THIS_FOLDER`
""",
        sign="modulator.weight1.0.conv_layer.weight",
        names=names,
        model={"_target_": "txst.models.microast.MicroAST"},
        clip={"_target_": "txst.encoders.null_text.NullTextEncoder"},
    )


def pca_kd() -> Published:
    """https://github.com/chiutaiyin/PCA-Knowledge-Distillation, "VGG backbone/ckpts": sencoder.index and sdecoder.index."""
    convs = [
        ["colour", "conv1_1"],
        ["conv1_2", "conv2_1"],
        ["conv2_2", "conv3_1"],
        ["conv3_2", "conv3_3", "conv3_4", "conv4_1"],
    ]
    names = {
        f"sencoder.btnecks.{b}.layer_with_weights-{i}.": f"encoder.{conv}."
        for b, block in enumerate(convs)
        for i, conv in enumerate(block)
    }
    names |= {f"sencoder.conv_aux.{i}": f"basis.relu{i + 1}_1" for i in range(4)}
    names["sdecoder.btnecks.0.layer_with_weights-0."] = "decoder.0.conv."
    for block, count in ((1, 1), (2, 1), (3, 3)):
        parts = ["narrow", *(f"convs.{i}" for i in range(count))]
        names |= {
            f"sdecoder.btnecks.{block}.layer_with_weights-{i}.": f"decoder.{block}.{p}." for i, p in enumerate(parts)
        }
    return Published(
        title="PCA-KD",
        card="""
Chiu and Gurari, 2022, https://arxiv.org/abs/2203.13452. Weights of https://github.com/chiutaiyin/PCA-Knowledge-Distillation (MIT),
distilled from a VGG-19 (CC BY 4.0). Photorealistic: gives a photo the colours and the light of another picture.

Paint: `txst photo.jpg --style-image other.jpg --model THIS_FOLDER`
""",
        sign="sencoder.conv_aux.0",
        names=names,
        model={"_target_": "txst.models.pca_kd.PCAKD"},
        clip={"_target_": "txst.encoders.null_text.NullTextEncoder"},
    )
