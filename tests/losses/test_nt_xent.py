import math

import pytest
import torch
import torch.nn.functional as F

from txst.layers.ops import false_negative_rate
from txst.losses.nt_xent import NTXent, nt_xent


def vectors(seed):
    return F.normalize(torch.randn(4, 5, generator=torch.Generator().manual_seed(seed)).double(), dim=-1)


def slow(a, b, temperature):
    both, losses = [*a, *b], []
    for i, x in enumerate(both):
        scores = {k: math.exp(float(x @ y) / temperature) for k, y in enumerate(both) if k != i}
        losses.append(-math.log(scores[(i + len(a)) % len(both)] / sum(scores.values())))
    return sum(losses) / len(losses)


def test_agrees_with_loops():
    a, b = vectors(0), vectors(1)
    assert nt_xent(a, b, 0.5).item() == pytest.approx(slow(a, b, 0.5))


def test_pairs_are_an_output_and_its_style_picture(make_inputs):
    inputs = make_inputs()
    expected = slow(inputs.output.embedding, inputs.style.embedding, 0.5)
    assert NTXent(temperature=0.5)(inputs).item() == pytest.approx(expected, rel=1e-5)


def test_known_value_of_equal_embeddings():
    same = torch.ones(4, 1)
    assert nt_xent(same, same, 0.5).item() == pytest.approx(math.log(7))


@pytest.mark.parametrize(
    ("artist", "rate"), [([1, 2, 3, 4], 0), ([5, 5, 5], 1), ([0, 0, 1, 2], 2 / 12), ([-1, -1, -1, 2], 0)]
)
def test_false_negative_rate_counts_strangers_by_the_same_artist(artist, rate):
    assert false_negative_rate(torch.tensor(artist)).item() == pytest.approx(rate)
