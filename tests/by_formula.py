"""Weights by a formula, and slow arithmetic over nested loops: what networks are held against."""

import numpy as np
import torch


def fill(module, size=1.0):
    """Gives every parameter numbers that anybody can work out again: sines, as large as a layer's weights are."""
    with torch.no_grad():
        for number, parameter in enumerate(module.parameters(), 1):
            i = torch.arange(parameter.numel(), dtype=torch.float64)
            wide = parameter[0].numel() ** 0.5 if parameter.dim() > 1 else 10.0
            parameter.copy_((size / wide * torch.sin(1.7 * number + 0.61 * i)).view(parameter.shape))
    return module


def numbers(*shape, phase=0.0):
    """A map by a formula."""
    i = torch.arange(int(np.prod(shape)), dtype=torch.float64)
    return (torch.sin(0.37 * i + phase) + 0.5 * torch.cos(0.011 * i * i + phase)).view(shape).float()


def array(tensor):
    return tensor.detach().double().numpy()


def pointwise(layer, x):
    """A 1x1 convolution of a map [C, h, w]."""
    weight, bias = array(layer.weight)[:, :, 0, 0], array(layer.bias)
    out = np.zeros((len(weight), *x.shape[1:]))
    for y in range(x.shape[1]):
        for z in range(x.shape[2]):
            for o in range(len(weight)):
                out[o, y, z] = bias[o] + sum(weight[o, c] * x[c, y, z] for c in range(len(x)))
    return out


def convolved(layer, x, mode="constant"):
    """A convolution of a map [C, h, w]; beyond its border as numpy pads in that mode: zeros, or "reflect"."""
    weight, bias, stride = array(layer.weight), array(layer.bias), layer.stride[0]
    size = weight.shape[-1]
    pad = (size - 1) // 2
    padded = np.pad(x, ((0, 0), (pad, pad), (pad, pad)), mode=mode)
    rows, columns = ((side + 2 * pad - size) // stride + 1 for side in x.shape[1:])
    out = np.zeros((len(weight), rows, columns))
    for i in range(rows):
        for j in range(columns):
            window = padded[:, stride * i : stride * i + size, stride * j : stride * j + size]
            out[:, i, j] = bias + (weight * window).sum((1, 2, 3))
    return out


def normed(x):
    """Each channel of a map [C, h, w] less its mean, over its deviation of one degree of freedom less."""
    out = np.zeros_like(x)
    for c, values in enumerate(x.reshape(len(x), -1).tolist()):
        mean = sum(values) / len(values)
        variance = sum((v - mean) ** 2 for v in values) / (len(values) - 1)
        out[c] = (x[c] - mean) / (variance + 1e-5) ** 0.5
    return out


def nearest(x, size):
    """A map [C, h, w] in another size."""
    out = np.zeros((len(x), *size))
    for y in range(size[0]):
        for z in range(size[1]):
            out[:, y, z] = x[:, y * x.shape[1] // size[0], z * x.shape[2] // size[1]]
    return out


def conv3(layer, x):
    """A 3x3 convolution of a map [C, h, w] that goes on beyond its border as in a mirror."""
    weight, bias = array(layer.weight), array(layer.bias)
    padded = np.pad(x, ((0, 0), (1, 1), (1, 1)), mode="reflect")
    out = np.zeros((len(weight), *x.shape[1:]))
    for y in range(x.shape[1]):
        for z in range(x.shape[2]):
            for o in range(len(weight)):
                out[o, y, z] = bias[o] + (weight[o] * padded[:, y : y + 3, z : z + 3]).sum()
    return out


def attention(query, key):
    """Weights [N, M] of maps [K, h, w] and [K, h', w']: what place n of the one gives place m of the other."""
    query, key = query.reshape(len(query), -1), key.reshape(len(key), -1)
    weights = np.zeros((query.shape[1], key.shape[1]))
    for n in range(query.shape[1]):
        scores = [sum(query[k, n] * key[k, m] for k in range(len(query))) for m in range(key.shape[1])]
        weights[n] = np.exp(np.array(scores) - max(scores))
        weights[n] /= weights[n].sum()
    return weights
