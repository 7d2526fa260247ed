"""Attention of places to places, against loops over them."""

from functools import partial

import numpy as np
import pytest
import torch
from by_formula import array
from torch.utils._python_dispatch import TorchDispatchMode

from txst.layers import attention
from txst.layers.attention import (
    MergeDeepest,
    attend,
    attended_moments,
    by_place,
    chosen_widths,
    draw_places,
    found_at,
    same_places,
)
from txst.layers.attention import side_by_side as mix

QUERY, KEY, VALUE = torch.randn(2, 4, 7), torch.randn(2, 4, 5), torch.randn(2, 3, 5)


def loops(query, key, value):
    """Mean and deviation of the values as each query weighs them, in float64."""
    query, key, value = query.double(), key.double(), value.double()
    mean, std = torch.zeros(2, 3, 7).double(), torch.zeros(2, 3, 7).double()
    for b in range(2):
        for n in range(7):
            scores = torch.stack([sum(query[b, k, n] * key[b, k, m] for k in range(4)) for m in range(5)])
            weights = scores.exp() / scores.exp().sum()
            for c in range(3):
                mean[b, c, n] = sum(weights[m] * value[b, c, m] for m in range(5))
                std[b, c, n] = sum(weights[m] * (value[b, c, m] - mean[b, c, n]) ** 2 for m in range(5)).sqrt()
    return mean.float(), std.float()


@pytest.mark.parametrize("at_once", [3, 7])
def test_agrees_with_loops_in_pieces_and_at_once(monkeypatch, at_once):
    monkeypatch.setattr(attention, "SCORES", at_once * 2 * 5)
    mean, std = loops(QUERY, KEY, VALUE)
    torch.testing.assert_close(attend(QUERY, KEY, VALUE), mean)
    torch.testing.assert_close(attended_moments(QUERY, KEY, VALUE), (mean, std))


def test_no_more_scores_are_in_memory_than_said(monkeypatch):
    monkeypatch.setattr(attention, "SCORES", 400)
    largest = 0

    class Watch(TorchDispatchMode):
        def __torch_dispatch__(self, function, types, args=(), kwargs=None):
            nonlocal largest
            made = function(*args, **(kwargs or {}))
            largest = max(largest, made.numel() if isinstance(made, torch.Tensor) else 0)
            return made

    with Watch():
        attend(torch.zeros(1, 2, 100), torch.zeros(1, 2, 40), torch.zeros(1, 3, 40))
    assert largest == 400


def test_a_deviation_that_is_none_has_a_gradient():
    value = torch.ones(1, 2, 1, requires_grad=True)
    mean, std = attended_moments(torch.randn(1, 4, 6), torch.randn(1, 4, 1), value)
    torch.testing.assert_close(mean, torch.ones(1, 2, 6))
    assert std.max() < 1.01e-4
    (mean + std).sum().backward()
    assert value.grad.isfinite().all()


def test_a_small_deviation_on_a_large_mean_survives_rounding():
    value = 1000 + 0.01 * torch.randn(1, 2, 50)
    _, std = attended_moments(torch.zeros(1, 4, 1), torch.randn(1, 4, 50), value)
    torch.testing.assert_close(std[..., 0], value.double().std(2, correction=0).float(), rtol=1e-2, atol=0)


STYLES = [{"a.key": torch.randn(1, 4, m), "a.value": torch.randn(1, 3, m)} for m in (5, 8)]


def found(prepared):
    return found_at(prepared, "a", (1, 7), partial(attend, QUERY[:1]))


def test_a_style_mixed_with_itself_or_with_nothing_of_another_is_that_style():
    one, other = STYLES
    for mixed in (mix([one, one], [0.2, 5]), mix([one, other], [3, 0]), mix([other, one], [0, 0.1])):
        torch.testing.assert_close(found(mixed), found(one))


