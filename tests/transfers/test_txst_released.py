import math
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from txst.inference.folder import build
from txst.inference.importing import take
from txst.inference.published import txst
from txst.ops import channel_stats, instance_norm
from txst.transfers.txst_released import SelfAttention, StylePlaces, TxSTReleased
from txst.types import Style

REFERENCE = Path(__file__).parent.parent / "fixtures" / "txst_released_96x160.safetensors"
WIDTHS, STYLED = {"a": 6, "b": 7, "c": 8}, {"a": 3, "b": 4, "c": 5}


def fill(name, shape):
    """Weights of a formula, with which the reference was made by the released network."""
    k = sum((j + 1) * b for j, b in enumerate(name.encode())) % 1000
    x = np.sin(12.9898 * np.arange(math.prod(shape), dtype=np.float64) + 0.618 * k) * 43758.5453
    x = 2 * (x - np.floor(x)) - 1
    x *= math.sqrt(6 / math.prod(shape[1:])) if len(shape) > 1 else 0.1
    return torch.from_numpy(x.astype(np.float32)).view(*shape)


@pytest.fixture(scope="module")
def published():
    """The published network under the formula's weights, from their published names."""
    network = txst()
    model = build(network.model)
    theirs = {our: their for their, our in network.names.items()}
    tensors = {}
    for name, weight in model.state_dict().items():
        begin = next(our for our in theirs if name.startswith(our))
        their = theirs[begin] + name.removeprefix(begin)
        tensors[their] = fill(their, tuple(weight.shape))
    take(model, tensors, network.names, "the formula")
    return model


@torch.no_grad()
def paint(model, height, width):
    """The reference's picture, in ImageNet's normalised space on both sides."""
    content = fill("content", (1, 3, height, width)) * math.sqrt(3 * height * width / 6) * 2
    embedding = fill("embedding", (1, 1, 512))[:, 0] * math.sqrt(512 / 6) * 0.5
    model.encoder.normalise = False
    styled = model.transfer(model.encoder(content), model.transfer.encode(Style(embedding)))
    return (model.decoder(styled) - model.decoder.mean) / model.decoder.std


@pytest.fixture
def two_threads():
    """As many as the reference was made with: the order of sums decides its last digits."""
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


def test_agrees_with_the_released_network(published, two_threads):
    error = (paint(published, 96, 160) - load_file(REFERENCE)["output"]).abs()
    # Attention without a scale makes some 1e-3 in single pixels of any rounding before it: other processors differ.
    assert error.mean() < 3e-4
    assert error.max() < 1e-2
    if torch.backends.cpu.get_cpu_capability() == "AVX512":
        assert error.max() < 1e-4


def small(**changes):
    torch.manual_seed(0)
    return TxSTReleased(WIDTHS, STYLED, **{"style_width": 9, "grid": 8} | changes).double()


def maps():
    generator = torch.Generator().manual_seed(1)
    return {
        name: torch.randn(2, width, 16 >> i, 12 >> i, generator=generator).double()
        for i, (name, width) in enumerate(WIDTHS.items())
    }


def embedding(batch=2):
    return torch.randn(batch, 9, generator=torch.Generator().manual_seed(2)).double()


def test_self_attention_comes_to_the_vector_and_its_value_everywhere():
    torch.manual_seed(0)
    block = SelfAttention(9, 8).double()
    z = embedding()
    expected = z + torch.nn.functional.linear(z, block.value.weight[..., 0, 0], block.value.bias)
    torch.testing.assert_close(block(z), expected[..., None, None].expand(-1, -1, 8, 8))


def test_the_style_map_has_25_different_places_from_padding_alone():
    torch.manual_seed(0)
    style = StylePlaces(9, 11).map(torch.randn(1, 9, 1, 1).expand(-1, -1, 16, 16))
    places = style.flatten(2)[0].mT
    different = [
        p for i, p in enumerate(places) if not any(torch.allclose(p, q, atol=1e-6) for q in places[:i])
    ]
    assert len(different) == 25


def test_one_scale_is_the_equations_of_the_paper():
    transfer = small()
    content, code = maps(), transfer.encode(Style(embedding())).code
    c = instance_norm(transfer.adapters["a"](content["a"]), correction=1)
    c = instance_norm(c, correction=1)
    parts, query = transfer.places["a"], transfer.attend["a"].query
    s = parts.map(transfer.spread(embedding()))
    mu, sigma = channel_stats(s, correction=1)
    r = c
    for order in (1, 2):
        power = ((s - mu) / sigma) ** order
        f, g, h = (
            x.flatten(2)
            for x in (query[order - 1](c), parts.key[order - 1](power), parts.value[order - 1](power))
        )
        attention = torch.einsum("bci,bcj->bij", f, g).softmax(-1)
        found = torch.einsum("bij,bcj->bci", attention, h).unflatten(2, c.shape[-2:])
        r = r + parts.join[order - 1](found)
    expected = transfer.out["a"](sigma * instance_norm(r, correction=1) + mu)
    torch.testing.assert_close(transfer(content, Style(embedding(), code=code))["a"], expected)


def test_a_style_worked_out_before_gives_the_same_as_one_worked_out_now():
    transfer, style = small(), Style(embedding())
    before, now = transfer(maps(), transfer.encode(style)), transfer(maps(), style)
    for name in WIDTHS:
        assert torch.equal(before[name], now[name])


def test_one_style_serves_many_pictures():
    transfer, content = small(), maps()
    one = transfer.encode(Style(embedding(1)))
    both = transfer.encode(Style(embedding(1).expand(2, -1)))
    for name in WIDTHS:
        torch.testing.assert_close(transfer(content, one)[name], transfer(content, both)[name])


def test_leaves_each_layer_with_its_styled_width_and_its_size():
    content = maps()
    for features in (small()(content, Style(embedding())), small().adapt(content)):
        assert {k: x.shape for k, x in features.items()} == {
            k: (2, STYLED[k], *content[k].shape[-2:]) for k in STYLED
        }


def test_every_trained_weight_has_a_gradient():
    transfer = small()
    sum(x.square().sum() for x in transfer(maps(), Style(embedding())).values()).backward()
    idle = [name for name, p in transfer.named_parameters() if p.requires_grad and not p.grad.abs().sum() > 0]
    assert not idle


def test_unit_vectors_are_taken_for_vectors_with_entries_of_size_1():
    raw = torch.ones(1, 9).double()
    a, b = small()(maps(), Style(raw)), small(unit_vectors=True)(maps(), Style(raw / raw.norm()))
    torch.testing.assert_close(a["c"], b["c"])


def test_widths_and_styled_name_the_same_layers():
    with pytest.raises(ValueError, match="styled names"):
        TxSTReleased(WIDTHS, {"a": 3})
