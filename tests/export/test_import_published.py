import argparse
import runpy
import sys
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
import yaml
from PIL import Image
from safetensors.torch import save_file
from small import painted
from torch import nn

from txst import Stylist
from txst.export.import_published import import_weights
from txst.export.published import adaattn, microast, sanet, stytr2, txst
from txst.export.run import without_files
from txst.model_folder.folder import build, load_folder
from txst.types import Style


@pytest.fixture
def command(monkeypatch):
    """Runs scripts/import_weights.py; gives its exit code."""

    def run(*arguments):
        script = Path(__file__).parents[2] / "scripts" / "import_weights.py"
        monkeypatch.setattr(sys, "argv", [str(script), *map(str, arguments)])
        with pytest.raises(SystemExit) as end:
            runpy.run_path(str(script), run_name="__main__")
        return end.value.code

    return run


def under_published_names(network):
    """Random weights of our module under the names of the published file."""
    theirs = {our: their for their, our in network.names.items()}
    weights = {}
    for name, weight in build(without_files(network.model)).state_dict().items():
        if begin := next((our for our in theirs if name.startswith(our)), None):  # the encoder has a file of its own
            weights[theirs[begin] + name.removeprefix(begin)] = weight
    return weights


@pytest.fixture(scope="module")
def micro():
    return under_published_names(microast())


def published_decoder():
    """AdaIN's decoder as a flat list, in the order of its paper's port."""
    layers, first = [], True
    for block in ([(512, 256)], [(256, 256)] * 3 + [(256, 128)], [(128, 128), (128, 64)], [(64, 64), (64, 3)]):
        layers += [] if first else [nn.Upsample(scale_factor=2)]
        for a, b in block:
            layers += [nn.ReflectionPad2d(1), nn.Conv2d(a, b, 3), nn.ReLU()]
        first = False
    return nn.Sequential(*layers[:-1])


def published_encoder(blocks=4):
    """AdaIN's VGG-19 to relu4_1 or relu5_1 as a flat list."""
    layers, width = [nn.Conv2d(3, 3, 1)], 3
    for block, (count, channels) in enumerate(((2, 64), (2, 128), (4, 256), (4, 512), (1, 512))[:blocks]):
        count = 1 if block == blocks - 1 else count
        layers += [nn.MaxPool2d(2, ceil_mode=True)] if block else []
        for _ in range(count):
            layers += [nn.ReflectionPad2d(1), nn.Conv2d(width, channels, 3), nn.ReLU()]
            width = channels
    return nn.Sequential(*layers)


def test_adain_paints_as_the_published_lists_do(tmp_path):
    torch.manual_seed(0)
    encoder, decoder = published_encoder(), published_decoder()
    assert [k for k in decoder.state_dict() if k.endswith("weight")] == [
        f"{i}.weight" for i in (1, 5, 8, 11, 14, 18, 21, 25, 28)
    ]
    torch.save(decoder.state_dict(), tmp_path / "decoder.pth")
    torch.save(encoder.state_dict(), tmp_path / "vgg.pth")
    model, _ = load_folder(import_weights([tmp_path / "decoder.pth"], tmp_path / "adain", tmp_path / "vgg.pth"))
    content, picture = torch.rand(1, 3, 32, 40), torch.rand(1, 3, 24, 48)
    with torch.no_grad():
        c, s = encoder(content), encoder(picture)
        (var_c, mean_c), (var_s, mean_s) = (torch.var_mean(x, (2, 3), keepdim=True) for x in (c, s))
        expected = decoder((c - mean_c) / (var_c + 1e-5).sqrt() * (var_s + 1e-5).sqrt() + mean_s).clamp(0, 1)
        painting = painted(model, content, Style(image=picture))
    torch.testing.assert_close(painting, expected, atol=1e-4, rtol=1e-4)


def test_adain_without_an_encoder_names_the_download(tmp_path, monkeypatch):
    monkeypatch.setenv("TXST_HOME", str(tmp_path / "empty"))
    torch.save(published_decoder().state_dict(), tmp_path / "decoder.pth")
    with pytest.raises(FileNotFoundError, match="txst fetch vgg_normalised"):
        import_weights([tmp_path / "decoder.pth"], tmp_path / "adain")