def test_places_that_fit_as_well_share_by_the_weights_whatever_their_number():
    blank = [style | {"a.key": 0 * style["a.key"]} for style in STYLES]
    means = [style["a.value"].mean(2, keepdim=True) for style in STYLES]
    expected = (0.25 * means[0] + 0.75 * means[1]).expand(-1, -1, 7)
    torch.testing.assert_close(found(mix(blank, [1, 3])), expected)


def loops_by_place(query, masks, styles):
    """What is found at 6 x 4 places, [24, C], of styles that count as masks of 12 x 12 pixels say."""
    found = np.zeros((24, 3))
    for n in range(24):
        y, x = divmod(n, 4)
        shares = [mask[2 * y : 2 * y + 2, 3 * x : 3 * x + 3].mean() for mask in masks]
        for share, style in zip(shares, styles, strict=True):
            key, value = array(style["a.key"][0]), array(style["a.value"][0])
            weights = np.exp([sum(query[k, n] * key[k, m] for k in range(4)) for m in range(key.shape[1])])
            for m, weight in enumerate(weights / weights.sum()):
                found[n] += share / sum(shares) * weight * value[:, m]
    return found


@pytest.mark.parametrize("at_once", [5, 24])
def test_styles_by_place_agree_with_loops_in_pieces_and_at_once(monkeypatch, at_once):
    monkeypatch.setattr(attention, "SCORES", at_once * 8)
    query, masks = torch.randn(1, 4, 24).double(), torch.rand(1, 2, 12, 12).double()
    masks[:, 0, :4], masks[:, 1, 4:, 6:] = 0, 0
    styles = [{name: x.double() for name, x in style.items()} for style in STYLES]
    together = found_at(by_place(styles, masks), "a", (6, 4), partial(attend, query))
    np.testing.assert_allclose(
        array(together[0].T), loops_by_place(array(query[0]), array(masks[0]), styles), atol=1e-12
    )


def test_a_mix_of_styles_counts_in_its_place_as_one():
    one, other = STYLES
    masks = torch.rand(1, 2, 1, 7)
    inner = mix([other, other], [3, 0.1])
    torch.testing.assert_close(found(by_place([one, inner], masks)), found(by_place([one, other], masks)))


def test_where_no_style_counts_numbers_are_left():
    assert found(by_place(STYLES, torch.zeros(1, 2, 1, 7))).isfinite().all()


def test_the_same_places_are_drawn_every_time_and_each_once():
    drawn = same_places(100, 30)
    torch.manual_seed(1)
    assert drawn.equal(same_places(100, 30))
    assert len(set(drawn.tolist())) == 30
    assert same_places(30, 30).equal(torch.arange(30))
    assert not draw_places(100, 30).equal(draw_places(100, 30))


def test_the_deepest_map_is_grown_into_the_next_one():
    merge = MergeDeepest({"a": 2, "b": 3, "c": 3})
    merge.conv.weight.data.zero_()[:, :, 1, 1] = torch.eye(3)
    merge.conv.bias.data.zero_()
    maps = {"a": torch.randn(1, 2, 8, 12), "b": torch.randn(1, 3, 4, 6), "c": torch.randn(1, 3, 2, 3)}
    merged = merge(maps)
    assert merged["a"] is maps["a"]
    assert merged["c"] is maps["c"]
    grown = maps["c"].repeat_interleave(2, 2).repeat_interleave(2, 3)
    torch.testing.assert_close(merged["b"], maps["b"] + grown)


def test_one_layer_alone_stays_as_it_is():
    maps = {"a": torch.randn(1, 2, 8, 12)}
    assert MergeDeepest({"a": 2})(maps) is maps


def test_layers_without_a_width_are_named():
    assert list(chosen_widths({"a": 1, "b": 2, "c": 3}, ["c", "a"])) == ["c", "a"]
    with pytest.raises(ValueError, match=r"layer 'd'; there are a, b"):
        chosen_widths({"a": 1, "b": 2}, ["a", "d"])
