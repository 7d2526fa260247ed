import pytest
import torch
import torch.nn.functional as F

from txst.export.import_published import take
from txst.export.published import microast
from txst.model_folder.folder import build
from txst.training.run import train
from txst.types import Controls, Style


class Reference:
    """MicroAST from its description, on weights under their published names."""

    def __init__(self, weights):
        self.weights = weights

    def conv(self, name, x, stride=1):
        weight = self.weights[f"{name}.conv_layer.weight"]
        pad = weight.shape[-1] // 2
        x = F.pad(x, [pad] * 4, mode="reflect")
        bias = self.weights[f"{name}.conv_layer.bias"]
        return F.conv2d(x, weight, bias, stride, groups=x.shape[1] // weight.shape[1])

    def residual(self, name, x, weight=1.0, bias=0.0):
        y = F.relu(weight * self.conv(f"{name}.conv1", x) + bias * x)
        return x + weight * self.conv(f"{name}.conv2", y) + bias * y

    def encode(self, name, x):
        for i in (0, 2, 4, 6, 8):
            x = F.relu(self.conv(f"{name}.enc1.{i}", x, stride=2 if i in (2, 6) else 1))
        x = self.residual(f"{name}.enc1.10", x)
        return x, self.residual(f"{name}.enc2.0", x)

    def adain(self, x, y, alpha):
        (var_x, mean_x), (var_y, mean_y) = (torch.var_mean(z, (2, 3), keepdim=True) for z in (x, y))
        matched = (x - mean_x) / (var_x + 1e-5).sqrt() * (var_y + 1e-5).sqrt() + mean_y
        return alpha * matched + (1 - alpha) * x

    def __call__(self, content, style, alpha=1.0):
        _, x = self.encode("content_encoder", content)
        styles = self.encode("style_encoder", style)
        for level, block in ((2, "decoder.dec1"), (1, "decoder.dec2")):
            y = styles[level - 1]
            weight, bias = (
                self.conv(f"modulator.{kind}{level}.0", y).mean((2, 3), keepdim=True) for kind in ("weight", "bias")
            )
            x = self.residual(block, self.adain(x, y, alpha), weight, bias)
        for i in (1, 3, 6, 8):
            if i in (1, 6):
                x = F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
            x = F.relu(self.conv(f"decoder.dec3.{i}", x))
        return self.conv("decoder.dec3.10", x)


def published_weights():
    """Random weights under their published names."""
    network = microast()
    theirs = {our: their for their, our in network.names.items()}
    weights = {}
    for name, weight in build(network.model).state_dict().items():
        begin = next(our for our in theirs if name.startswith(our))
        weights[theirs[begin] + name.removeprefix(begin)] = weight
    return weights


@pytest.fixture(scope="module")
def pair():
    torch.manual_seed(0)
    weights, network = published_weights(), microast()
    model = build(network.model)
    take(model, weights, network.names, "random weights")
    return model.eval(), Reference(weights)


CONTENT, PAINTING = torch.rand(2, 3, 48, 64), torch.rand(2, 3, 40, 56)


def style(model, picture=PAINTING):
    return model.prepare_style(Style(image=picture))


@torch.no_grad()
@pytest.mark.parametrize("strength", [1.0, 0.6, 0.0])
def test_agrees_with_the_description(pair, strength):
    model, reference = pair
    expected = reference(CONTENT, PAINTING, strength).clamp(0, 1)
    torch.testing.assert_close(model(CONTENT, style(model), Controls(strength)).image, expected, atol=1e-5, rtol=1e-5)


def test_has_as_many_weights_as_published(pair):
    assert sum(p.numel() for p in pair[0].parameters()) == 471_987


@torch.no_grad()
def test_a_style_is_512_numbers(pair):
    assert sum(x.numel() for x in style(pair[0], PAINTING[:1]).values()) == 512


@torch.no_grad()
@pytest.mark.parametrize("size", [(1, 1), (5, 30), (49, 62)])
def test_keeps_any_size(pair, size):
    painted = pair[0](torch.rand(1, 3, *size), style(pair[0], PAINTING[:1])).image
    assert painted.shape == (1, 3, *size)
    assert painted.min() >= 0
    assert painted.max() <= 1


@torch.no_grad()
@pytest.mark.parametrize("size", [(1, 1), (3, 40)])
def test_takes_a_style_picture_of_any_size(pair, size):
    assert all(x.isfinite().all() for x in style(pair[0], torch.rand(1, 3, *size)).values())


@torch.no_grad()
def test_a_mask_acts_where_it_is(pair):
    model = pair[0]
    mask = torch.zeros(2, 1, 48, 64)
    torch.testing.assert_close(*(model(CONTENT, style(model), Controls(s)).image for s in (mask, 0.0)))


@torch.no_grad()
def test_takes_features_that_are_at_hand(pair):
    model = pair[0]
    features = model.prepare_image(CONTENT)
    assert model(CONTENT, style(model), features=features).image.equal(model(CONTENT, style(model)).image)


def test_every_parameter_gets_a_gradient(pair):
    model = pair[0].train()
    model(CONTENT, style(model)).image.square().mean().backward()
    idle = [name for name, p in model.named_parameters() if p.grad is None or not p.grad.any()]
    model.eval()
    assert not idle


def test_refuses_a_bare_prompt(pair):
    with pytest.raises(ValueError, match="paints after a style picture"):
        pair[0].prepare_style(Style(torch.zeros(2, 0)))


def test_trains_in_place_of_a_stylizer(tiny):
    trainer = train(tiny("model=microast", "encoder=pyramid", "loss_network=bank", "loss=[content,gram]"))
    assert trainer.global_step == 2
