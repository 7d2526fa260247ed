import pytest
import torch
from hydra.utils import instantiate

from txst.data.epoch import in_unit
from txst.training.gradient_norms import gradient_sizes


def test_a_size_is_that_of_the_gradient_of_the_term_alone(tiny):
    cfg = tiny("encoder=pyramid", "loss_network=bank", "loss=[content,gram,identity]", "loss.weights.gram=7")
    torch.manual_seed(0)
    data, task = instantiate(cfg.data, _convert_="all"), instantiate(cfg.task, _convert_="all")
    batch = in_unit(next(iter(data.train_dataloader())))
    found = gradient_sizes(task, [batch, batch])
    assert found.keys() == {"content", "gram", "identity_pixels", "identity_features"}
    for name, size in found.items():
        task.zero_grad()
        task.loss.terms[name](task.inputs.paint(task.inputs.pair(batch))).backward()
        pulls = [p.grad.square().sum() for p in task.model.parameters() if p.grad is not None]
        assert size == pytest.approx(torch.stack(pulls).sum().sqrt().item(), rel=1e-3), name
        assert size > 0
