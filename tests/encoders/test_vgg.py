import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from txst.encoders.vgg import CONVS, VGG

CHANNELS = (4, 5, 6, 7, 8)
TAPS = [f"relu{block}_1" for block in range(1, 6)]
IMAGE = torch.rand(2, 3, 36, 44, generator=torch.Generator().manual_seed(0))


def flat_list(ceil_mode):
    """The published flat list: colour, then padding, convolution, ReLU for each, pooling between blocks."""
    torch.manual_seed(1)
    modules, taps, width = [nn.Conv2d(3, 3, 1)], {}, 3
    for block, (count, channels) in enumerate(zip(CONVS, CHANNELS, strict=True), 1):
        for i in range(1, count + 1):
            modules += [nn.ReflectionPad2d(1), nn.Conv2d(width, channels, 3), nn.ReLU()]
            taps[f"relu{block}_{i}"] = len(modules)
            width = channels
        modules.append(nn.MaxPool2d(2, ceil_mode=ceil_mode))
    return nn.Sequential(*modules), taps


@pytest.fixture
def flat(tmp_path):
    modules, taps = flat_list(False)
    torch.save(modules.state_dict(), tmp_path / "vgg_normalised.pth")
    return modules, taps, tmp_path / "vgg_normalised.pth"


@pytest.mark.parametrize("ceil_mode", [False, True])
def test_agrees_with_the_flat_list_of_adain_at_every_tap(tmp_path, ceil_mode):
    modules, taps = flat_list(ceil_mode)
    torch.save(modules.state_dict(), tmp_path / "vgg.pth")
    layers = [name for name in taps if name != "relu5_4"]
    vgg = VGG(layers, CHANNELS, colour=True, normalise=False, ceil_mode=ceil_mode, weights=tmp_path / "vgg.pth")
    features = vgg(IMAGE)
    assert list(features) == layers
    for name in layers:
        torch.testing.assert_close(features[name], modules[: taps[name]](IMAGE))


def test_reads_the_slices_of_a_published_txst(flat, tmp_path):
    modules, taps, _ = flat
    ends = [4, 11, 18, 31, 44]
    slices = {
        f"slice{1 + sum(int(key.split('.')[0]) >= end for end in ends)}.{key}": tensor
        for key, tensor in modules[:44].state_dict().items()
    }
    assert {"slice1.0.weight", "slice2.5.weight", "slice3.12.weight", "slice5.42.bias"} <= slices.keys()
    save_file(slices, tmp_path / "slices.safetensors")
    vgg = VGG(TAPS, CHANNELS, colour=True, normalise=False, weights=tmp_path / "slices.safetensors")
    torch.testing.assert_close(vgg(IMAGE)["relu5_1"], modules[: taps["relu5_1"]](IMAGE))


def test_agrees_with_torchvision_but_for_its_padding(tmp_path):
    models = pytest.importorskip("torchvision.models.vgg")
    plan = [part for n, c in zip(CONVS, CHANNELS, strict=True) for part in [*[c] * n, "M"]]
    reference = models.make_layers(plan)
    for module in reference:
        module.padding_mode = "reflect"
    weights = {f"features.{key}": tensor for key, tensor in reference.state_dict().items()}
    save_file(weights | {"classifier.0.weight": torch.zeros(2, 2)}, tmp_path / "vgg19.safetensors")
    features = VGG(TAPS, CHANNELS, weights=tmp_path / "vgg19.safetensors")(IMAGE)
    mean, std = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    normalised = (IMAGE - mean.view(3, 1, 1)) / std.view(3, 1, 1)
    for name, end in zip(TAPS, (2, 7, 12, 21, 30), strict=True):
        torch.testing.assert_close(features[name], reference[:end](normalised))


def test_reads_a_thin_file_with_its_1x1_preprocessing(flat, tmp_path):
    thin = VGG(TAPS[:4], (2, 3, 4, 5), colour=True, normalise=False)
    tensors = {key.replace("colour", "preprocess"): value for key, value in thin.state_dict().items()}
    save_file(tensors | {"basis.relu1_1": torch.zeros(64, 2)}, tmp_path / "thin.safetensors")
    again = VGG(TAPS[:4], (2, 3, 4, 5), colour=True, normalise=False, weights=tmp_path / "thin.safetensors")
    torch.testing.assert_close(again(IMAGE)["relu4_1"], thin(IMAGE)["relu4_1"])


def test_layers_come_in_the_order_of_depth_and_nothing_lies_beyond_the_deepest():
    vgg = VGG(["relu3_1", "relu1_1"], CHANNELS)
    assert list(vgg(IMAGE)) == ["relu1_1", "relu3_1"] == list(vgg.widths) == list(vgg.strides)
    assert not hasattr(vgg, "conv3_2")


def test_widths_and_strides_are_those_of_the_maps():
    vgg = VGG(TAPS, CHANNELS)
    for name, x in vgg(torch.rand(1, 3, 32, 48)).items():
        assert x.shape == (1, vgg.widths[name], 32 // vgg.strides[name], 48 // vgg.strides[name])


def test_is_frozen_but_lets_the_gradient_through_to_the_pixels():
    vgg = VGG(TAPS, CHANNELS).train()
    assert not vgg.training
    assert not any(p.requires_grad for p in vgg.parameters())
    image = IMAGE.clone().requires_grad_()
    vgg(image)["relu5_1"].sum().backward()
    assert image.grad.abs().sum() > 0


def test_state_holds_weights_only_under_plain_names():
    assert set(VGG(["relu1_1"], CHANNELS, colour=True).state_dict()) == {
        "colour.weight", "colour.bias", "conv1_1.weight", "conv1_1.bias"
    }  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"channels": CHANNELS}, "set colour=true"),
        ({"channels": (4, 5, 6, 7, 9), "colour": True}, "set the widths"),
        ({"layers": ["conv1_1"]}, "relu1_1 to relu5_4"),
        ({"padding": "mirror"}, "reflect or zeros"),
    ],
)
def test_wrong_settings_are_told_with_the_remedy(flat, arguments, message):
    with pytest.raises(ValueError, match=message):
        VGG(**{"layers": TAPS, "weights": flat[2]} | arguments)


