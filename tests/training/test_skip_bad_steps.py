"""A batch that would ruin the weights is left out and kept."""

from types import SimpleNamespace

import pytest
import pytorch_lightning as pl
import torch

from txst.training.run import train
from txst.training.skip_bad_steps import SkipBadSteps

BRUSH = ["encoder=pyramid", "loss_network=bank", "transfer=conditional_norm", "style_width=16", "loss=[content,gram]"]


class Spoil(pl.Callback):
    """Spoils the batches of some steps, or their gradients, and notes the model after each step."""

    def __init__(self, steps, spoil_batch=None, spoil_gradient=None):
        self.steps, self.spoil_batch, self.spoil_gradient = steps, spoil_batch, spoil_gradient
        self.states = []

    def on_train_batch_start(self, trainer, module, batch, index):
        if trainer.global_step in self.steps and self.spoil_batch:
            self.spoil_batch(batch)

    def on_after_backward(self, trainer, module):
        if trainer.global_step in self.steps and self.spoil_gradient:
            for p in module.parameters():
                if p.grad is not None:
                    self.spoil_gradient(p.grad)

    def on_train_batch_end(self, trainer, module, *_):
        self.states.append({name: x.clone() for name, x in module.model.state_dict().items()})


@pytest.fixture
def spoiled(tiny, tmp_path, monkeypatch):
    def run(spoil, *overrides):
        fit = pl.Trainer.fit
        monkeypatch.setattr(pl.Trainer, "fit", lambda t, *a, **k: (t.callbacks.append(spoil), fit(t, *a, **k)))
        train(tiny(*BRUSH, "data.batches=4", "trainer.max_steps=4", *overrides))
        return tmp_path / "run"

    return run


def changed(a, b):
    return [name for name in a if not a[name].equal(b[name])]


@pytest.mark.parametrize(
    "spoil",
    [
        {"spoil_batch": lambda batch: batch["style"].fill_(torch.nan)},
        {"spoil_batch": lambda batch: batch["content"].fill_(torch.inf)},
        {"spoil_gradient": lambda gradient: gradient.mul_(1e6)},
    ],
    ids=["not a number", "infinite", "exploding"],
)
def test_a_step_on_a_bad_batch_is_left_out_and_the_batch_kept(spoiled, spoil):
    watch = Spoil({2}, **spoil)
    with pytest.warns(UserWarning, match="step 2 is left out"):
        run = spoiled(watch)
    before, left_out, after = watch.states[1:]
    assert changed(before, left_out) == []
    assert len(changed(left_out, after)) > 20
    assert all(x.isfinite().all() for x in after.values())
    assert [file.name for file in (run / "left_out").iterdir()] == ["step0000002_rank0.pt"]
    batch = torch.load(run / "left_out/step0000002_rank0.pt", weights_only=True)
    assert batch.keys() >= {"content", "style", "prompt", "keys"}


@pytest.mark.filterwarnings("ignore:step")
def test_bad_batches_without_end_stop_the_run_with_the_reason(spoiled):
    with pytest.raises(RuntimeError, match=r"3 in a row.*left_out"):
        spoiled(Spoil({1, 2, 3}, lambda batch: batch["style"].fill_(torch.nan)), "callbacks.skip_bad_steps.limit=3")


class Weights:
    """A module with one weight, whose gradient has the length that is told."""

    def __init__(self):
        self.weight = torch.nn.Parameter(torch.zeros(1))
        self.model = torch.nn.Module()

    def parameters(self):
        return [self.weight]

    def takes(self, callback, length):
        self.weight.grad = torch.tensor([float(length)])
        callback.on_before_optimizer_step(
            SimpleNamespace(global_step=0, global_rank=0), self, torch.optim.SGD([self.weight])
        )
        return self.weight.grad is not None


@pytest.mark.filterwarnings("ignore")
def test_the_first_gradients_are_not_trusted_whatever_they_are(tmp_path):
    callback, module = SkipBadSteps(tmp_path), Weights()
    assert [module.takes(callback, x) for x in (1e9, 1e10, 3, 1e5, 2)] == [False, False, True, False, True]


@pytest.mark.filterwarnings("ignore")
def test_one_long_gradient_that_was_taken_does_not_let_in_the_next(tmp_path):
    callback, module = SkipBadSteps(tmp_path, first=float("inf")), Weights()
    assert module.takes(callback, 1e9)
    assert all(module.takes(callback, 1) for _ in range(3))
    assert not module.takes(callback, 1e9)


@pytest.mark.filterwarnings("ignore")
def test_what_is_usual_is_known_after_a_resume(tmp_path):
    callback, again, module = SkipBadSteps(tmp_path), SkipBadSteps(tmp_path), Weights()
    assert all(module.takes(callback, 1) for _ in range(12))
    again.load_state_dict(callback.state_dict())
    assert not module.takes(again, 101)
    assert module.takes(again, 99)
