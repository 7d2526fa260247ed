"""Every experiment trains two steps on the weights that its yaml names, tiny: a new yaml is under test at once."""

import json

import numpy as np
import pytest
import torch
from hydra.utils import instantiate
from omegaconf import OmegaConf
from PIL import Image
from safetensors.torch import load_file, save_file
from small import CONF, TINY, write_classifier

from txst import Stylist
from txst.encoders.squeezenet import LAYERS, TORCHVISION, SqueezeNet
from txst.encoders.vgg import CONVS, VGG
from txst.export.run import export_run
from txst.layers.tensors import to_picture, to_tensor
from txst.models.microast import MicroAST
from txst.training.callbacks import EMA
from txst.training.palette import build_palette
from txst.training.run import train
from txst.types import Style

EXPERIMENTS = sorted(
    path.stem for path in CONF.glob("experiment/*.yaml") if "scripts/evaluate.py" not in path.read_text()
)
SIZES = [o for o in TINY if not o.startswith(("clip=", "callbacks.", "data.batch_size", "data.works"))]
CHANNELS = [4, 4, 8, 8, 8]
CLIP = {
    "embed_dim": 8,
    "quick_gelu": True,
    "vision_cfg": {"image_size": 32, "layers": 1, "width": 16, "head_width": 8, "patch_size": 16},
    "text_cfg": {"context_length": 77, "vocab_size": 49408, "width": 8, "heads": 1, "layers": 1},
}


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    """A CLIP of one layer, as a folder."""
    open_clip = pytest.importorskip("open_clip")
    folder = tmp_path_factory.mktemp("clip")
    torch.manual_seed(0)
    save_file(open_clip.CLIP(**CLIP).state_dict(), folder / "open_clip_model.safetensors")
    (folder / "open_clip_config.json").write_text(json.dumps({"model_cfg": CLIP, "preprocess_cfg": {}}))
    return folder


def vgg_file(colour, convs):
    """Random weights in torchvision's layout, or in the flat list of AdaIN, which begins with a colour convolution."""
    state = VGG([f"relu5_{convs[-1]}"], CHANNELS, convs, colour=colour).state_dict()
    names, index = ({"colour": "0"}, 2) if colour else ({}, 0)
    for block, count in enumerate(convs, 1):
        for i in range(1, count + 1):
            names[f"conv{block}_{i}"] = f"{index}" if colour else f"features.{index}"
            index += 3 if colour else 2
        index += 1
    return {f"{names[k.split('.')[0]]}.{k.split('.')[1]}": w for k, w in state.items()}


def squeezenet_file():
    """Random weights in torchvision's layout."""
    places = dict(zip(LAYERS, TORCHVISION, strict=True))
    state = {}
    for name, weight in SqueezeNet().state_dict().items():
        layer, _, rest = name.partition(".")
        state[f"features.{places[layer]}.{rest.replace('squeeze1x1', 'squeeze')}"] = weight
    return state


