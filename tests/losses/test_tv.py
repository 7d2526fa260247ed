import numpy as np
import pytest
import torch

from txst.losses.tv import TotalVariation


def test_agrees_with_numpy(make_inputs):
    inputs = make_inputs()
    expected = []
    for x in inputs.output.image.double().numpy():
        down, right = x[:, 1:] - x[:, :-1], x[:, :, 1:] - x[:, :, :-1]
        falling, rising = x[:, 1:, 1:] - x[:, :-1, :-1], x[:, 1:, :-1] - x[:, :-1, 1:]
        expected.append(sum(np.linalg.norm(step.ravel()) for step in (down, right, falling, rising)))
    assert TotalVariation()(inputs).item() == pytest.approx(np.mean(expected), rel=1e-5)


def test_a_flat_picture_gives_zero_and_a_finite_gradient(make_inputs):
    inputs = make_inputs(torch.full((2, 3, 16, 16), 0.5, requires_grad=True), size=16)
    loss = TotalVariation()(inputs)
    loss.backward()
    assert loss == 0
    assert (inputs.output.image.grad == 0).all()
