"""Gradients that are written out are those that autograd works out, in either memory format and of batches with padding alike."""

import pytest
import torch
import torch.nn.functional as F

from txst.layers import ops
from txst.layers.reflect import ReflectConv, conv_of_grown

FORMATS = [torch.contiguous_format, torch.channels_last]


@pytest.fixture(params=FORMATS, ids=["contiguous", "channels_last"])
def x(request):
    torch.manual_seed(0)
    made = torch.randn(2, 3, 4, 5, dtype=torch.float64).contiguous(memory_format=request.param)
    return made.requires_grad_()


STATISTICS = {
    "gram": ops.gram,
    "square_sum": ops.square_sum,
    "instance_norm": ops.instance_norm,
    "instance_norm, corrected": lambda x: ops.instance_norm(x, correction=1),
    "mean": lambda x: ops.channel_stats(x)[0],
    "deviation": lambda x: ops.channel_stats(x, correction=1)[1],
}


@pytest.mark.parametrize("name", STATISTICS)
def test_gradients_of_the_first_and_the_second_order_are_right(x, name):
    assert torch.autograd.gradcheck(STATISTICS[name], x)
    assert torch.autograd.gradgradcheck(STATISTICS[name], x)


@pytest.mark.parametrize("name", STATISTICS)
def test_values_are_the_same_with_and_without_a_gradient(x, name):
    torch.testing.assert_close(STATISTICS[name](x), STATISTICS[name](x.detach()))


@pytest.mark.parametrize("name", ["gram", "instance_norm"])
def test_a_gradient_keeps_the_memory_format_of_the_map(x, name):
    STATISTICS[name](x).square().sum().backward()
    assert x.grad.stride() == x.stride()


@pytest.mark.parametrize("name", STATISTICS)
def test_statistics_of_bfloat16_are_those_of_float32(x, name):
    rough = x.detach().to(torch.bfloat16).requires_grad_()
    exact = rough.detach().float().requires_grad_()
    with torch.autocast("cpu", torch.bfloat16):
        found = STATISTICS[name](rough) if name != "square_sum" else STATISTICS[name](ops.at_least_float32(rough))
    wanted = STATISTICS[name](exact)
    torch.testing.assert_close(found.float(), wanted, rtol=2**-8, atol=2**-8)
    found.sum().backward()
    wanted.sum().backward()
    torch.testing.assert_close(rough.grad.float(), exact.grad, rtol=2**-7, atol=2**-7)


def test_a_grown_map_is_convolved_as_its_pixels_are(x):
    conv = ReflectConv(3, 2, 3).double()
    plain = conv(F.interpolate(x, scale_factor=2.0, mode="nearest"))
    quick = conv_of_grown(x, conv.weight, conv.bias)
    torch.testing.assert_close(quick, plain)
    weights = torch.randn_like(plain)
    of = [x, conv.weight, conv.bias]
    for a, b in zip(*(torch.autograd.grad((y * weights).sum(), of) for y in (quick, plain)), strict=True):
        torch.testing.assert_close(a, b)
