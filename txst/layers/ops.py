"""Pure functions of feature maps."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from txst.layers.map_statistics import MapGram, MapMoments, MapNorm, SquareSum, is_trained
from txst.layers.quantiles import match_quantiles, quantiles
from txst.types import Features, Moments, NormStatistics

EPS = 1e-5  # of normalisations, added to the variance


def at_least_float32(x: Tensor) -> Tensor:
    """The same in float32; float64 stays as it is."""
    return x.to(torch.promote_types(x.dtype, torch.float32))


def full_precision(x: Tensor) -> torch.autocast:
    """A context in which matrix products and convolutions on x's device keep the dtype of what they are given."""
    return torch.autocast(x.device.type, enabled=False)


def channel_stats(
    x: Tensor, eps: float = EPS, correction: int = 0, statistics: NormStatistics | None = None
) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation of each channel over space.

    Computed in float32 whatever the autocast dtype: the variance of half-precision
    activations overflows.

    Args:
        x: [B, C, h, w].
        eps: added to the variance.
        correction: 1 divides by the number of places less one, as AdaIN and what comes from it do; 0 by their number.
        statistics: what has the last word on the two, where x is a part of something.

    Returns:
        Two tensors [B, C, 1, 1], of x's dtype.
    """
    if statistics is None and is_trained(x):
        mean, std = MapMoments.apply(at_least_float32(x).flatten(2), eps, correction)
    else:
        _, mean, std = _centred(x, eps, correction, statistics)
    return mean.to(x.dtype)[..., None], std.to(x.dtype)[..., None]


def statistics(features: Features) -> Tensor:
    """Mean and deviation of every channel of every layer, [B, 2 * sum of channels]."""
    return torch.cat([s.flatten(1) for x in features.values() for s in channel_stats(x)], 1)


def instance_norm(x: Tensor, correction: int = 0, statistics: NormStatistics | None = None, eps: float = EPS) -> Tensor:
    """Zero mean and unit deviation for each channel of each image; or by the moments that `statistics` gives."""
    if statistics is None and is_trained(x):
        return MapNorm.apply(at_least_float32(x).flatten(2), eps, correction)[0].to(x.dtype).view_as(x)
    centred, _, std = _centred(x, eps, correction, statistics)
    return (centred / std).to(x.dtype).view_as(x)


def _centred(
    x: Tensor, eps: float, correction: int, statistics: NormStatistics | None
) -> tuple[Tensor, Tensor, Tensor]:
    """Gives x less its means [B, C, hw], the means and the deviations [B, C, 1], in float32.

    Over one flat axis: on a CPU this takes a third of the time of torch.var over two, and is a closer sum.
    """
    flat = at_least_float32(x).flatten(2)
    own_mean = own_centred = None

    def measure() -> Moments:
        nonlocal own_mean, own_centred
        own_mean = flat.mean(2, keepdim=True)
        own_centred = flat - own_mean
        square = torch.linalg.vector_norm(own_centred, dim=2, keepdim=True).square()
        var = square / (flat.shape[2] - correction)
        return own_mean, (var + eps).sqrt()

    mean, std = measure() if statistics is None else statistics(measure)
    return own_centred if own_centred is not None and mean is own_mean else flat - mean, mean, std


def equalise(mask: Tensor) -> Tensor:
    """A mask [B, 1, h, w] of what counts -> weights of the places, whose mean is 1; all 0 where nothing counts."""
    return mask / mask.mean((2, 3), keepdim=True).clamp_min(torch.finfo(mask.dtype).tiny)


def masked_stats(x: Tensor, mask: Tensor | None, eps: float = EPS) -> tuple[Tensor, Tensor]:
    """`channel_stats` over the places that count alone, [B, C, 1, 1] each in float32 or float64; None: all of them."""
    x = at_least_float32(x)
    if mask is None:
        return channel_stats(x, eps)
    weight = equalise(mask)
    mean = (weight * x).mean((2, 3), keepdim=True)
    return mean, ((weight * (x - mean).square()).mean((2, 3), keepdim=True) + eps).sqrt()


def channel_size(x: Tensor) -> Tensor:
    """Root mean square of each channel over the whole batch: [B, C, h, w] -> [1, C, 1, 1], above 0."""
    return x.square().mean((0, 2, 3), keepdim=True).sqrt().clamp_min(1e-3)


def gram(x: Tensor) -> Tensor:
    """Mean product of every two channels.

    Johnson, Alahi and Fei-Fei, 2016, https://arxiv.org/abs/1603.08155: the sum over places, divided by C h w.

    Args:
        x: [B, C, h, w].

    Returns:
        [B, C, C], float32 or float64.
    """
    x = at_least_float32(x)
    with full_precision(x):
        flat = x.flatten(2)  # [B, C, hw]
        return (MapGram.apply(x) if is_trained(x) else flat @ flat.transpose(1, 2)) / x[0].numel()


def square_sum(x: Tensor) -> Tensor:
    """Sum of squares of each sample, [B, ...] in float32 or float64 -> [B]."""
    return SquareSum.apply(x) if is_trained(x) else x.square().flatten(1).sum(1)


def content_distance(output: Tensor, content: Tensor, normed: bool = True, mask: Tensor | None = None) -> Tensor:
    """Mean squared distance of a layer's features, per sample.

    Park and Lee, 2019, https://arxiv.org/abs/1812.02342 (normed); Johnson, Alahi and Fei-Fei, 2016,
    https://arxiv.org/abs/1603.08155 (not normed).

    Args:
        output: [B, C, h, w].
        content: the same shape.
        normed: compare each channel with its mean and deviation, which are the style's, taken out.
        mask: which places count, [B, 1, h, w] in [0, 1]; None: all.

    Returns:
        [B], float32 or float64.
    """
    output, content = at_least_float32(output), at_least_float32(content)
    if mask is None:
        if normed:
            output, content = instance_norm(output), instance_norm(content)
        return (output - content).square().mean((1, 2, 3))
    if normed:
        output, content = ((x - mean) / std for x in (output, content) for mean, std in [masked_stats(x, mask)])
    return (equalise(mask) * (output - content).square()).mean((1, 2, 3))


def stats_distance(
    output: Tensor,
    style: Tensor,
    relative: bool = False,
    output_mask: Tensor | None = None,
    style_mask: Tensor | None = None,
) -> Tensor:
    """Mean squared distance of the means and of the deviations of a layer's channels, per sample.

    Huang and Belongie, 2017, https://arxiv.org/abs/1703.06868, eq. 13. Departs from it: the deviation divides by
    the number of places, not by one less.

    Args:
        output: [B, C, h, w].
        style: [B, C, h', w'].
        relative: divide by the style's own mean square, so that 0 is equal and 1 as far as a blank map.
        output_mask: which of the output's places count, [B, 1, h, w] in [0, 1]; None: all.
        style_mask: the same of the style's, [B, 1, h', w'].

    Returns:
        [B], float32 or float64.
    """
    return moments_distance(moments(output, output_mask), moments(style, style_mask), relative)


def moments(x: Tensor, mask: Tensor | None = None) -> Tensor:
    """Means and deviations of a layer's channels over the places that count: [B, C, h, w] -> [B, 2, C], see `masked_stats`."""
    return torch.stack(masked_stats(x, mask), 1)[..., 0, 0]


