"""The adversarial task: both networks learn, each from its own loss, and a run goes on where it was."""

import shutil
from types import SimpleNamespace

import pytest
import torch
from hydra.utils import instantiate

from txst.benchmarks.training import random_batch
from txst.encoders.patch_discriminator import PatchDiscriminator
from txst.training.adversarial import hinge
from txst.training.run import train

GAN = ["task=gan", "encoder=pyramid", "loss_network=bank", "loss=[content,gram]", "task.discriminator.width=4"]


def test_two_batches_change_both_networks_and_the_model_can_be_resumed_to_the_bit(tiny, tmp_path):
    tiny_gan = lambda *more: tiny(*GAN, *more)  # noqa: E731
    whole = train(tiny_gan("trainer.max_steps=8", f"run_dir={tmp_path}/whole")).lightning_module
    train(tiny_gan("trainer.max_steps=4"))  # two batches: two steps each
    first = shutil.move(tmp_path / "run/checkpoints/last.ckpt", tmp_path / "first.ckpt")
    again = train(tiny_gan("trainer.max_steps=8", f"resume={first}")).lightning_module
    kept = torch.load(first, weights_only=True)["state_dict"]
    assert {name.split(".")[0] for name in kept} == {"model", "discriminator"}
    for name, weight in whole.state_dict().items():
        assert again.state_dict()[name].equal(weight), name
    moved = {name for name, weight in kept.items() if not weight.equal(whole.state_dict()[name])}
    assert {name.split(".")[0] for name in moved} == {"model", "discriminator"}


def test_every_weight_of_both_networks_gets_a_gradient_from_its_own_loss_alone(tiny):
    cfg = tiny(*GAN)
    task = instantiate(cfg.task, _convert_="all").train()
    seen = []
    names = {"model": task.model, "discriminator": task.discriminator}

    def step(optimizer, loss):
        loss.backward()
        seen.append({n: [p.grad is not None for p in net.parameters()] for n, net in names.items()})
        task.zero_grad()

    task.step, task.optimizers, task.log_dict = step, lambda: (None, None), lambda *_: None
    task.trainer = instantiate(cfg.trainer, _partial_=True, _convert_="all")(logger=False, callbacks=[])
    task.training_step(random_batch(cfg, task.device), 0)
    generator, discriminator = seen
    assert all(generator["model"])
    assert not any(generator["discriminator"])
    assert all(discriminator["discriminator"])
    assert not any(discriminator["model"])


def test_the_hinge_is_zero_beyond_the_margins_and_its_known_value_before():
    far, near = torch.full((2, 1, 3, 3), 2.0), torch.zeros(2, 1, 3, 3)
    assert hinge(far, -far) == 0
    assert hinge(near, near) == 2
    assert hinge(-far, far) == 6


def test_the_discriminators_layers_stretch_nothing_and_a_picture_is_scored_alone():
    network = PatchDiscriminator(width=8).eval()
    for _ in range(50):
        network.train()(torch.rand(1, 3, 32, 32))  # the norm is found by iteration, one round a pass
    network.eval()
    for layer in network.layers:
        if isinstance(layer, torch.nn.Conv2d):
            assert torch.linalg.matrix_norm(layer.weight.flatten(1), 2).item() == pytest.approx(1, abs=0.05)
    pictures = torch.rand(3, 3, 32, 40)
    scores = network(pictures)
    assert scores.shape == (3, 1, 4, 5)
    torch.testing.assert_close(network(pictures[1:2]), scores[1:2])


def test_several_devices_are_refused(tiny):
    task = instantiate(tiny(*GAN).task, _convert_="all")
    task._trainer = SimpleNamespace(world_size=2)
    with pytest.raises(ValueError, match=r"one device: trainer\.devices=1"):
        task.on_fit_start()
