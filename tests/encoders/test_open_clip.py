import copy
import json
import warnings

import pytest
import torch
import torch.nn.functional as F

pytest.importorskip("open_clip")
import open_clip
from PIL import Image
from safetensors.torch import save_file
from tiny_clip import CONFIG, formula, write_clip
from torch.nn.modules.module import register_module_module_registration_hook

from txst.data.names import read_templates
from txst.encoders import clip as module
from txst.encoders.clip import CLIP

IMAGE = torch.rand(2, 3, 40, 56, generator=torch.Generator().manual_seed(0))


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    """A folder with a CLIP of two layers and weights by formula."""
    return write_clip(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="module")
def loaded(tiny):
    return CLIP(f"local-dir:{tiny}")


@pytest.fixture
def clip(loaded):
    loaded.texts.clear()
    return loaded


def test_a_known_picture_and_a_known_text_give_the_golden_vectors(tiny):
    clip = CLIP(f"local-dir:{tiny}", templates="plain")
    picture = clip(0.5 + 0.5 * formula((1, 3, 40, 56), 0.5))[0]
    text = clip.text(["vincent van gogh"])[0]
    # Both computed in float64 with open_clip alone; GELU instead of QuickGELU would move them by 2e-4 and 6e-4.
    golden_picture = [0.370698, -0.351265, -0.280181, 0.423465, 0.171058, -0.467545, -0.050577, 0.480578]
    golden_text = [0.362254, 0.320714, -0.444899, -0.206069, 0.498001, 0.077739, -0.518033, 0.055752]
    torch.testing.assert_close(picture, torch.tensor(golden_picture), rtol=0, atol=2e-5)
    torch.testing.assert_close(text, torch.tensor(golden_text), rtol=0, atol=2e-5)


def test_preprocessing_is_that_of_the_models_own_config_as_on_pil_pictures(clip):
    pixels = (IMAGE[0] * 150 + 50).round()
    config = open_clip.get_model_preprocess_cfg(clip.tower)
    assert list(config["mean"]) == CONFIG["preprocess_cfg"]["mean"]
    picture = Image.fromarray(pixels.permute(1, 2, 0).byte().numpy())
    expected = module.image_transform_v2(module.PreprocessCfg(**config), is_train=False)(picture)
    assert expected.shape == (3, 32, 32)
    torch.testing.assert_close(clip.preprocess(pixels[None] / 255)[0], expected, rtol=0, atol=0.02)


def test_the_gradient_reaches_every_pixel_inside_the_crop(clip):
    image = IMAGE.clone().requires_grad_()
    clip(image)[:, 0].sum().backward()
    assert (image.grad[..., 9:47].abs().sum(1) > 0).all()


def test_is_deterministic_of_unit_length_and_frozen_for_good(clip):
    clip.train()
    assert torch.equal(clip(IMAGE), clip(IMAGE))
    torch.testing.assert_close(clip(IMAGE).norm(dim=-1), torch.ones(2))
    torch.testing.assert_close(clip.text(["a", "b"]).norm(dim=-1), torch.ones(2))
    assert not clip.tower.training
    assert not any(p.requires_grad for p in clip.tower.parameters())
    assert clip(IMAGE).shape == clip.text(["a", "b"]).shape == (2, clip.width)


def test_raw_vectors_differ_from_the_others_in_length_alone(clip, tiny):
    raw = CLIP(f"local-dir:{tiny}", templates="plain", normalise=False)(IMAGE)
    assert (raw.norm(dim=-1) - 1).abs().min() > 0.01
    torch.testing.assert_close(F.normalize(raw, dim=-1), clip(IMAGE))


def test_is_in_no_state_and_no_optimiser_but_moves_with_its_parent(clip):
    parent = torch.nn.ModuleDict({"clip": copy.deepcopy(clip), "other": torch.nn.Linear(2, 2)})
    assert set(parent.state_dict()) == {"other.weight", "other.bias"} == {n for n, _ in parent.named_parameters()}
    parent.load_state_dict(parent.state_dict())
    parent["clip"].text(["a"])
    parent.to(torch.float64)
    assert next(parent["clip"].tower.parameters()).dtype == torch.float64
    assert not parent["clip"].texts
    assert next(clip.tower.parameters()).dtype == torch.float32


def test_a_text_is_the_mean_over_the_templates_and_is_computed_once(clip, tiny, monkeypatch):
    each = CLIP(f"local-dir:{tiny}", templates="plain").text(
        [t.replace("{}", "ukiyo-e") for t in read_templates("art")]
    )
    calls = []
    encode = clip.tower.encode_text
    monkeypatch.setattr(clip.tower, "encode_text", lambda tokens: calls.append(1) or encode(tokens))
    torch.testing.assert_close(clip.text(["ukiyo-e", "ukiyo-e"])[1], F.normalize(each.mean(0), dim=0))
    clip.text(["ukiyo-e"])
    assert len(calls) == 1


def test_a_text_first_read_while_painting_can_serve_in_training(clip):
    with torch.inference_mode():
        clip.text(["pointillism"])
    image = IMAGE.clone().requires_grad_()
    (clip(image) * clip.text(["pointillism"])).sum().backward()
    assert image.grad is not None


def test_a_prompt_that_does_not_fit_warns_of_what_was_cut(clip):
    with pytest.warns(UserWarning, match=r"more than the 24 tokens.*left out: '.*final words'"):
        clip.text(["a very long description " * 8 + "final words"])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        clip.text(["a short one"])


