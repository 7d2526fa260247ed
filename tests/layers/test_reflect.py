"""Maps grow as torch grows them, in the memory format they have."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from txst.layers.reflect import ReflectConv, Reflected, reflect_pad

FORMATS = [torch.contiguous_format, torch.channels_last]


@pytest.mark.parametrize("kept", FORMATS, ids=str)
@pytest.mark.parametrize("by", [1, 2, 4])
def test_what_cuda_gets_is_what_torch_gives_to_the_last_bit_and_so_is_its_gradient(by, kept):
    x = torch.randn(2, 3, 7, 9).to(memory_format=kept)
    a, b = (x.clone(memory_format=kept).requires_grad_() for _ in range(2))
    grown, wanted = Reflected.apply(a, by), F.pad(b, (by,) * 4, mode="reflect")
    assert grown.equal(wanted)
    assert grown.is_contiguous(memory_format=kept)
    back = torch.randn_like(wanted)
    grown.backward(back)
    wanted.backward(back)
    torch.testing.assert_close(a.grad, b.grad)
    assert a.grad.is_contiguous(memory_format=kept)


def test_its_gradient_is_that_of_finite_differences():
    x = torch.randn(1, 2, 4, 5, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x: Reflected.apply(x, 2), x)


@pytest.mark.parametrize("options", [{}, {"size": 5, "stride": 2}, {"size": 1}, {"groups": 2, "bias": False}])
def test_the_convolution_is_torchs_under_the_same_names(options):
    ours = ReflectConv(4, 6, **{"size": 3} | options)
    size = ours.kernel_size[0]
    theirs = nn.Conv2d(
        4, 6, size, ours.stride, size // 2, groups=ours.groups, bias=ours.bias is not None, padding_mode="reflect"
    )
    theirs.load_state_dict(ours.state_dict())
    x = torch.randn(2, 4, 8, 11)
    assert ours(x).equal(theirs(x))


def test_no_padding_is_none():
    x = torch.randn(1, 1, 2, 2)
    assert reflect_pad(x, 0) is x
