"""A step on kept targets is the step that looks at every picture: the same gradients, and less to look at."""

import pytest
import pytorch_lightning as pl
import torch
from hydra.utils import instantiate
from pytorch_lightning.utilities.exceptions import MisconfigurationException

from txst.data.cache import Views
from txst.training.run import train
from txst.training.style_targets import StyleTargets

KEPT = [
    "encoder=pyramid", "loss_network=bank", "transfer=conditional_norm", "style_width=16", "transfer.blocks=2",
    "widths={scale1: 8, scale2: 8, scale3: 16}", "loss=[content,gram,style,colour,artist,sorted]",
    "data.cache=targets", "data.views=2",
]  # fmt: skip


@pytest.fixture
def kept(tiny):
    """A task whose targets are kept, its data, and a batch."""

    def made(*overrides, dtype=torch.float64):
        cfg = tiny(*KEPT, *overrides)
        torch.manual_seed(0)
        task, data = (instantiate(part, _convert_="all") for part in (cfg.task, cfg.data))
        task.to(dtype).train()
        task.trainer = pl.Trainer(logger=False, accelerator="cpu", enable_progress_bar=False)
        task.inputs.targets = StyleTargets(task, data, data.cached.style, 5)
        batch = next(iter(data.train_dataloader()))
        batch |= {
            "content": batch["content"].to(dtype),
            "style": data.cached.style.pixels[batch["view"]].to(dtype) / 255,
        }
        return task, data, batch

    return made


def gradients(task, batch):
    averages = {name: b.clone() for name, b in task.model.named_buffers()}
    total, _ = task.step(task.inputs.draw(batch, 0))
    for name, b in task.model.named_buffers():
        b.copy_(averages[name])  # as they were before
    return torch.autograd.grad(total, [p for p in task.parameters() if p.requires_grad])


def test_gradients_are_those_of_the_plain_step(kept):
    task, _, batch = kept()
    found = gradients(task, batch)
    assert {
        "gram bank1",
        "moments bank1",
        "colour",
        "embedding",
        "statistics for codes",
    } <= task.inputs.targets.kept.keys()
    task.inputs.targets = None
    expected = gradients(task, batch)
    assert max(float(g.abs().max()) for g in expected) > 1e-3
    for a, b in zip(found, expected, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-9, atol=1e-12)


def test_working_them_out_moves_neither_averages_nor_what_is_drawn(kept):
    task, data, _ = kept()
    averages = {name: b.clone() for name, b in task.model.named_buffers()}
    before = torch.get_rng_state()
    StyleTargets(task, data, data.cached.style, 5)
    assert torch.get_rng_state().equal(before)
    assert all(b.equal(averages[name]) for name, b in task.model.named_buffers())


def test_no_frozen_network_looks_at_a_style_picture_whose_targets_are_kept(kept):
    task, _, batch = kept("loss=[content,gram,style,colour,artist]")
    seen = []
    for network in (task.loss_network, task.clip, task.model.transfer.feature_extractor):
        network.register_forward_hook(lambda _, images, __: seen.append(images[0]))
    task.step(task.inputs.draw(batch, 0))
    assert [image.requires_grad for image in seen].count(True) == 2  # the painting, by the loss network and by clip
    assert [image.equal(batch["content"]) for image in seen].count(True) == 1
    assert len(seen) == 3


def test_bfloat16_takes_half_the_room_and_the_step_little_harm(kept):
    task, _, batch = kept(dtype=torch.float32)
    whole, half = task.inputs.targets, kept("data.cache_dtype=bfloat16", dtype=torch.float32)[0].inputs.targets
    assert all(x.dtype == torch.bfloat16 for x in half.kept.values())
    expected = gradients(task, batch)
    task.inputs.targets = half
    length = torch.cat([g.flatten() for g in expected]).norm()
    off = torch.cat([(a - b).flatten() for a, b in zip(gradients(task, batch), expected, strict=True)]).norm()
    assert 0 < off < 0.1 * length
    assert whole.kept.keys() == half.kept.keys()


def test_targets_that_would_take_more_than_is_allowed_are_refused(kept):
    with pytest.raises(MisconfigurationException, match=r"views of paintings with .*gram bank1"):
        kept("data.cache_gb=0.0006")


@pytest.mark.slow
@pytest.mark.parametrize("cache", ["pictures", "targets"])
def test_a_run_with_a_cache_ends_as_it_would_have_without_a_break(tiny, tmp_path, cache):
    def ended(name, steps, *more):
        overrides = [
            *KEPT,
            f"data.cache={cache}",
            "data.batches=3",
            f"trainer.max_steps={steps}",
            f"run_dir={tmp_path}/{name}",
        ]
        trainer = train(tiny(*overrides, "loss=[content,gram,style]", "callbacks.periodic_checkpoint.steps=1", *more))
        assert isinstance(trainer.datamodule.cached.style, Views) == (cache == "targets")
        return torch.load(tmp_path / name / "checkpoints/last.ckpt", weights_only=True)["state_dict"]

    whole = ended("whole", 5)
    ended("broken", 4)
    resumed = ended("broken", 5, "resume=auto")
    assert whole.keys() == resumed.keys()
    assert [name for name in whole if not whole[name].equal(resumed[name])] == []
