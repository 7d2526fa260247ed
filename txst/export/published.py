"""The networks whose published weights can be used here, and what each weight is called there and here."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

LAYERS = ("relu3_1", "relu4_1", "relu5_1")
WIDTHS, STRIDES = dict(zip(LAYERS, (256, 512, 512), strict=True)), dict(zip(LAYERS, (4, 8, 16), strict=True))
NO_WORDS = {"_target_": "txst.encoders.null_text.NullTextEncoder"}


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
                "_target_": "txst.transfers.txst_released.TxSTReleased", "widths": WIDTHS, "styled": styled
            },
            "decoder": {
                "_target_": "txst.decoders.txst_released.TxSTReleased",
                "widths": styled,
                "strides": STRIDES,
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
    return Published(
        title="AdaIN",
        card="""
Huang and Belongie, 2017, https://arxiv.org/abs/1703.06868. Weights of https://github.com/naoto0804/pytorch-AdaIN (MIT), beside those
of a VGG-19 (CC BY 4.0). Paints after pictures, not after texts.

Paint: `txst photo.jpg --style-image painting.jpg --model THIS_FOLDER`
""",
        sign="28.weight",
        names=mirror_names("", "decoder."),
        model={
            "_target_": "txst.models.stylizer.Stylizer",
            "encoder": vgg_normalised(["relu4_1"], vgg),
            "transfer": {"_target_": "txst.transfers.adain.AdaIN", "layers": ["relu4_1"]},
            "decoder": {
                "_target_": "txst.decoders.adain.Mirror", "widths": {"relu4_1": 512}, "strides": {"relu4_1": 8}
            },
        },
        clip=NO_WORDS,
    )  # fmt: skip


def vgg_normalised(layers: list[str], weights: str | Path) -> dict[str, Any]:
    """AdaIN's encoder as AdaIN and what came from it use it."""
    return {
        "_target_": "txst.encoders.vgg.VGG", "layers": layers, "colour": True, "normalise": False, "ceil_mode": True,
        "weights": str(weights),
    }  # fmt: skip


def mirror_names(theirs: str, ours: str) -> dict[str, str]:
    """AdaIN's decoder, which others have taken over, between what stands before its names there and here."""
    pairs = zip((1, 5, 8, 11, 14, 18, 21, 25, 28), (0, 3, 5, 7, 9, 12, 14, 17, 19), strict=True)
    return {f"{theirs}{their}.": f"{ours}layers.{our}." for their, our in pairs}


def sanet(vgg: str | Path) -> Published:
    """https://github.com/GlebSBrykin/SANET: transformer_iter_500000.pth and decoder_iter_500000.pth, beside vgg_normalised.pth."""
    layers = list(LAYERS[1:])
    names = mirror_names("decoder.", "decoder.") | {"merge_conv.": "transfer.merge.conv."}
    for layer in layers:
        for theirs, ours in (("f", "query"), ("g", "key"), ("h", "value"), ("out_conv", "out")):
            names[f"sanet{layer[4:]}.{theirs}."] = f"transfer.attend.{layer}.{ours}."
    return Published(
        title="SANet",
        card="""
Park and Lee, 2019, https://arxiv.org/abs/1812.02342. Weights of https://github.com/GlebSBrykin/SANET (MIT), beside those of a VGG-19
(CC BY 4.0). Paints after pictures, not after texts.

Paint: `txst photo.jpg --style-image painting.jpg --model THIS_FOLDER`
""",
        sign="sanet4_1.f.weight",
        names=names,
        model={
            "_target_": "txst.models.stylizer.Stylizer",
            "encoder": vgg_normalised(layers, vgg),
            "transfer": {"_target_": "txst.transfers.sanet.SANet", "widths": WIDTHS, "layers": layers},
            "decoder": {
                "_target_": "txst.decoders.adain.Mirror", "widths": WIDTHS, "strides": STRIDES, "layer": "relu4_1"
            },
        },
        clip=NO_WORDS,
    )  # fmt: skip


def adaattn(vgg: str | Path) -> Published:
    """https://github.com/Huage001/AdaAttN: latest_net_{adaattn_3,transformer,decoder}.pth, beside vgg_normalised.pth."""
    names = {"merge_conv.": "transfer.merge.conv.", "decoder_layer_1.1.": "decoder.lift.0."}
    for theirs, layer in (("", "relu3_1"), ("attn_adain_4_1.", "relu4_1"), ("attn_adain_5_1.", "relu5_1")):
        for their, our in (("f", "query"), ("g", "key"), ("h", "value")):
            names[f"{theirs}{their}."] = f"transfer.attend.{layer}.{our}."
    pairs = zip((1, 4, 7, 10, 14, 17, 21, 24), (0, 2, 4, 6, 9, 11, 14, 16), strict=True)
    names |= {f"decoder_layer_2.{their}.": f"decoder.layers.{our}." for their, our in pairs}
    keys = {"relu1_1": 64, "relu2_1": 128, **WIDTHS}
    return Published(
        title="AdaAttN",
        card="""
Liu et al., 2021, https://arxiv.org/abs/2108.03647. Weights of https://github.com/Huage001/AdaAttN (Apache-2.0), beside those of a
VGG-19 (CC BY 4.0). Paints after pictures, not after texts.

Paint: `txst photo.jpg --style-image painting.jpg --model THIS_FOLDER`
""",
        sign="attn_adain_4_1.f.weight",
        names=names,
        model={
            "_target_": "txst.models.stylizer.Stylizer",
            "encoder": vgg_normalised(list(keys), vgg),
            "transfer": {
                "_target_": "txst.transfers.adaattn.AdaAttN", "widths": keys, "layers": list(LAYERS), "keys": list(keys)
            },
            "decoder": {"_target_": "txst.decoders.adaattn.SkipMirror", "widths": WIDTHS, "strides": STRIDES},
        },
        clip=NO_WORDS,
    )  # fmt: skip


def stytr2() -> Published:
    """https://github.com/diyiiyiii/StyTR-2: {transformer,decoder,embedding}_iter_160000.pth."""
    names = mirror_names("decoder.", "paint.") | {"proj.": "embed.", "new_ps.": "position.", "decoder.norm.": "norm."}
    parts = {"linear1.": "feed.widen.", "linear2.": "feed.narrow.", "norm1.": "norm1.", "norm2.": "norm2."}
    attention = {"in_proj_": "project.", "out_proj.": "out."}
    for i in range(3):
        for theirs, ours in (("encoder_c", "content_encoder"), ("encoder_s", "style_encoder"), ("decoder", "decoder")):
            blocks = (
                {"self_attn": "first", "multihead_attn": "second"} if ours == "decoder" else {"self_attn": "attend"}
            )
            own = parts | ({"norm3.": "norm3."} if ours == "decoder" else {})
            own |= {f"{b}.{a}": f"{blocks[b]}.{attention[a]}" for b in blocks for a in attention}
            names |= {f"{theirs}.layers.{i}.{their}": f"{ours}.{i}.{our}" for their, our in own.items()}
    return Published(
        title="StyTr2",
        card="""
Deng et al., 2022, https://arxiv.org/abs/2105.14576. Weights of https://github.com/diyiiyiii/StyTR-2, which names no licence: ask its
authors before you pass them on. Paints after pictures, not after texts.

Paint: `txst photo.jpg --style-image painting.jpg --model THIS_FOLDER`
""",
        sign="new_ps.weight",
        names=names,
        model={"_target_": "txst.models.stytr2.StyTr2"},
        clip=NO_WORDS,
    )


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
        clip=NO_WORDS,
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