def moments_distance(output: Tensor, style: Tensor, relative: bool = False) -> Tensor:
    """`stats_distance` of `moments` [B, 2, C]: [B]."""
    distance = (output - style).square().mean(2).sum(1)
    return distance / style.square().mean(2).sum(1) if relative else distance


def gram_distance(output: Tensor, style: Tensor, bounded: float = 0.0, pooled: bool = False) -> Tensor:
    """Squared distance of a layer's Gram matrices over the squared size of the style's, per sample.

    After Gatys, Ecker and Bethge, 2015, https://arxiv.org/abs/1508.06576. Departs from it: the distance is relative,
    so that no layer and no network outweighs another by its scale; 0 is equal, 1 is as far as a blank map.

    Args:
        output: [B, C, h, w].
        style: [B, C, h', w'].
        bounded: share of the squared size of the output's matrix that is added below the line; the distance then ends
            at 1 / bounded. With 1 it is even: much too weak is as far as much too strong.
        pooled: measure each channel, and then the distance, in units of all B styles together.

    Returns:
        [B], float32 or float64.
    """
    if pooled:
        unit = channel_size(at_least_float32(style))
        output, style = output / unit, style / unit
    return grams_distance(gram(output), gram(style), bounded, pooled)


def grams_distance(output: Tensor, style: Tensor, bounded: float = 0.0, pooled: bool = False) -> Tensor:
    """`gram_distance` of Gram matrices [B, C, C]: [B]."""
    size = square_sum(style)
    if pooled:
        size = size.mean()
    if bounded:
        size = size + bounded * square_sum(output)
    return square_sum(output - style) / size.clamp_min(torch.finfo(size.dtype).tiny)


