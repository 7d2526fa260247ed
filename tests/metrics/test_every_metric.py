"""What holds for every metric there is a yaml of, with fixed filters in every network's place."""

from dataclasses import replace

import pytest
import torch
import torch.multiprocessing as mp
from pairs_of_pictures import YAMLS, random_pairs


def test_there_are_metrics():
    assert len(YAMLS) >= 15


@pytest.mark.parametrize("name", YAMLS)
def test_a_metric_says_what_its_figure_is(metrics, name):
    metric = metrics(name)[name]
    assert isinstance(metric.higher_is_better, bool)
    assert metric.full_state_update is False
    assert metric.unit
    assert metric.network


@pytest.mark.parametrize("name", YAMLS)
def test_the_figure_is_a_scalar_and_each_pair_has_its_own(metrics, painted, name):
    metric = metrics(name)[name]
    metric.update(painted(3, 0))
    metric.update(painted(2, 1))
    assert metric.compute().shape == ()
    assert metric.compute().isfinite()
    if metric.values is None:
        return
    assert metric.values.shape == (5,)
    alone = metrics(name)[name]
    alone.update(painted(2, 1))
    torch.testing.assert_close(metric.values[3:], alone.values)
    torch.testing.assert_close(metric.compute(), metric.values.mean())


@pytest.mark.parametrize("name", YAMLS)
def test_nothing_is_left_after_a_reset(metrics, painted, name):
    metric, fresh = metrics(name)[name], metrics(name)[name]
    metric.update(painted(3, 0))
    metric.compute()
    metric.reset()
    for one in (metric, fresh):
        one.update(painted(3, 1))
    assert torch.equal(metric.compute(), fresh.compute())


@pytest.mark.parametrize("name", YAMLS)
def test_a_metric_leaves_no_graph_behind(metrics, painted, name):
    metric, pairs = metrics(name)[name], painted(2, 0)
    pairs.output.requires_grad_()
    metric.update(pairs)
    assert not metric.compute().requires_grad


@pytest.mark.parametrize("name", YAMLS)
def test_a_method_that_cannot_repaint_costs_a_figure_and_no_run(metrics, painted, name):
    metric = metrics(name)[name]
    metric.update(replace(painted(2, 0), repaint=None))
    assert metric.compute().isnan() == (name in ("identity", "identity_ssim", "drift", "repetition"))


def test_networks_are_loaded_once_and_metrics_are_each_their_own(metrics):
    found = metrics(*YAMLS)
    assert sorted(found) == YAMLS
    assert (
        found["content"].feature_extractor
        is found["style"].feature_extractor
        is found["artfid"].lpips.feature_extractor
    )
    assert found["artfid"].lpips is not found["lpips"]


def of_one_rank(rank, folder, metrics):
    torch.distributed.init_process_group("gloo", f"file://{folder}/meeting", rank=rank, world_size=2)
    for metric in metrics.values():
        metric.reset()  # out of the memory that spawned processes share
        for seed in range(rank + 1):  # the second rank has more to do
            metric.update(random_pairs(2, 10 * rank + seed))
    figures = {}
    for name, metric in metrics.items():
        with metric.sync_context():
            values = None if metric.values is None else metric.values.clone()
        figures[name] = (metric.compute(), values)
    torch.save(figures, f"{folder}/{rank}.pt")
    torch.distributed.destroy_process_group()


@pytest.mark.slow
def test_two_processes_agree_with_one_that_saw_all(metrics, tmp_path):
    mp.spawn(of_one_rank, (str(tmp_path), metrics(*YAMLS)), nprocs=2)
    alone = metrics(*YAMLS)
    for metric in alone.values():
        for seed in (0, 10, 11):
            metric.update(random_pairs(2, seed))
    for rank in (0, 1):
        figures = torch.load(tmp_path / f"{rank}.pt")
        for name, metric in alone.items():
            figure, values = figures[name]
            torch.testing.assert_close(figure, metric.compute(), msg=lambda m, name=name: f"{name}: {m}")
            if values is not None:
                torch.testing.assert_close(values, metric.values, equal_nan=True)
