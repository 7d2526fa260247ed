"""What one step computes: every picture once, the same when compiled, and nearly the same in bfloat16."""

import pytest
import pytorch_lightning as pl
import torch
from hydra.utils import instantiate
from small import CONF, TINY, write_classifier
from torch._dynamo.testing import CompileCounter
from torch.utils.data import DataLoader

from txst.benchmarks.training import random_batch
from txst.encoders.bank import FilterBank

NARROW = ["encoder.weights=null", "+encoder.channels=[8,8,16,16,16]"]
WIDTHS = "{relu3_1: 16, relu4_1: 16, relu5_1: 16}"
MODELS = {
    "wikiart": ["+experiment=wikiart", *NARROW, f"widths={WIDTHS}", f"styled={WIDTHS}", "clip=space"],
    "adain": ["+experiment=adain", *NARROW, "widths={relu4_1: 16}"],
    "mini": ["+experiment=mini", "loss_network.weights=null"],
    "small": ["+experiment=small", "loss_network.weights=null", "teacher.weights=null"],
}
SMALL = ["encoder=pyramid", "loss_network=bank", "loss=[content,gram,artist]"]


@pytest.fixture
def step(config):
    """Builds a task with the same weights each time, and takes one step with it on the same batch."""

    def taken(*overrides, precision=torch.float32, hook=None):
        cfg = config(*TINY, *overrides)
        torch.manual_seed(0)
        task = instantiate(cfg.task, _convert_="all").train()
        batch = random_batch(cfg, task.device)
        if hook:
            hook(task)
        with torch.autocast("cpu", precision, enabled=precision != torch.float32):
            total, terms = task.loss(task.inputs.paint(task.inputs.pair(batch)))
        total.backward()
        return task, {"loss": total.detach(), **{k: v.detach() for k, v in terms.items()}}

    return taken


@pytest.mark.parametrize("name", MODELS)
def test_no_network_sees_a_picture_twice_and_the_frozen_build_a_graph_for_painted_ones_alone(step, name):
    seen = {}

    def watch(task):
        task.clip.requires_grad_(False)
        networks = {id(n): n for n in (task.loss_network, task.model.encoder, task.clip)}.values()
        for network in networks:
            seen[network] = []
            network.register_forward_hook(lambda n, images, out: seen[n].append((images[0].detach(), out)))

    task, _ = step(*MODELS[name], hook=watch)
    assert any(seen.values())
    for network, calls in seen.items():
        images = [image for image, _ in calls]
        assert not [i for i, a in enumerate(images) for b in images[:i] if a.equal(b)]
        if network is task.loss_network:
            graphs = [any(x.requires_grad for x in out.values()) for _, out in calls]
            assert graphs.count(False) == 2  # of content and style
            assert graphs.count(True) == len(calls) - 2 > 0


@pytest.mark.parametrize("name", MODELS)
def test_frozen_networks_stay_in_eval_mode_while_the_rest_trains(config, name):
    task = instantiate(config(*TINY, *MODELS[name]).task, _convert_="all").train()
    networks = filter(None, (task.loss_network, task.model.encoder, task.clip, task.teacher))
    frozen = [n for n in networks if not any(p.requires_grad for p in n.parameters())]
    assert {task.loss_network, task.clip} <= set(frozen)
    assert not [part for network in frozen for part in network.modules() if part.training]
    assert task.model.training


WHOLE = [
    "+experiment=painter", "loss_network=bank", "widths={scale1: 8, scale2: 8}", "style_width=16", "transfer.blocks=2",
    "clip=none", "data.works=1", "task.scheduler=null", "task.shift=3",
]  # fmt: skip


def taken(task, step, batch):
    """Gradients of one step, and what it shows."""
    total, shown = step(task.inputs.draw(batch, 0))
    gradients = torch.autograd.grad(total, [p for p in task.parameters() if p.requires_grad])
    return dict(enumerate(gradients)), {name: value.clone() for name, value in shown.items()}