def test_microast_paints_from_the_command_line_to_a_picture(micro, tmp_path, command):
    save_file({k: v.contiguous() for k, v in micro.items()}, tmp_path / "microast.safetensors")
    assert command(tmp_path / "microast.safetensors", "-o", tmp_path / "m") == 0
    photo, painting = Image.new("RGB", (33, 21), "navy"), Image.effect_noise((40, 30), 90).convert("RGB")
    stylist = Stylist.from_pretrained(tmp_path / "m", "cpu")
    assert stylist(photo, style_image=painting).size == photo.size
    with pytest.raises(ValueError, match="style picture"):
        stylist(photo, "claude monet")


def test_microast_comes_in_four_files_too(micro, tmp_path):
    files = []
    for part in ("content_encoder", "style_encoder", "modulator", "decoder"):
        files.append(tmp_path / f"{part}_iter_160000.pth.tar")
        torch.save({k.removeprefix(f"{part}."): v for k, v in micro.items() if k.startswith(f"{part}.")}, files[-1])
    model, _ = load_folder(import_weights(files, tmp_path / "model"))
    torch.testing.assert_close(model.decoder.paint[10].weight, micro["decoder.dec3.10.conv_layer.weight"])


def test_the_folder_holds_numbers_a_card_and_no_path_of_this_machine(micro, tmp_path):
    torch.save({"state_dict": micro, "hyper_parameters": argparse.Namespace(lr=1e-4)}, tmp_path / "some.ckpt")
    folder = import_weights([tmp_path / "some.ckpt"], tmp_path / "model")
    assert {p.name for p in folder.iterdir()} == {"README.md", "config.yaml", "model.safetensors"}
    assert str(tmp_path) not in (folder / "config.yaml").read_text()
    assert "MicroAST, as published" in (folder / "README.md").read_text()


def test_missing_weights_are_named_as_published(micro, tmp_path):
    del (short := dict(micro))["decoder.dec2.conv1.conv_layer.bias"]
    torch.save(short, tmp_path / "short.pth")
    with pytest.raises(ValueError, match=r"short\.pth lacks decoder\.dec2\.conv1\.conv_layer\.bias$"):
        import_weights([tmp_path / "short.pth"], tmp_path / "model")
    assert not (tmp_path / "model").exists()


@pytest.mark.parametrize("name", ["decoder.dec9.weight", "decoder.dec3.1.conv_layer.scale"])
def test_unknown_weights_are_named(micro, tmp_path, name):
    torch.save(micro | {name: torch.ones(1)}, tmp_path / "more.pth")
    with pytest.raises(ValueError, match=f"published network lacks: {name}"):
        import_weights([tmp_path / "more.pth"], tmp_path / "model")


def test_other_sizes_are_told(micro, tmp_path):
    torch.save(micro | {"decoder.dec3.10.conv_layer.bias": torch.ones(4)}, tmp_path / "wide.pth")
    with pytest.raises(ValueError, match=r"\(4,\) in .*wide\.pth but \(3,\) here"):
        import_weights([tmp_path / "wide.pth"], tmp_path / "model")


def test_a_checkpoint_of_something_else_is_refused(tmp_path):
    torch.save({"fc.weight": torch.ones(2, 2)}, tmp_path / "other.pth")
    with pytest.raises(ValueError, match=r"other\.pth holds fc\.weight, \.\.\. and is no checkpoint of TxST"):
        import_weights([tmp_path / "other.pth"], tmp_path / "model")


def test_the_command_ends_with_one_sentence(tmp_path, command, capsys):
    (tmp_path / "page.ckpt").write_text("<!DOCTYPE html>")
    assert command(tmp_path / "page.ckpt", "-o", tmp_path / "model") == 1
    said = capsys.readouterr().err
    assert said.startswith("import_weights: ")
    assert said.count("\n") == 1


def test_a_lightning_file_of_txst_becomes_a_folder(tmp_path):
    weights = under_published_names(txst())
    foreign = {
        **{k.replace("encoder.", "vgg_feat."): v for k, v in weights.items() if k.startswith("encoder.slice")},
        "text_editor.CLIP_model.visual.proj": torch.ones(768, 512, dtype=torch.float16),
        "simCLR.temperature": torch.tensor(0.5),
    }
    lightning = {
        "epoch": 3,
        "global_step": 100,
        "state_dict": weights | foreign,
        "hyper_parameters": {"args": argparse.Namespace(batch_size=30)},
        "optimizer_states": [{"state": {0: {"exp_avg": weights["transform.MHSA.key.weight"]}}}],
    }
    torch.save(lightning, tmp_path / "wikiart_all.ckpt")
    folder = import_weights([tmp_path / "wikiart_all.ckpt"], tmp_path / "txst")
    config = yaml.safe_load((folder / "config.yaml").read_text())
    assert config["clip"]["normalise"] is False
    model = build(config["model"])
    assert sum(p.numel() for p in model.encoder.parameters()) == 12_944_972
    image, style = torch.rand(1, 3, 70, 50), Style(torch.randn(1, 512) * 0.5)
    with torch.no_grad():
        painting = painted(model.eval(), image, style)
    assert painting.shape == image.shape
    assert painting.isfinite().all()


