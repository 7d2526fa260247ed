"""What a run shows of itself, in metrics.csv as everywhere."""

import os
from unittest.mock import MagicMock

import pytest
import pytorch_lightning as pl
import torch
import wandb
from hydra.utils import instantiate
from small import columns
from torch.nn.utils import get_total_norm

from txst.data.epoch import in_unit
from txst.metrics.build import build_metrics
from txst.training.monitoring import FalseNegatives, Skipped, paint
from txst.training.run import train
from txst.types import Painted

SMALL = ["encoder=pyramid", "loss_network=bank", "trainer.log_every_n_steps=1"]


def test_a_run_shows_losses_under_their_weights_shares_rate_pace_and_data(tiny, tmp_path):
    schedule = "{_target_: torch.optim.lr_scheduler.StepLR, _partial_: true, step_size: 1, gamma: 0.5}"
    train(
        tiny(*SMALL, "loss=[content,gram,nt_xent]", "loss.weights.gram=7", "callbacks.shares.every=1", "lr=1e-3",
             f"task.scheduler={schedule}", "trainer.max_steps=4")
    )  # fmt: skip
    found = columns(tmp_path / "run")
    assert found["weighted/gram"] == pytest.approx([7 * x for x in found["train/gram"]])
    assert found["weighted/content"] == pytest.approx(found["train/content"])
    shares = [found[f"share/{name}"] for name in ("content", "gram", "nt_xent")]
    assert [sum(step) for step in zip(*shares, strict=True)] == pytest.approx([1] * 4)
    assert min(map(min, shares)) > 0
    assert found["rate"] == pytest.approx([1e-3, 5e-4, 2.5e-4, 1.25e-4])
    assert all(0 <= share <= 1 for share in found["pace/waiting"])
    assert min(found["pace/samples_per_second"]) > 0
    assert min(found["pace/memory_gb"]) > 0.1
    assert found["data/skipped"] == [0] * 4
    assert found["contrast/false_negatives"] == pytest.approx([1 / 3] * 4)  # two works of each of two artists
    assert 0 < found["val/gap"][0] <= 2
    assert list((tmp_path / "run/gallery").glob("*.png"))


def test_false_negatives_are_worked_out_once_a_step():
    logged = []
    module = MagicMock(log=lambda *_: logged.append(trainer.global_step))
    trainer, callback = MagicMock(global_step=0, log_every_n_steps=1), FalseNegatives()
    callback.on_train_start(trainer, module)
    for batch, step in enumerate([0, 1, 1, 2]):  # of two batches each
        trainer.global_step = step
        callback.on_train_batch_end(trainer, module, None, {"artist": torch.tensor([0, 0, 1, 1])}, batch)
    assert logged == [1, 2]


class Alone(pl.Callback):
    """Notes the length of the gradient that the optimizer sees."""

    def __init__(self):
        self.lengths = []

    def on_before_optimizer_step(self, trainer, module, optimizer):
        self.lengths.append(float(get_total_norm([p.grad for p in module.parameters() if p.grad is not None])))


def test_the_shares_are_those_of_the_gradient_that_is_trained_on(tiny, tmp_path, monkeypatch):
    """The first step of a run with one loss alone has the gradient of that loss in the first step of the run with all."""
    lengths = {}
    one = ["transfer=conditional_norm", "style_width=16", "trainer.max_steps=1", "callbacks.shares.every=1"]
    fit = pl.Trainer.fit
    for name in ("content", "gram", "content,gram"):
        alone = Alone()
        monkeypatch.setattr(
            pl.Trainer, "fit", lambda t, *a, alone=alone, **k: (t.callbacks.append(alone), fit(t, *a, **k))
        )
        train(tiny(*SMALL, *one, f"loss=[{name}]", f"run_dir={tmp_path}/{len(lengths)}"))
        (lengths[name],) = alone.lengths
    found = columns(tmp_path / "2")
    whole = lengths["content"] + lengths["gram"]
    for name in ("content", "gram"):
        assert found[f"share/{name}"] == [pytest.approx(lengths[name] / whole, rel=1e-3)]


def test_the_shares_are_worked_out_once_a_step_of_several_batches(tiny, tmp_path):
    two = ["trainer.accumulate_grad_batches=2", "data.batches=4", "trainer.max_steps=4", "callbacks.shares.every=2"]
    train(tiny(*SMALL, *two, "loss=[content,gram]"))
    assert len(columns(tmp_path / "run")["share/gram"]) == 2


