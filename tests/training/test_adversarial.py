"""The adversarial task: both networks learn, each from its own loss, in a step around which everything works as around the others."""

import shutil
from functools import partial
from types import SimpleNamespace

import pytest
import torch
from hydra.utils import instantiate
from small import columns
from torch.nn.utils import get_total_norm

from txst.benchmarks.training import gflop_of_a_picture, random_batch
from txst.encoders.patch_discriminator import PatchDiscriminator
from txst.layers.edges import edges_smoothed
from txst.training.adversarial import Adversarial, hinge
from txst.training.run import train
from txst.training.skip_bad_steps import SkipBadSteps

GAN = [
    "task=gan", "encoder=pyramid", "loss_network=bank", "loss=[content,gram]", "task.discriminator.width=4",
    "trainer.log_every_n_steps=1",
]  # fmt: skip
NETWORKS = ("model.", "loss.terms.adversarial.discriminator.")


def network_of(name):
    return next(prefix for prefix in NETWORKS if name.startswith(prefix))


@pytest.fixture
def one(tiny):
    """A task, what its losses compare on a batch, and the losses of its step."""

    def made(*overrides):
        cfg = tiny(*GAN, *overrides)
        torch.manual_seed(0)
        task = instantiate(cfg.task, _convert_="all").train()
        inputs = task.inputs.paint(task.inputs.pair(random_batch(cfg, task.device)))
        return task, inputs

    return made


def test_a_batch_is_a_step_of_both_networks_and_a_run_can_be_resumed_to_the_bit(tiny, tmp_path):
    tiny_gan = lambda *more: tiny(*GAN, *more)  # noqa: E731
    whole = train(tiny_gan("trainer.max_steps=4", f"run_dir={tmp_path}/whole"))
    assert whole.fit_loop.total_batch_idx + 1 == whole.global_step == 4
    train(tiny_gan("trainer.max_steps=2"))
    first = shutil.move(tmp_path / "run/checkpoints/last.ckpt", tmp_path / "first.ckpt")
    again = train(tiny_gan("trainer.max_steps=4", f"resume={first}")).lightning_module
    kept = torch.load(first, weights_only=True)
    for name, weight in whole.lightning_module.state_dict().items():
        assert again.state_dict()[name].equal(weight), name
    assert {network_of(name) for name in kept["state_dict"]} == set(NETWORKS)
    last = torch.load(tmp_path / "whole/checkpoints/last.ckpt", weights_only=True)
    moved = [name for name, weight in last["state_dict"].items() if not weight.equal(kept["state_dict"][name])]
    assert {network_of(name) for name in moved} == set(NETWORKS)
    (average,) = (state["average"] for state in last["callbacks"].values() if "average" in state)
    assert any(not average[name].equal(last["state_dict"][name]) for name in average if name.startswith("model."))


def test_every_weight_of_both_networks_gets_a_gradient_from_its_own_loss_alone(one):
    task, inputs = one()
    model, discriminator = (group["params"] for group in task.parameter_groups())
    assert {*model, *discriminator} == {p for p in task.parameters() if p.requires_grad}
    pulled = lambda loss, weights: [  # noqa: E731
        g is not None for g in torch.autograd.grad(loss, weights, retain_graph=True, allow_unused=True)
    ]
    total, _ = task.loss(inputs)
    assert all(pulled(total, model))
    assert not any(pulled(total, discriminator))
    own = task.adversarial.of_discriminator(inputs)
    assert all(pulled(own, discriminator))
    assert not any(pulled(own, model))


def test_a_schedule_moves_both_rates_and_the_log_shows_the_adversarial_term_and_its_share(tiny, tmp_path):
    schedule = "{_target_: torch.optim.lr_scheduler.StepLR, _partial_: true, step_size: 1, gamma: 0.5}"
    options = ["lr=1e-3", "task.discriminator_lr=4e-3", "task.weight=3", "callbacks.shares.every=1"]
    trainer = train(tiny(*GAN, *options, f"task.scheduler={schedule}"))
    found = columns(tmp_path / "run")
    assert found["rate"] == pytest.approx([1e-3, 5e-4])
    assert [group["lr"] for group in trainer.optimizers[0].param_groups] == pytest.approx([2.5e-4, 1e-3])
    assert found["weighted/adversarial"] == pytest.approx([3 * x for x in found["train/adversarial"]])
    shares = [found[f"share/{name}"] for name in ("content", "gram", "adversarial")]
    assert [sum(step) for step in zip(*shares, strict=True)] == pytest.approx([1, 1])
    assert min(map(min, shares)) > 0
    assert min(found["train/discriminator"]) > 0


def test_validation_is_measured_without_the_discriminator(one):
    task, inputs = one()
    total, terms = task.eval().loss(inputs)
    assert terms.keys() == {"content", "gram"}
    assert float(total) == pytest.approx(sum(task.loss.configured[name] * float(x) for name, x in terms.items()))


