import pytest
import torch
from safetensors.torch import save_file

from txst.encoders.squeezenet import LAYERS, SqueezeNet

IMAGE = torch.rand(2, 3, 71, 96, generator=torch.Generator().manual_seed(0))


@pytest.fixture(scope="module")
def reference():
    models = pytest.importorskip("torchvision.models")
    torch.manual_seed(0)
    return models.squeezenet1_1(weights=None).eval()


def normalised(image):
    mean, std = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    return (image - mean.view(3, 1, 1)) / std.view(3, 1, 1)


def test_agrees_with_torchvision_at_every_layer(reference, tmp_path):
    torch.save(reference.state_dict(), tmp_path / "squeezenet.pth")
    features = SqueezeNet(weights=tmp_path / "squeezenet.pth")(IMAGE)
    for name, end in zip(LAYERS, (2, 4, 5, 7, 8, 10, 11, 12, 13), strict=True):
        torch.testing.assert_close(features[name], reference.features[:end](normalised(IMAGE)), rtol=1e-4, atol=1e-5)


def test_a_caffe_file_is_fed_blue_green_red_less_their_means(tmp_path):
    torch.manual_seed(0)
    net = SqueezeNet(["conv1"])
    save_file(net.state_dict(), tmp_path / "caffe.safetensors")
    bgr = 255 * IMAGE.flip(1) - torch.tensor([103.939, 116.779, 123.68]).view(3, 1, 1)
    found = SqueezeNet(["conv1"], weights=tmp_path / "caffe.safetensors")(IMAGE)["conv1"]
    torch.testing.assert_close(found, net.conv1(bgr).relu(), rtol=1e-4, atol=1e-3)


def test_widths_are_those_of_the_maps_and_depth_ends_with_the_layers_asked_for():
    net = SqueezeNet(["fire4", "conv1"])
    features = net(IMAGE)
    assert list(features) == ["conv1", "fire4"] == list(net.strides)
    assert {name: x.shape[1] for name, x in features.items()} == net.widths
    assert not hasattr(net, "fire5")


def test_is_frozen_but_lets_the_gradient_through_to_the_pixels():
    net = SqueezeNet(["fire3"]).train()
    assert not net.training
    assert not any(p.requires_grad for p in net.parameters())
    image = IMAGE.clone().requires_grad_()
    net(image)["fire3"].sum().backward()
    assert image.grad.abs().sum() > 0


def test_unknown_layers_and_files_are_told(tmp_path):
    with pytest.raises(ValueError, match="no layer 'fire1'"):
        SqueezeNet(["fire1"])
    save_file({"stem.weight": torch.zeros(2)}, tmp_path / "other.safetensors")
    with pytest.raises(ValueError, match="no SqueezeNet"):
        SqueezeNet(weights=tmp_path / "other.safetensors")
