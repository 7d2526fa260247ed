"""Two real steps on tiny shards, from the real configs."""

import csv
import shutil
from multiprocessing import active_children
from pathlib import Path
from types import SimpleNamespace

import pytest
import pytorch_lightning as pl
import torch
from safetensors.torch import load_file
from small import CONF, write_classifier

from txst.encoders.bank import FilterBank
from txst.export.run import export_run, history
from txst.model_folder.run_folder import starting_weights
from txst.training.loss_inputs import seed_of_step
from txst.training.module import StyleTraining
from txst.training.run import build_trainer, train

SMALL = ["encoder=pyramid", "loss_network=bank", "loss=[content,gram,artist]"]


def rows(run):
    with open(run / "metrics.csv", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("transfer", sorted(path.stem for path in CONF.glob("transfer/*.yaml")))
def test_every_method_trains(tiny, tmp_path, transfer):
    trainer = train(tiny(*SMALL, f"transfer={transfer}", "style_width=16"))
    assert trainer.global_step == 2
    run = tmp_path / "run"
    assert (run / "checkpoints/last.ckpt").is_file()
    assert list((run / "gallery").glob("*.png"))
    assert rows(run)


def test_every_term_is_logged_before_its_weight(tiny, tmp_path):
    train(tiny(*SMALL, "loss.weights.gram=100", "trainer.log_every_n_steps=1", "trainer.max_steps=1"))
    row = next(r for r in rows(tmp_path / "run") if r["train/loss"])
    terms = {k: float(row[f"train/{k}"]) for k in ("content", "gram", "artist")}
    total = 1.0 * terms["content"] + 100 * terms["gram"] + 0.3 * terms["artist"]
    assert float(row["train/loss"]) == pytest.approx(total, rel=1e-4)


@pytest.fixture
def coins(tiny, monkeypatch):
    """Which of 32 samples a step with these settings paints after their names, and from which corner its losses look."""
    from hydra.utils import instantiate

    def drawn(*overrides, step=0, rank=0):
        task = instantiate(tiny(*SMALL, "task.shift=63", *overrides).task, _convert_="all")
        task.trainer = pl.Trainer(logger=False, accelerator="cpu")
        monkeypatch.setattr(type(task.trainer), "global_rank", rank)
        monkeypatch.setattr(type(task.trainer.fit_loop), "total_batch_idx", step)
        batch = {"artist": torch.arange(32), "content": None, "style": None, "prompt": ["titian"] * 32}
        made = task.inputs.draw(batch, seed_of_step(task.seed, task.trainer))
        return made.corner.tolist(), made.by_text.flatten().tolist()

    return drawn


def test_names_and_pictures_are_mixed_within_a_batch(coins):
    assert 4 < sum(coins()[1]) < 28


@pytest.mark.parametrize("other", [{"step": 1}, {"rank": 1}, {"seed": 1}])
def test_what_a_step_draws_is_a_function_of_seed_step_and_rank(coins, other):
    assert coins() == coins("seed=0")
    overrides = [f"seed={other.pop('seed')}"] if "seed" in other else []
    (corner, by_text), (other_corner, other_by_text) = coins(), coins(*overrides, **other)
    assert corner != other_corner
    assert by_text != other_by_text


def test_batches_of_one_step_of_the_optimizer_draw_different_coins(tiny):
    from hydra.utils import instantiate

    cfg = tiny(*SMALL, "trainer.accumulate_grad_batches=2", "data.batch_size=12", "trainer.max_steps=1")
    cfg.callbacks = {}
    task, drawn = instantiate(cfg.task, _convert_="all"), []
    paint = task.inputs.paint
    task.inputs.paint = lambda pair, by_text: drawn.append(by_text.tolist()) or paint(pair, by_text)
    trainer = instantiate(cfg.trainer, _partial_=True, _convert_="all")(logger=False, limit_val_batches=0)
    trainer.fit(task, datamodule=instantiate(cfg.data, _convert_="all"))
    assert trainer.global_step == 1
    assert drawn[0] != drawn[1]


def test_identity_losses_get_their_views(tiny, tmp_path):
    train(tiny("encoder=pyramid", "loss_network=bank", "loss=[content,identity]", "trainer.log_every_n_steps=1"))
    assert float(rows(tmp_path / "run")[0]["train/identity_pixels"]) > 0


def test_a_checkpoint_holds_what_is_trained_and_nothing_else(tiny, tmp_path):
    train(tiny(*SMALL))
    checkpoint = torch.load(tmp_path / "run/checkpoints/last.ckpt", weights_only=True)
    assert all(name.startswith("model.") for name in checkpoint["state_dict"])
    assert not list((tmp_path / "run/checkpoints").glob(".*"))


def test_a_resumed_run_ends_with_the_same_weights(tiny, tmp_path):
    train(tiny(*SMALL, "trainer.max_steps=4"))
    whole = torch.load(tmp_path / "run/checkpoints/last.ckpt", weights_only=True)
    shutil.rmtree(tmp_path / "run")
    train(tiny(*SMALL, "trainer.max_steps=2"))
    first = shutil.move(tmp_path / "run/checkpoints/last.ckpt", tmp_path / "first.ckpt")
    train(tiny(*SMALL, "trainer.max_steps=4", f"resume={first}"))
    again = torch.load(tmp_path / "run/checkpoints/last.ckpt", weights_only=True)
    assert again["global_step"] == whole["global_step"] == 4
    for name, weight in whole["state_dict"].items():
        assert again["state_dict"][name].equal(weight), name
    averages = [next(s["average"] for s in c["callbacks"].values() if "average" in s) for c in (whole, again)]
    for name, weight in averages[0].items():
        assert averages[1][name].equal(weight), name


@pytest.mark.parametrize("exported", [False, True])
def test_a_training_may_begin_with_the_weights_of_a_run_or_of_a_model(tiny, tmp_path, exported):
    run = Path(train(tiny(*SMALL)).default_root_dir)
    first = export_run(run, tmp_path / "model") if exported else run
    weights = starting_weights(first)
    cfg = tiny(*SMALL, "lr=0", f"run_dir={tmp_path / 'next'}", f"init={first}")
    trainer = train(cfg, weights)
    assert trainer.global_step == 2
    for name, p in trainer.lightning_module.named_parameters():
        if p.requires_grad:
            torch.testing.assert_close(p.data, weights[name])
    assert [stage["steps"] for stage in history(tmp_path / "next")] == [2, 2]
    with pytest.raises(SystemExit, match="of another model"):
        train(tiny(*SMALL, "widths.scale1=4", f"run_dir={tmp_path / 'other'}"), weights)
    other = [*SMALL, "transfer=adain", "clip=none", "loss=[content,style]", "lr=0", f"run_dir={tmp_path / 'decoder'}"]
    task = train(tiny(*other, "init_parts=[decoder]"), weights).lightning_module
    for name, p in task.model.decoder.named_parameters():
        torch.testing.assert_close(p.data, weights[f"model.decoder.{name}"])
    with pytest.raises(SystemExit, match="init_parts names 'decodr', and the parts of this model are"):
        train(tiny(*other, "init_parts=[decodr]"), weights)
    with pytest.raises(SystemExit, match="init_parts names parts of init=, and none is given"):
        train(tiny(*other, "init_parts=[decoder]"))


def test_validation_sees_the_average_and_training_goes_on_with_its_own(tiny):
    from txst.training.callbacks import EMA

    class Module(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.w = torch.nn.Parameter(torch.ones(3))

    class Trainer:
        global_step = 5

    module, ema = Module(), EMA(decay=0.5)
    ema.on_fit_start(Trainer, module)
    module.w.data += 1
    ema.on_train_batch_end(Trainer, module, None, {}, 0)
    ema.on_train_batch_end(Trainer, module, None, {}, 1)  # gradients were accumulated: no step, and no update
    expected = 1 * (6 / 15) + 2 * (1 - 6 / 15)
    ema.on_validation_start(Trainer, module)
    torch.testing.assert_close(module.w.data, torch.full((3,), expected))
    ema.on_validation_end(Trainer, module)
    torch.testing.assert_close(module.w.data, torch.full((3,), 2.0))


def test_the_space_learns_and_is_saved_for_the_next_run(config, tiny, small_shards, tmp_path):
    plain = ["clip=space", "size=32", "data.batch_size=16", "data.batches=2", f"data.folder={tmp_path}/statistics"]
    quiet = ["trainer.accelerator=cpu", "trainer.enable_progress_bar=false"]
    long = ["trainer.max_steps=40", "trainer.log_every_n_steps=1", "trainer.check_val_every_n_epoch=20"]
    train(config("+experiment=space", *plain, *quiet, *long, *small_shards))
    losses = [float(row["train/loss"]) for row in rows(tmp_path / "run") if row["train/loss"]]
    assert sum(losses[-10:]) < 0.8 * sum(losses[:10])
    file = tmp_path / "run/space.safetensors"
    clip = train(tiny(*SMALL, f"clip.weights={file}")).lightning_module.clip
    assert all(weight.equal(clip.state_dict()[name]) for name, weight in load_file(file).items())


def test_with_nothing_configured_one_sentence_says_which_command_makes_the_shards(config):
    with pytest.raises(SystemExit, match=r"scripts/make_shards\.py"):
        train(config("+experiment=wikiart"))


@pytest.mark.parametrize(
    ("override", "says"),
    [
        ("data.style=nowhere", "no train shards in 'nowhere'"),
        ("data.batch_size=40", "only 6 artists"),
        ("data.resize=8", "let resize be 32 or more"),
        ("resume=nowhere.ckpt", "no such checkpoint"),
        ("clip.weights=nowhere.safetensors", "no weights at nowhere.safetensors"),
        ("clip.weights=pyproject.toml", "cannot be read"),
        ("clip.weights=txst/weights/small/model.safetensors", "lacks norm.running_mean"),
    ],
)
def test_a_mistake_stops_with_one_sentence(tiny, override, says):
    with pytest.raises(SystemExit) as stop:
        train(tiny(*SMALL, override))
    assert str(stop.value).startswith("train: ")
    assert says in str(stop.value)
    assert "\n" not in str(stop.value)


def test_all_losses_train_together(tiny, tmp_path):
    """A new yaml in conf/loss is under test at once."""
    losses = sorted({path.stem for path in CONF.glob("loss/*.yaml")} - {"sparse_attention"})  # which AAMS alone has
    classifier = write_classifier(tmp_path / "classifier", 2 * sum(FilterBank().widths.values()), network=FilterBank())
    train(
        tiny(
            "encoder=pyramid", "loss_network=bank", f"loss=[{','.join(losses)}]", "loss.terms.clip_patch.size=24",
            "loss.terms.clip_patch.patches=2", "trainer.log_every_n_steps=1", "trainer.max_steps=1",
            "teacher=microast", "teacher.weights=null",
            f"loss.terms.recognised.head={classifier}",
        )
    )  # fmt: skip
    logged = {name for name, value in rows(tmp_path / "run")[0].items() if value}
    assert {f"train/{name}" for name in (*losses, "loss")} - {"train/identity"} <= logged
    assert {"train/identity_pixels", "train/identity_features"} <= logged


def test_a_loss_network_that_is_being_trained_is_refused(tiny):
    with pytest.raises(SystemExit, match="loss network is being trained"):
        train(tiny("encoder=pyramid", "loss_network=encoder"))


@pytest.mark.slow
def test_wandb_offline_gets_the_numbers_and_the_gallery(tiny, tmp_path, monkeypatch):
    import wandb

    monkeypatch.setenv("WANDB_MODE", "offline")
    monkeypatch.setenv("WANDB_SILENT", "true")
    train(tiny(*SMALL, "logger=wandb", "logger.wandb.group=side by side"))
    wandb.teardown()  # as the end of a process does: it writes in another, and this waits for it
    run = next((tmp_path / "run/wandb").glob("offline-run-*"))
    assert b"side by side" in next(run.glob("*.wandb")).read_bytes()
    assert list(Path(run, "files/media/images").glob("gallery*"))


def test_validation_keeps_the_weights_of_the_config_while_a_term_fades(tiny, tmp_path):
    """At lr=0 nothing is learnt, so that the loss of validation is the same at every step."""
    fade = "+callbacks.anneal_loss_weight={_target_: txst.training.callbacks.AnnealLossWeight, term: gram, steps: 2}"
    train(tiny(*SMALL, fade, "lr=0", "trainer.max_steps=3", "data.batches=1", "trainer.log_every_n_steps=1"))
    found = rows(tmp_path / "run")
    validated = [float(row["val/picture/loss"]) for row in found if row["val/picture/loss"]]
    assert validated == [pytest.approx(validated[0])] * 3
    assert [float(row["weighted/gram"]) > 0 for row in found if row["weighted/gram"]] == [True, True]
    assert all(row["val/picture/gram"] for row in found if row["val/picture/loss"])


def test_a_term_fades_in_a_straight_line_and_is_gone_after_a_resume_too():
    from txst.training.callbacks import AnnealLossWeight

    def weight(callback, step):
        callback.on_train_batch_start(SimpleNamespace(global_step=step), module)
        return module.loss.weights["teacher"]

    def begun(term="teacher"):
        module.loss.weights["teacher"] = 4.0
        callback = AnnealLossWeight(term, steps=10)
        callback.on_fit_start(None, module)
        return callback

    module = SimpleNamespace(loss=SimpleNamespace(weights={}))
    anneal = begun()
    assert [weight(anneal, step) for step in (0, 5, 10, 15)] == [4.0, 2.0, 0.0, 0.0]
    assert weight(begun(), 12) == 0.0
    with pytest.raises(ValueError, match="the run has only teacher"):
        begun("tone")


@pytest.mark.parametrize(
    "flag",
    ["+trainer.overfit_batches=1"]
    + [
        pytest.param(flag, marks=pytest.mark.slow)
        for flag in (
            "+trainer.overfit_batches=0.5", "+trainer.fast_dev_run=true", "+trainer.limit_train_batches=1",
            "+trainer.detect_anomaly=true", "trainer.num_sanity_val_steps=1", "+trainer.enable_checkpointing=false",
        )
    ],
)  # fmt: skip
def test_the_trainers_flags_for_debugging_work(tiny, flag):
    trainer = train(tiny(*SMALL, flag, "data.val_batches=2", "data.batch_size=2"))
    assert trainer.global_step == (1 if "fast_dev_run" in flag else 2)
    assert trainer.callback_metrics["train/loss"].isfinite()


def test_a_callback_that_is_null_is_left_out(tiny):
    with_all, without = (
        [type(callback).__name__ for callback in build_trainer(tiny(*SMALL, *more)).callbacks]
        for more in ([], ["callbacks.rate=null"])
    )
    assert set(with_all) - set(without) == {"Rate"}


def test_flags_that_do_not_fit_are_refused_in_a_sentence(tiny):
    with pytest.raises(SystemExit, match="train: You requested to check"):
        train(tiny(*SMALL, "+trainer.limit_val_batches=0.5"))


def test_a_training_that_fails_leaves_no_process_behind_that_python_would_wait_for(tiny, monkeypatch):
    def broken(*_):
        raise RuntimeError("no more paint")

    before = set(active_children())
    monkeypatch.setattr(StyleTraining, "validation_step", broken)
    with pytest.raises(RuntimeError, match="no more paint"):
        train(tiny(*SMALL, "data.workers=1"))
    left = set(active_children()) - before
    for child in left:
        child.join(10)
    assert not any(child.is_alive() for child in left)


def test_a_batch_that_is_trained_on_again_and_again_is_overfitted(tiny, tmp_path):
    long = ["trainer.max_steps=20", "trainer.log_every_n_steps=1", "data.val_batches=0", "lr=3e-4", "task.text_share=0"]
    train(tiny(*SMALL, "+trainer.overfit_batches=1", "data.workers=1", *long))
    losses = [float(row["train/loss"]) for row in rows(tmp_path / "run")]
    assert losses[-1] < 0.5 * losses[0]


def test_a_model_that_paints_after_names_wants_something_that_reads_them(tiny):
    with pytest.raises(SystemExit, match="clip=none reads none: take clip=openclip"):
        train(tiny(*SMALL[:2], "loss=[content,gram]", "clip=none"))
    assert train(tiny(*SMALL[:2], "loss=[content,gram]", "clip=none", "transfer=conditional_norm")).global_step == 2


@pytest.mark.slow
def test_the_best_checkpoints_are_kept_beside_the_last_and_a_run_goes_on_from_them(tiny, tmp_path):
    long = ["data.batches=1", "trainer.max_steps=6", "lr=1e-2"]
    train(tiny(*SMALL, *long))
    losses = [float(row["val/picture/loss"]) for row in rows(tmp_path / "run") if row["val/picture/loss"]]
    best = sorted(range(6), key=losses.__getitem__)[:3]
    folder = tmp_path / "run/checkpoints"
    assert {p.name for p in folder.iterdir()} == {"last.ckpt", *(f"step{step + 1:07d}.ckpt" for step in best)}
    first = folder / f"step{min(best) + 1:07d}.ckpt"
    assert torch.load(first, weights_only=True)["global_step"] == min(best) + 1
    assert train(tiny(*SMALL, *long, f"resume={first}")).global_step == 6


@pytest.mark.parametrize(("has", "said"), [(True, "bf16-mixed"), (False, "32-true")])
def test_the_precision_auto_is_that_of_the_processor_and_the_run_says_which(tiny, tmp_path, monkeypatch, has, said):
    monkeypatch.setattr("torch.cpu.get_capabilities", lambda: {"avx512_bf16": has})
    trainer = train(tiny(*SMALL, "trainer.precision=auto", "trainer.accelerator=cpu", "trainer.max_steps=1"))
    assert trainer.precision == said
    assert f"precision: {said}" in Path(trainer.default_root_dir, "config.yaml").read_text()