@pytest.mark.slow
def test_looking_at_the_shares_does_not_change_what_is_learnt(tiny, tmp_path):
    brush = ["loss=[content,gram,remd]", "transfer=conditional_norm", "style_width=16", "trainer.max_steps=3"]
    for every in (1, 1000):
        train(tiny(*SMALL, *brush, f"callbacks.shares.every={every}", f"run_dir={tmp_path}/{every}"))
    looked, blind = (
        torch.load(tmp_path / f"{every}/checkpoints/last.ckpt", weights_only=True)["state_dict"] for every in (1, 1000)
    )
    assert [name for name in looked if not looked[name].equal(blind[name])] == []


@pytest.fixture(scope="module")
def with_strangers(tmp_path_factory):
    from drawn import paint as draw

    from txst.data.layouts import find
    from txst.data.shards import make_shards

    folder = tmp_path_factory.mktemp("strangers")
    pictures = find("wikiart", draw(folder / "pictures", works=6))
    make_shards(pictures, folder / "paintings", heldout=2, test=0.25)
    return f"data.style={folder}/paintings"


def test_metrics_look_at_held_out_pictures_and_at_held_out_artists(tiny, tmp_path, with_strangers):
    cfg = tiny(
        "+validation=metrics", "network=bank", "network.artist_classifier=null", "metric=[content,style,identity]",
        *SMALL, "loss=[content,gram]", with_strangers, "data.strangers=true", "callbacks.ema.decay=0", "trainer.max_steps=1",
        "data.batches=1", "data.val_batches=2",
    )  # fmt: skip
    module = train(cfg).lightning_module
    found = columns(tmp_path / "run")
    data = instantiate(cfg.data, _convert_="all")
    for split, loader in zip(("val", "strangers"), data.val_dataloader(), strict=True):
        metrics = build_metrics(cfg.metric)
        for batch in map(in_unit, loader):
            painted = paint(module.eval(), batch["content"], batch["style"], batch["prompt"])
            again = lambda a, b: paint(module, a, b, None)  # noqa: E731
            seen = Painted(batch["content"], painted, batch["style"], batch["prompt"], batch["movement"], again)
            for metric in metrics.values():
                metric.update(seen)
        for name, metric in metrics.items():
            assert found[f"{split}/metric/{name}"] == [pytest.approx(float(metric.compute()), rel=1e-4)]
        assert f"{split}/text/loss" in found
    shown = [{sample["split"] for _, sample in pairs.pairs} for pairs in data.fixed_pairs]
    assert shown == [{"test"}, {"heldout"}]


def test_pictures_that_cannot_be_read_are_counted_over_the_whole_run():
    class Module:
        device = torch.device("cpu")

        def log(self, name, value):
            self.value = value

    module, skipped, batch = Module(), Skipped(), {"keys": ["a b"] * 50, "skipped": 1}
    for _ in range(10):
        skipped.on_train_batch_end(None, module, None, batch, 0)
    assert module.value == 10
    resumed = Skipped()
    resumed.load_state_dict(skipped.state_dict())
    with pytest.raises(RuntimeError, match="12 of 1100 pictures could not be read"):
        resumed.on_train_batch_end(None, module, None, batch | {"skipped": 2}, 0)


@pytest.mark.parametrize("when", [pytest.param("at the start", marks=pytest.mark.slow), "later"])
def test_a_training_goes_on_where_wandb_fails(tiny, tmp_path, monkeypatch, when):
    monkeypatch.setenv("WANDB_SILENT", "true")
    monkeypatch.setenv("WANDB_MODE", "online" if when == "at the start" else "offline")
    init = wandb.init

    def down(*args, **options):
        if os.environ["WANDB_MODE"] == "online":
            raise wandb.errors.CommError("no route to host")
        return init(*args, **options)

    monkeypatch.setattr(wandb, "init", down)
    if when == "later":
        monkeypatch.setattr(wandb.Run, "log", lambda *_, **__: (_ for _ in ()).throw(BrokenPipeError("gone")))
    with pytest.warns(UserWarning, match=r"wandb is written offline|wandb fails and is left alone"):
        trainer = train(tiny(*SMALL, "loss=[content,gram]", "logger=wandb"))
    assert trainer.global_step == 2
    assert columns(tmp_path / "run")["train/loss"]
    assert list((tmp_path / "run/wandb").glob("offline-run-*"))