def test_bad_steps_are_seen_by_gradients_that_are_not_yet_cut(tiny):
    cfg = tiny(*GAN, "trainer.gradient_clip_val=1e-4")
    (callback,) = (c for c in train(cfg).callbacks if isinstance(c, SkipBadSteps))
    assert len(callback.taken) == 2
    assert min(callback.taken) > 1e-3


def test_a_step_with_a_bad_gradient_of_the_discriminator_moves_neither_network(tiny, tmp_path, monkeypatch):
    monkeypatch.setattr("txst.training.adversarial.hinge", lambda real, painted: hinge(real, painted) * torch.nan)
    with pytest.warns(UserWarning, match="step 0 is left out"):
        trainer = train(tiny(*GAN, "trainer.max_steps=1"))
    torch.manual_seed(0)
    weights = dict(trainer.lightning_module.named_parameters())
    assert all(x.isfinite().all() for x in weights.values())
    assert not trainer.optimizers[0].state
    assert [file.name for file in (tmp_path / "run/left_out").iterdir()] == ["step0000000_rank0.pt"]


def test_the_gradient_of_each_network_is_cut_alone(one):
    task, inputs = one()
    optimizer = task.configure_optimizers()["optimizer"]
    task.losses(inputs)[0].backward()
    lengths = lambda: [  # noqa: E731
        float(get_total_norm([p.grad for p in group["params"]])) for group in optimizer.param_groups
    ]
    before = lengths()
    between = sum(before) / 2
    task.configure_gradient_clipping(optimizer, between, None)
    assert lengths() == pytest.approx([min(length, between) for length in before], rel=1e-4)
    assert min(before) < between < max(before)


@pytest.mark.slow
def test_a_compiled_task_takes_the_same_step_under_the_same_names(one, monkeypatch):
    torch.compiler.reset()
    monkeypatch.setattr(torch, "compile", partial(torch.compile, backend="eager"))
    (plain, expected), (compiled, found) = (one(f"compile={on}") for on in (False, True))
    assert compiled.compiled is not None
    assert plain.compiled is None
    assert list(compiled.state_dict()) == list(plain.state_dict())
    for task, inputs in ((plain, expected), (compiled, found)):
        task.losses(inputs)[0].backward()
    for (name, a), (_, b) in zip(plain.named_parameters(), compiled.named_parameters(), strict=True):
        if a.grad is not None:
            torch.testing.assert_close(b.grad, a.grad, rtol=1e-3, atol=1e-5, msg=name)


def test_the_work_of_the_discriminator_counts(tiny):
    with_discriminator, without = (gflop_of_a_picture(tiny(*GAN[1:4], *task)) for task in (GAN, []))
    assert with_discriminator > without


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


CARTOON = [
    "+experiment=cartoon", "task=gan", "task.discriminator.width=4", "task.discriminator.domains=8", "task.edges=1", "task.text_share=1",
    "loss=[teacher,stability]", "loss_network=bank", "loss_network.layers=[bank1]", "loss.terms.teacher.layers=[]", "widths={scale1: 4, scale2: 4, scale3: 8}", "size=32", "data.batches=2",
    "data.batch_size=2", "trainer.max_steps=2", "trainer.accelerator=cpu", "trainer.enable_progress_bar=false", "trainer.log_every_n_steps=1",
    "~callbacks.gallery",
]  # fmt: skip


def test_cartoons_train_against_a_discriminator_that_knows_styles_and_smoothed_edges(config, cartoon_pairs, tmp_path):
    trainer = train(config(*CARTOON, f"data.pairs={cartoon_pairs}"))
    assert trainer.global_step == 2
    assert trainer.optimizers[0].state.keys() == {p for p in trainer.lightning_module.parameters() if p.requires_grad}
    found = columns(tmp_path / "run")
    for name in ("teacher", "stability", "adversarial", "discriminator"):
        assert all(0 < abs(value) < 100 for value in found[f"train/{name}"])


def test_pictures_with_smoothed_edges_count_as_painted():
    inputs = SimpleNamespace(
        style=SimpleNamespace(image=torch.rand(2, 3, 32, 32)),
        output=SimpleNamespace(image=torch.rand(2, 3, 32, 32)),
        artist=torch.tensor([0, 1]),
    )
    network = PatchDiscriminator(width=4, domains=2).eval()
    plain, promoted = (Adversarial(network, edges).of_discriminator(inputs) for edges in (0.0, 2.0))
    smooth = network(edges_smoothed(inputs.style.image), inputs.artist)
    torch.testing.assert_close(promoted, plain + 2 * torch.relu(1 + smooth).mean())
    other = Adversarial(network).of_discriminator(SimpleNamespace(**vars(inputs) | {"artist": torch.tensor([1, 0])}))
    assert other != plain