@pytest.mark.parametrize(("name", "right"), [("ViT-B-32", "ViT-B-32-quickgelu"), ("ViT-B-16", "ViT-B-16-quickgelu")])
def test_weights_under_another_activation_are_refused(name, right):
    with pytest.raises(ValueError, match=rf"another activation.*use name={right}"):
        CLIP(name, "openai")


def test_unknown_names_tags_and_templates_are_told(tiny):
    with pytest.raises(ValueError, match="knows no model 'ViT-Z'"):
        CLIP("ViT-Z")
    with pytest.raises(
        ValueError, match=r"'nothing' is no file and no weights of ViT-B-32-quickgelu; there are openai"
    ):
        CLIP(pretrained="nothing")
    with pytest.raises(ValueError, match="no templates 'photo'; there are art"):
        CLIP(f"local-dir:{tiny}", templates="photo")
    with pytest.raises(ValueError, match=r"has no \{\}"):
        CLIP(f"local-dir:{tiny}", templates=["a painting"])


@pytest.mark.parametrize("kind", ["shape", "page"])
def test_a_file_of_something_else_is_told_in_one_line(tiny, tmp_path, kind):
    folder = tmp_path / "other"
    folder.mkdir()
    (folder / "open_clip_config.json").write_text(json.dumps(CONFIG))
    file = folder / "open_clip_model.safetensors"
    save_file({"logit_scale": torch.ones(3)}, file) if kind == "shape" else file.write_text("<!DOCTYPE html>")
    with pytest.raises(ValueError, match=r"^local-dir:\S+ does not hold the weights of CLIP .*$"):
        CLIP(f"local-dir:{folder}")


@pytest.mark.parametrize("part", ["vision_cfg", "text_cfg"])
@pytest.mark.parametrize("pickled", [False, True])
def test_a_folder_cannot_ask_for_more_layers_than_its_weights_have(tiny, tmp_path, part, pickled):
    folder, config = tmp_path / "large", copy.deepcopy(CONFIG)
    config["model_cfg"][part]["layers"] = 200_000
    folder.mkdir()
    (folder / "open_clip_config.json").write_text(json.dumps(config))
    if pickled:
        (folder / "open_clip_pytorch_model.bin").write_bytes(bytes(10**6))  # however large it is
    else:
        (folder / "open_clip_model.safetensors").symlink_to(tiny / "open_clip_model.safetensors")
    built = []
    hook = register_module_module_registration_hook(lambda *given: built.append(None))
    try:
        with pytest.raises(ValueError, match="does not hold the weights of CLIP"):
            CLIP(f"local-dir:{folder}")
    finally:
        hook.remove()
    assert len(built) < 20_000


@pytest.fixture
def offline(tmp_path, monkeypatch):
    """An empty hub cache and no network: what HF_HUB_OFFLINE=1 sets when it stands in the environment."""
    constants = pytest.importorskip("huggingface_hub.constants")
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    return tmp_path / "hub"


@pytest.mark.parametrize(
    ("arguments", "command"),
    [
        ({}, "`txst fetch clip`"),
        ({"name": "ViT-B-16-quickgelu"}, "`txst fetch clip --model ViT-B-16-quickgelu --pretrained openai`"),
        ({"name": "hf-hub:someone/tiny"}, "`txst fetch clip --model hf-hub:someone/tiny`"),
    ],
)
def test_without_network_and_weights_the_command_that_fetches_them_is_named(offline, arguments, command):
    with pytest.raises(FileNotFoundError, match=command):
        CLIP(**arguments)


def test_without_network_a_downloaded_clip_works_from_end_to_end(offline, tiny, clip):
    commit = "0" * 40
    folder = offline / "models--someone--tiny"
    (folder / "refs").mkdir(parents=True)
    (folder / "refs/main").write_text(commit)
    (folder / "snapshots").mkdir()
    (folder / "snapshots" / commit).symlink_to(tiny, target_is_directory=True)
    downloaded = CLIP("hf-hub:someone/tiny")
    torch.testing.assert_close(downloaded(IMAGE), clip(IMAGE))
    torch.testing.assert_close(downloaded.text(["a"]), clip.text(["a"]))


def test_template_sets_have_a_place_for_the_prompt_and_clipstylers_are_79():
    imagenet = {template("{}") for template in open_clip.OPENAI_IMAGENET_TEMPLATES}
    assert set(read_templates("clipstyler")) == imagenet - {"a photo of many {}."}
    assert len(read_templates("clipstyler")) == 79
    assert all("{}" in t for name in ("art", "plain", "clipstyler") for t in read_templates(name))


def test_the_picture_tower_is_changed_in_its_operations_and_in_no_number(clip, tiny):
    plain = open_clip.create_model(f"local-dir:{tiny}").eval()
    x = torch.rand(3, 3, 32, 32, requires_grad=True)
    expected, found = plain.encode_image(x), clip.tower.encode_image(x)
    torch.testing.assert_close(found, expected)
    slopes = (torch.autograd.grad(y.square().sum(), x)[0] for y in (expected, found))
    torch.testing.assert_close(*slopes)
    kinds = {type(part).__name__ for part in clip.tower.visual.modules()}
    assert {"SelfAttention", "PatchEmbedding"} < kinds, "nothing was changed"
    assert "MultiheadAttention" not in kinds
