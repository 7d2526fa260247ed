import numpy as np
import pytest
import torch

from txst.layers.ops import at_least_float32, channel_stats, gram, instance_norm, sort_match


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
def test_at_least_float32_widens_what_is_narrower(dtype):
    assert at_least_float32(torch.ones(2, dtype=dtype)).dtype == torch.float32
    assert at_least_float32(torch.ones(2, dtype=torch.float64)).dtype == torch.float64


def test_channel_stats_agree_with_numpy():
    x = torch.randn(2, 3, 5, 7, dtype=torch.float64)
    mean, std = channel_stats(x)
    np.testing.assert_allclose(mean, x.numpy().mean((2, 3), keepdims=True))
    np.testing.assert_allclose(std, np.sqrt(x.numpy().var((2, 3), keepdims=True) + 1e-5))


def test_channel_stats_of_strong_half_precision_activations_do_not_overflow():
    x = torch.tensor([-6e4, 6e4]).half().view(1, 1, 1, 2)
    mean, std = channel_stats(x)
    assert std.dtype == torch.float16
    assert (mean.item(), std.item()) == (0, 6e4)


def test_instance_norm_leaves_zero_mean_and_unit_deviation():
    mean, std = channel_stats(instance_norm(5 * torch.randn(2, 3, 16, 16) + 9))
    torch.testing.assert_close(mean, torch.zeros_like(mean), atol=1e-5, rtol=0)
    torch.testing.assert_close(std, torch.ones_like(std), atol=1e-4, rtol=0)


def test_gram_agrees_with_numpy():
    x = torch.randn(2, 3, 5, 7, dtype=torch.float64)
    np.testing.assert_allclose(gram(x), np.einsum("bchw,bdhw->bcd", x, x) / (3 * 5 * 7))


def test_gram_stays_in_float32_under_autocast():
    x = torch.randn(1, 4, 32, 32)
    with torch.autocast("cpu", torch.bfloat16):
        found = gram(x)
    assert torch.equal(found, gram(x))


def test_sort_match_keeps_the_order_of_one_and_takes_the_values_of_the_other():
    x, y = torch.randn(2, 3, 4, 5), torch.randn(2, 3, 4, 5)
    matched = sort_match(x, y)
    assert torch.equal(matched.flatten(2).argsort(-1), x.flatten(2).argsort(-1))
    assert torch.equal(matched.flatten(2).sort(-1).values, y.flatten(2).sort(-1).values)


@pytest.mark.parametrize("size", [(3, 3), (9, 8)])
def test_sort_match_of_another_size_takes_the_quantiles(size):
    x, y = torch.randn(1, 1, 4, 5, dtype=torch.float64), torch.randn(1, 1, *size, dtype=torch.float64)
    places = (np.arange(20) + 0.5) / 20
    expected = np.quantile(y.numpy().ravel(), places, method="hazen")
    np.testing.assert_allclose(sort_match(x, y).flatten().sort().values, expected)