@pytest.fixture
def compiled(config):
    """A task that is compiled, and a batch."""
    torch.compiler.reset()
    cfg = config(*TINY, *WHOLE, "compile=true")
    task = instantiate(cfg.task, _convert_="all").train()
    yield task, random_batch(cfg, task.device)
    torch.compiler.reset()


@pytest.mark.slow
def test_nothing_breaks_the_step_into_pieces(compiled):
    """One graph; kept targets and another corner do not make another."""
    task, batch = compiled
    counted = CompileCounter()
    step = torch.compile(task.step, backend=counted, dynamic=False, fullgraph=True)
    for seed in range(3):
        step(task.inputs.draw(batch, seed))
    assert counted.frame_count == 1


@pytest.mark.slow
def test_a_compiled_step_is_the_same_step(compiled):
    """By the same graph, run operation by operation: to make kernels for the CPU would take minutes."""
    task, batch = compiled
    step = torch.compile(task.step, backend="aot_eager", dynamic=False, fullgraph=True)
    for expected, found in zip(taken(task, task.step, batch), taken(task, step, batch), strict=True):
        for name, value in expected.items():
            torch.testing.assert_close(found[name], value, rtol=1e-3, atol=1e-5, msg=str(name))


@pytest.mark.slow
@pytest.mark.skipif(not torch.cuda.is_available(), reason="CUDA graphs want a GPU")
def test_replayed_as_cuda_graphs_it_is_the_same_step(compiled):
    task, batch = compiled
    task.cuda()
    batch = {name: x.cuda() if isinstance(x, torch.Tensor) else x for name, x in batch.items()}
    for _ in range(4):  # warm-up, recording, and replays
        torch.compiler.cudagraph_mark_step_begin()
        found = taken(task, task.compiled, batch)
    for expected, replayed in zip(taken(task, task.step, batch), found, strict=True):
        for name, value in expected.items():
            torch.testing.assert_close(replayed[name], value, rtol=1e-2, atol=1e-4, msg=str(name))


def test_a_step_is_compiled_unless_a_weight_moves_or_somebody_looks_into_it(config):
    cfg = config(*TINY, *WHOLE, "compile=true")
    task, taken = instantiate(cfg.task, _convert_="all"), []
    plain = task.step
    task.step = lambda drawn: taken.append("plain") or plain(drawn)
    task.compiled = lambda drawn: taken.append("compiled") or plain(drawn)

    class Touch(pl.Callback):
        def on_train_batch_start(self, trainer, module, batch, index):
            if index == 1:
                module.loss.weights["gram"] = 0.5
            if index == 3:
                self.hook = module.loss.register_forward_hook(lambda *_: self.hook.remove())

    trainer = instantiate(cfg.trainer, _partial_=True, _convert_="all")(
        logger=False, callbacks=[Touch()], max_steps=5, limit_val_batches=0, enable_checkpointing=False
    )
    trainer.fit(task, DataLoader([random_batch(cfg, task.device)] * 5, batch_size=None))
    assert taken == ["compiled", "plain", "compiled", "plain", "compiled"]


def test_in_bfloat16_every_loss_stays_close_to_float32(step, tmp_path):
    losses = sorted({path.stem for path in CONF.glob("loss/*.yaml")} - {"sparse_attention"})  # which AAMS alone has
    classifier = write_classifier(tmp_path / "classifier", 2 * sum(FilterBank().widths.values()), network=FilterBank())
    every = [
        "encoder=pyramid", "loss_network=bank", f"loss=[{','.join(losses)}]", "loss.terms.clip_patch.size=24",
        "loss.terms.clip_patch.patches=2", "teacher=microast", "teacher.weights=null", f"loss.terms.recognised.head={classifier}",
    ]  # fmt: skip
    _, exact = step(*every)
    task, rough = step(*every, precision=torch.bfloat16)
    for name, value in exact.items():
        assert rough[name].dtype == torch.float32, name
        assert float(rough[name]) == pytest.approx(float(value), rel=0.05, abs=0.02), name
    assert all(p.grad.isfinite().all() for p in task.parameters() if p.grad is not None)


