import pytest
import torch
from torch import nn

from txst.benchmarks.cost import cost


def test_a_convolution_costs_what_it_says():
    painter = nn.Conv2d(3, 16, 3, padding=1)
    found = cost(painter, 32, 48, repeats=2)
    assert found.flops == 2 * 3 * 9 * 16 * 32 * 48
    output = 4 * 16 * 32 * 48
    assert output <= found.peak_bytes < 8 * output
    assert found.milliseconds > 0
    assert (found.height, found.width) == (32, 48)
    assert found.device.startswith("cpu, ")


def test_memory_is_the_most_at_one_time_and_not_the_sum():
    def painter(image):
        for _ in range(10):
            image = image + 1
        return image

    picture = 4 * 3 * 64 * 64
    assert cost(painter, 64, 64, repeats=1).peak_bytes <= 3 * picture


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")
def test_a_gpu_is_measured_too():
    painter = nn.Conv2d(3, 16, 3, padding=1).cuda()
    assert cost(painter, 64, 64, "cuda").peak_bytes >= 4 * 16 * 64 * 64