def shrink(cfg, clip, folder):
    """Gives every frozen network of a config the file that it asks for, as small as its class allows."""
    for part in ("encoder", "loss_network", "teacher", "clip.feature_extractor"):
        network = OmegaConf.select(cfg, part)
        if network is None or "weights" not in network:
            continue
        file = folder / str(network.weights)
        if network._target_ == "txst.encoders.vgg.VGG":
            OmegaConf.update(cfg, f"{part}.channels", CHANNELS, force_add=True)
            torch.save(vgg_file(network.get("colour", False), network.get("convs", CONVS)), file)
        elif network._target_ == "txst.encoders.squeezenet.SqueezeNet":
            torch.save(squeezenet_file(), file)
        elif network._target_ == "txst.models.microast.MicroAST":
            file.parent.mkdir(parents=True)
            save_file(MicroAST().state_dict(), file)
        else:
            raise NotImplementedError(f"write a small file for {network._target_} here")
    if cfg.encoder._target_ == "txst.encoders.vgg.VGG":
        tiny = {layer: CHANNELS[int(layer[4]) - 1] for layer in cfg.widths}
        cfg.styled = cfg.widths = tiny
    if cfg.model._target_ == "txst.models.pca_kd.PCAKD":
        cfg.model.teacher, cfg.model.channels = CHANNELS[:4], [2, 3, 4, 5]
    if cfg.clip._target_ == "txst.encoders.clip.CLIP":
        cfg.clip.name, cfg.style_width = f"local-dir:{clip}", CLIP["embed_dim"]
    elif "weights" in cfg.clip:
        if "kept" in cfg.clip:
            cfg.clip.kept = 8
        if not {"space", "embedder"} & cfg.task.keys():  # these tasks make the weights
            embedder = instantiate(cfg.clip, weights=None, _convert_="all")
            cfg.clip.weights = str(folder / "space.safetensors")
            save_file(embedder.state_dict(), cfg.clip.weights)
    if recognised := cfg.get("loss", {}).get("terms", {}).get("recognised"):
        looking = instantiate(cfg.loss_network, _convert_="all")
        recognised.head = str(
            write_classifier(folder / "classifier", 2 * sum(looking.widths.values()), network=looking)
        )
    return cfg


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_every_experiment_trains_two_steps_on_tiny_weights(
    name, config, small_shards, cartoon_pairs, clip, tmp_path, monkeypatch
):
    monkeypatch.setenv("TXST_HOME", str(tmp_path))
    known = config(f"+experiment={name}").data.keys()
    sizes = [o for o in SIZES if not o.startswith("data.") or o.split("=")[0].removeprefix("data.") in known]
    cfg = config(f"+experiment={name}", f"name={name}", *sizes, *small_shards)
    cfg.data.batch_size = 2 * cfg.data.get("works", 2)
    if "folder" in known:
        cfg.data.folder = str(tmp_path / "statistics")
    if "pairs" in known:
        cfg.data.pairs = str(cartoon_pairs)
    trainer = train(shrink(cfg, clip, tmp_path))
    assert trainer.global_step == 2
    trained = [p for p in trainer.lightning_module.parameters() if p.requires_grad]
    assert trainer.optimizers[0].state.keys() == set(trained), "a weight that gets no gradient stops trainer=ddp"
    losses = {k: v for k, v in trainer.callback_metrics.items() if "train/" in k or "val/" in k}
    assert losses
    assert all(value.isfinite() for value in losses.values())
    for file in tmp_path.rglob("*.ckpt"):
        kept = torch.load(file, weights_only=True)["state_dict"]
        assert kept
        assert not [n for n in kept if not n.startswith("model.")]
        assert cfg.encoder.get("weights") is None or not [n for n in kept if n.startswith("model.encoder.")]


def test_vgg_clip_and_the_contrast_of_artists_go_from_training_through_export_to_painting(
    config, small_shards, clip, tmp_path, monkeypatch
):
    """The paper's own parts, at tiny widths: what a run learnt is what its folder paints with."""
    monkeypatch.setenv("TXST_HOME", str(tmp_path))
    cfg = config("+experiment=wikiart", *SIZES, *small_shards)
    cfg.data.batch_size = 2 * cfg.data.works
    trainer = train(shrink(cfg, clip, tmp_path))
    assert {"train/artist", "train/identity_pixels"} <= trainer.callback_metrics.keys()
    stylist = Stylist.from_pretrained(export_run(tmp_path / "run", tmp_path / "model"), "cpu")
    photo = Image.fromarray(np.random.default_rng(0).integers(0, 256, (40, 56, 3), np.uint8))
    named, other = (stylist(photo, name) for name in ("claude monet", "titian"))
    shown = stylist(photo, style_image=photo.rotate(90))
    assert named.size == shown.size == photo.size
    assert named.tobytes() != other.tobytes()
    module = trainer.lightning_module.eval()
    for name, average in next(c.average for c in trainer.callbacks if isinstance(c, EMA)).items():
        module.get_parameter(name).data.copy_(average)
    with torch.no_grad():
        prepared = module.model.prepare_style(Style(module.clip.text(["claude monet"])))
        painted = module.model(to_tensor(photo), prepared).image
    difference = np.abs(np.asarray(named, int) - np.asarray(to_picture(painted), int))
    assert difference.max() <= 1
    reads_prompts_on_the_embeddings_of_clip(tmp_path, cfg, photo)


def reads_prompts_on_the_embeddings_of_clip(tmp_path, cfg, photo):
    """With a palette, prompts are read in parts: names by their pictures, everything else by its word."""
    folder = build_palette(tmp_path / "run", tmp_path / "named", cfg.data.style)
    stylist = Stylist.from_pretrained(folder, "cpu")
    palette = stylist.styles.palette()
    first, second = palette.names[:2]
    said = stylist.describe(f"{first}:0.7, neon cyberpunk:0.3")
    assert said == f"70% {first} (artist) + 30% neon cyberpunk (text)"
    pictures = (
        stylist(photo, style).tobytes() for style in (first, second, f"dark {first}, {second}", "neon cyberpunk")
    )
    assert len(set(pictures)) == 4
    words = stylist.painter.clip.text(["neon cyberpunk"])[0].numpy()
    np.testing.assert_allclose(palette.text("neon cyberpunk"), words, atol=1e-6)
    own, _ = palette.under(first)
    assert (own @ palette.text(first)).max() > 0.9
    stylist.styles.teach("grandma", [photo])
    assert stylist.describe("grandma, dark") == "grandma (yours) + dark (look)"
    assert not any(name.startswith("clip.") for name in load_file(folder / "model.safetensors"))