def test_a_file_without_colour_convolution_is_told(tmp_path):
    save_file(VGG(TAPS, CHANNELS).state_dict(), tmp_path / "own.safetensors")
    VGG(TAPS, CHANNELS, weights=tmp_path / "own.safetensors")
    with pytest.raises(ValueError, match="set colour=false"):
        VGG(TAPS, CHANNELS, colour=True, weights=tmp_path / "own.safetensors")


VGG16 = (2, 2, 3, 3, 3)


def caffes(blue_green_red):
    """Random weights of a VGG-16 under Caffe's names, and what they make of its pixels, step by step."""
    torch.manual_seed(2)
    weights, x, width, taps = {}, blue_green_red, 3, {}
    for block, (count, channels) in enumerate(zip(VGG16, CHANNELS, strict=True), 1):
        for i in range(1, count + 1):
            conv = nn.Conv2d(width, channels, 3, padding=1)
            width = channels
            weights |= {f"conv{block}_{i}.{kind}": p.detach() for kind, p in conv.named_parameters()}
            x = taps[f"relu{block}_{i}"] = conv(x).relu()
        x = nn.functional.max_pool2d(x, 2)
    return weights, taps


@pytest.mark.parametrize("normalise", [True, False])
@pytest.mark.parametrize("layout", ["caffe", "keras"])
def test_reads_the_vgg16_of_caffe_and_of_keras_which_want_blue_first(tmp_path, layout, normalise):
    pixels = 255 * IMAGE.flip(1) - torch.tensor([103.939, 116.779, 123.68]).view(3, 1, 1)
    weights, expected = caffes(pixels)
    if layout == "keras":
        weights = {
            key.replace("conv", "block", 1).replace("_", "_conv").replace(".weight", "/kernel:0").replace(".bias", "/bias:0"):
            tensor.permute(2, 3, 1, 0) if tensor.ndim == 4 else tensor
            for key, tensor in weights.items()
        }  # fmt: skip
        assert "block1_conv1/kernel:0" in weights
    file = tmp_path / "vgg16.safetensors"
    save_file({key: tensor.contiguous() for key, tensor in weights.items()}, file)
    vgg = VGG(["relu1_2", "relu3_3"], CHANNELS, VGG16, padding="zeros", normalise=normalise, weights=file)
    features = vgg(IMAGE)
    torch.testing.assert_close(
        features["relu1_2"][..., 2:-2, 2:-2], expected["relu1_2"][..., 2:-2, 2:-2], rtol=1e-4, atol=1e-4
    )
    if normalise:  # beyond the border lies another grey, by half a level of 255
        torch.testing.assert_close(features["relu3_3"], expected["relu3_3"], rtol=0.02, atol=0.02)


def test_reads_the_vgg16_of_torchvision_and_its_zero_padding(tmp_path):
    models = pytest.importorskip("torchvision.models.vgg")
    plan = [part for n, c in zip(VGG16, CHANNELS, strict=True) for part in [*[c] * n, "M"]]
    reference = models.make_layers(plan)
    save_file({f"features.{k}": v for k, v in reference.state_dict().items()}, tmp_path / "vgg16.safetensors")
    vgg = VGG(["relu4_3", "relu5_1"], CHANNELS, VGG16, "zeros", normalise=False, weights=tmp_path / "vgg16.safetensors")
    torch.testing.assert_close(vgg(IMAGE)["relu4_3"], reference[:23](IMAGE))
    torch.testing.assert_close(vgg(IMAGE)["relu5_1"], reference[:26](IMAGE))


def test_the_two_depths_are_not_taken_for_each_other(tmp_path):
    for convs, other in ((CONVS, VGG16), (VGG16, CONVS)):
        file = tmp_path / f"{sum(convs)}.safetensors"
        save_file(VGG([f"relu5_{convs[4]}"], CHANNELS, convs).state_dict(), file)
        with pytest.raises(ValueError, match=f"conv3_4|no VGG-{sum(other) + 3}"):
            VGG(["relu4_1"], CHANNELS, other, weights=file)


@pytest.mark.parametrize("key", ["features.1.running_mean", "layer1.0.conv1.weight"])
def test_an_unknown_layout_names_the_keys_seen_and_the_layouts_known(tmp_path, key):
    save_file({key: torch.zeros(4)}, tmp_path / "other.safetensors")
    with pytest.raises(ValueError, match=rf"{key}.*torchvision.*AdaIN.*TxST"):
        VGG(TAPS, weights=tmp_path / "other.safetensors")


def test_scaled_to_unit_each_layer_changes_by_a_factor_and_is_about_one(flat):
    raw, unit = (
        VGG(TAPS, CHANNELS, colour=True, normalise=False, unit=u, weights=flat[2])(IMAGE) for u in (False, True)
    )
    for name in TAPS:
        factor = unit[name].sum() / raw[name].sum()
        torch.testing.assert_close(unit[name], factor * raw[name], rtol=1e-3, atol=1e-4)
        assert 0.2 < unit[name].square().mean().sqrt() < 5 < factor
