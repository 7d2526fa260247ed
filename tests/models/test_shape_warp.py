"""The network that warps silhouettes: its convention, its gradients, and that it begins with the identity."""

import numpy as np
import torch

from txst.data.silhouettes import Pairs
from txst.models.shape_warp import ShapeWarp, correlations, exponential, grid, jacobian, pick, warped
from txst.shapes.fields import sample


def test_it_warps_as_the_registration_does():
    plane, flow = torch.rand(1, 1, 9, 12), 2 * torch.randn(1, 2, 9, 12)
    ours = sample(plane[0, 0].numpy(), flow[0].permute(1, 2, 0).numpy())
    np.testing.assert_allclose(warped(plane, flow)[0, 0], ours, atol=1e-5)


def test_the_sampler_has_the_right_gradients():
    plane = torch.rand(1, 2, 5, 6, dtype=torch.float64, requires_grad=True)
    # between pixels, where it has no corners
    flow = (0.3 + 0.2 * torch.rand(1, 2, 5, 6, dtype=torch.float64)).requires_grad_()
    assert torch.autograd.gradcheck(warped, (plane, flow))
    assert torch.autograd.gradcheck(lambda v: exponential(v, 2), (flow,))


def test_the_look_up_reads_the_flow_by_which_it_warps():
    """Where each place has a code of its own, what correlates best is where the warp takes it from."""
    codes = torch.eye(48).reshape(1, 48, 6, 8)
    moved = warped(codes, torch.tensor([2.0, 1.0])[None, :, None, None].expand(1, 2, 6, 8))
    level = correlations(moved, codes, 1)[0]
    flow = torch.zeros(1, 2, 6, 8)
    flow[:, 0], flow[:, 1] = 2, 1
    looked = ShapeWarp(radius=1, levels=1).look_up(level, flow, 1)  # [1, 9, 6, 8], the middle is the fifth
    assert (looked.argmax(1)[:, :5, :6] == 4).all()
    assert torch.allclose(pick(codes, grid(codes).permute(0, 2, 3, 1)), codes, atol=1e-5)


def test_it_begins_near_the_identity_and_every_weight_learns():
    batch = torch.utils.data.default_collate([Pairs(32, 2, (0, 0))[n] for n in range(2)])
    torch.manual_seed(0)
    model = ShapeWarp(width=8, radius=1, levels=2)
    flows = model(batch["source"], batch["target"])
    assert len(flows) == model.steps
    assert flows[-1].shape == (2, 2, 32, 32)
    assert flows[-1].abs().max() < 0.5
    assert jacobian(flows[-1]).min() > 0.5
    assert not any(edge.any() for edge in (flows[-1][..., 0], flows[-1][..., -1], flows[-1][..., 0, :]))
    sum(flow.square().mean() for flow in flows).backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in model.parameters())