def sort_match(x: Tensor, y: Tensor) -> Tensor:
    """The values of y in the order of x: the i-th smallest of x's channel becomes the i-th smallest of y's.

    Zhang et al., 2022, https://arxiv.org/abs/2203.07740. Departs from it: where y has another number of values than x, its
    quantiles are interpolated; equal values of x, such as zeros after a ReLU, become one value, the mean of those that they
    would have been given in some order.

    Args:
        x: [B, C, h, w].
        y: [B, C, h', w'].

    Returns:
        [B, C, h, w]; the gradient goes to y alone.
    """
    flat = x.detach().flatten(2)
    values = quantiles(y.flatten(2), flat.shape[-1])
    return match_quantiles(flat, flat.sort(-1).values, values).view_as(x)


def step_cosine(output: Tensor, content: Tensor, text: Tensor, photo: Tensor) -> Tensor:
    """The cosine between the step from content to output and the step from "a photo" to the style's name, per sample.

    Gal et al., 2021 (StyleGAN-NADA), https://arxiv.org/abs/2108.00946, the directional loss.

    Args:
        output: [N, D], unit length.
        content: [N, D], unit length.
        text: [N, D], unit length, of the styles' names.
        photo: [1, D] or [N, D], unit length, of the words "a photo".

    Returns:
        [N]; 0 where output and content are one.
    """
    words, step = at_least_float32(text) - photo, at_least_float32(output) - content
    return F.cosine_similarity(step, words, eps=1e-4)  # eps: a step of no length has no direction


def modality_gap(text: Tensor, picture: Tensor) -> Tensor:
    """Distance between the mean of the names' vectors and that of the pictures', [N, D] each, unit length.

    Liang et al., 2022, https://arxiv.org/abs/2203.02053, section 2.
    """
    return (at_least_float32(text).mean(0) - at_least_float32(picture).mean(0)).norm()


def false_negative_rate(artist: Tensor) -> Tensor:
    """Share of a contrast's negatives, the other samples, that show the artist they are held against.

    Args:
        artist: [B], at least 2.

    Returns:
        A scalar in [0, 1]: 0 where every sample has an artist of its own; those by nobody known (below 0) have.
    """
    same = (artist[:, None] == artist[None]).sum(1)  # [B], itself included
    return (same - 1).where(artist >= 0, 0).float().mean() / (len(artist) - 1)


def he_init(module: nn.Module) -> None:
    """For `apply`: weights that keep a signal's size through ReLUs (He et al., 2015, https://arxiv.org/abs/1502.01852)."""
    if isinstance(module, nn.Conv2d | nn.Linear):
        nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
        if module.bias is not None:
            nn.init.zeros_(module.bias)


def window(x: Tensor, side: int) -> Tensor:
    """Means over squares of so many pixels (an odd number) about each, at the border over those that there are."""
    for kernel, padding in (((side, 1), (side // 2, 0)), ((1, side), (0, side // 2))):
        x = F.avg_pool2d(x, kernel, stride=1, padding=padding, count_include_pad=False)
    return x