@pytest.mark.parametrize("losses", ["[content,gram]", "[content,gram,identity]"])
def test_running_statistics_move_once_a_step_by_style_pictures_alone(step, losses):
    """Identity losses paint the photo in its own style, too; what is averaged are styles."""
    moved = []

    def watch(task):
        standardize = task.model.transfer.standardize
        follow = standardize.follow
        standardize.follow = lambda x: moved.append(x) or follow(x)

    task, _ = step(
        "+experiment=small",
        "teacher=none",
        "loss_network=bank",
        f"loss={losses}",
        "~callbacks.anneal_loss_weight",
        hook=watch,
    )
    assert len(moved) == float(task.model.transfer.standardize.batches) == 1
    assert task.model.transfer.standardize.training


def test_accumulated_gradients_are_one_step(config):
    """The same batch twice, at half its weight each, is that batch once."""
    weights = []
    for parts in (1, 2):
        cfg = config(*TINY, *SMALL, "task.text_share=1", f"trainer.accumulate_grad_batches={parts}")
        torch.manual_seed(0)
        task = instantiate(cfg.task, _convert_="all")
        trainer = instantiate(cfg.trainer, _partial_=True, _convert_="all")(
            logger=False, callbacks=[], max_steps=1, limit_val_batches=0, enable_checkpointing=False
        )
        trainer.fit(task, DataLoader([random_batch(cfg, task.device)] * parts, batch_size=None))
        assert trainer.global_step == 1
        weights.append(task.model.state_dict())
    for name, weight in weights[0].items():
        if "num_batches" not in name:
            torch.testing.assert_close(weights[1][name], weight, rtol=1e-4, atol=1e-6, msg=name)


def test_the_loss_network_looks_at_photo_and_painting_from_one_corner_and_the_painter_at_the_whole(config):
    cfg = config(*TINY, *SMALL, "task.shift=7")
    task = instantiate(cfg.task, _convert_="all")
    batch = random_batch(cfg, task.device)
    drawn = task.inputs.draw(batch, 0)
    drawn.corner = torch.tensor([3, 5])
    inputs = task.inputs.of_step(drawn)
    for view in (inputs.content, inputs.style, inputs.output, inputs.restyled_style):
        assert view.image.shape[-2:] == batch["content"].shape[-2:]
        for name, x in task.loss_network(view.image[..., 3 : 3 + 25, 5 : 5 + 25]).items():
            assert view.features[name].equal(x)


def test_a_training_steps_loss_network_looks_from_another_corner_each_time_and_at_all_pictures_from_the_same(config):
    cfg = config(*TINY, *SMALL, "task.shift=3")
    task, seen = instantiate(cfg.task, _convert_="all"), []
    task.loss_network.register_forward_hook(lambda _, images, __: seen.append(images[0].detach()))
    trainer = instantiate(cfg.trainer, _partial_=True, _convert_="all")(
        logger=False, callbacks=[], max_steps=6, limit_val_batches=0, enable_checkpointing=False
    )
    batch = random_batch(cfg, task.device)
    trainer.fit(task, DataLoader([batch] * 6, batch_size=None))
    places = [(y, x) for y in range(4) for x in range(4)]
    given = [batch[name] for name in ("content", "style")]
    corners = [
        (y, x)
        for image in seen
        for y, x in places
        for whole in given
        if whole[..., y : y + 29, x : x + 29].equal(image)
    ]
    assert len(seen) == 18  # of content, style and painting
    assert len(corners) == 12  # paintings are not found again
    assert corners[::2] == corners[1::2]
    assert len(set(corners)) > 1


@pytest.mark.parametrize("wrong", [["task.shift=-1"], ["task.shift=3", "loss_network=encoder"]])
def test_a_shift_that_means_nothing_is_refused(config, wrong):
    with pytest.raises(Exception, match="a loss network of its own"):
        instantiate(config(*TINY, *SMALL, *wrong).task, _convert_="all")