SHAPES = {
    sanet: {"sanet5_1.out_conv.weight": (512, 512, 1, 1), "merge_conv.weight": (512, 512, 3, 3)},
    adaattn: {
        "f.weight": (448, 448, 1, 1),
        "h.bias": (256,),
        "attn_adain_4_1.g.weight": (960, 960, 1, 1),
        "attn_adain_5_1.f.bias": (1472,),
        "merge_conv.bias": (512,),
        "decoder_layer_1.1.weight": (256, 512, 3, 3),
        "decoder_layer_2.24.weight": (3, 64, 3, 3),
    },
    stytr2: {
        "encoder_c.layers.2.self_attn.in_proj_weight": (1536, 512),
        "encoder_s.layers.0.linear1.weight": (2048, 512),
        "decoder.layers.1.multihead_attn.out_proj.bias": (512,),
        "decoder.layers.2.norm3.weight": (512,),
        "decoder.norm.bias": (512,),
        "new_ps.weight": (512, 512, 1, 1),
        "proj.weight": (512, 3, 8, 8),
        "decoder.28.weight": (3, 64, 3, 3),
    },
}


@pytest.mark.parametrize("published", SHAPES, ids=lambda make: make.__name__)
def test_every_weight_of_ours_has_its_published_name_and_shape(published):
    network = published() if published is stytr2 else published(None)
    with torch.device("meta"):
        weights = under_published_names(network)
        ours = [name for name in build(without_files(network.model)).state_dict() if not name.startswith("encoder.")]
    assert len(weights) == len(ours)
    assert {name: tuple(weights[name].shape) for name in SHAPES[published]} == SHAPES[published]
    assert network.sign in weights


def conv(weights, name, x):
    """A published convolution, with its border in a mirror."""
    weight = weights[f"{name}.weight"]
    return F.conv2d(F.pad(x, [weight.shape[-1] // 2] * 4, mode="reflect"), weight, weights[f"{name}.bias"])


def test_sanet_in_two_files_paints_as_published(tmp_path, monkeypatch):
    torch.manual_seed(0)
    encoder, decoder, network = published_encoder(5), published_decoder(), sanet(None)
    weights = {k: w for k, w in under_published_names(network).items() if not k.startswith("decoder.")}
    torch.save(decoder.state_dict(), tmp_path / "decoder_iter_500000.pth")
    torch.save(weights, tmp_path / "transformer_iter_500000.pth")
    torch.save(encoder.state_dict(), tmp_path / "vgg.pth")
    files = [tmp_path / f"{part}_iter_500000.pth" for part in ("decoder", "transformer")]
    monkeypatch.setattr("txst.export.import_published.save_folder", lambda folder, config, state, card: (config, state))
    config, state = import_weights(files, tmp_path / "sanet", tmp_path / "vgg.pth")
    model = build(config["model"])
    model.load_state_dict({name.removeprefix("model."): w for name, w in state.items()})
    image, picture = torch.rand(1, 3, 32, 48), torch.rand(1, 3, 40, 32)

    def normed(x):
        return (x - x.mean((2, 3), keepdim=True)) / (x.var((2, 3), keepdim=True) + 1e-5).sqrt()

    with torch.no_grad():
        maps = []
        for name, end in (("sanet4_1", 31), ("sanet5_1", 44)):
            c, s = (encoder[:end](x) for x in (image, picture))
            query, key = (conv(weights, f"{name}.{part}", normed(x)).flatten(2) for part, x in (("f", c), ("g", s)))
            found = conv(weights, f"{name}.h", s).flatten(2) @ (query.mT @ key).softmax(-1).mT
            maps.append(conv(weights, f"{name}.out_conv", found.view_as(c)) + c)
        merged = conv(weights, "merge_conv", maps[0] + F.interpolate(maps[1], scale_factor=2))
        expected = decoder(merged).clamp(0, 1)
        painting = painted(model.eval(), image, Style(image=picture))
    torch.testing.assert_close(painting, expected, atol=1e-4, rtol=1e-4)
