"""What holds for every judge there is a yaml of, with fixed filters in every network's place."""

from dataclasses import replace

import pytest
import torch
import torch.multiprocessing as mp
from looking import YAMLS, random_pairs


def test_there_are_judges():
    assert len(YAMLS) >= 15


@pytest.mark.parametrize("name", YAMLS)
def test_a_judge_says_what_its_figure_is(judges, name):
    judge = judges(name)[name]
    assert isinstance(judge.higher_is_better, bool)
    assert judge.full_state_update is False
    assert judge.unit
    assert judge.network


@pytest.mark.parametrize("name", YAMLS)
def test_the_figure_is_a_scalar_and_each_pair_has_its_own(judges, painted, name):
    judge = judges(name)[name]
    judge.update(painted(3, 0))
    judge.update(painted(2, 1))
    assert judge.compute().shape == ()
    assert judge.compute().isfinite()
    if judge.values is None:
        return
    assert judge.values.shape == (5,)
    alone = judges(name)[name]
    alone.update(painted(2, 1))
    torch.testing.assert_close(judge.values[3:], alone.values)
    torch.testing.assert_close(judge.compute(), judge.values.mean())


@pytest.mark.parametrize("name", YAMLS)
def test_nothing_is_left_after_a_reset(judges, painted, name):
    judge, fresh = judges(name)[name], judges(name)[name]
    judge.update(painted(3, 0))
    judge.compute()
    judge.reset()
    for one in (judge, fresh):
        one.update(painted(3, 1))
    assert torch.equal(judge.compute(), fresh.compute())


@pytest.mark.parametrize("name", YAMLS)
def test_a_judge_leaves_no_graph_behind(judges, painted, name):
    judge, pairs = judges(name)[name], painted(2, 0)
    pairs.output.requires_grad_()
    judge.update(pairs)
    assert not judge.compute().requires_grad


@pytest.mark.parametrize("name", YAMLS)
def test_a_method_that_cannot_repaint_costs_a_figure_and_no_run(judges, painted, name):
    judge = judges(name)[name]
    judge.update(replace(painted(2, 0), repaint=None))
    assert judge.compute().isnan() == (name in ("identity", "identity_ssim", "drift", "repetition"))


def test_networks_are_loaded_once_and_judges_are_each_their_own(judges):
    found = judges(*YAMLS)
    assert sorted(found) == YAMLS
    assert found["content"].eye is found["style"].eye is found["artfid"].lpips.eye
    assert found["artfid"].lpips is not found["lpips"]


def of_one_rank(rank, folder, judges):
    torch.distributed.init_process_group("gloo", f"file://{folder}/meeting", rank=rank, world_size=2)
    for judge in judges.values():
        judge.reset()  # out of the memory that spawned processes share
        for seed in range(rank + 1):  # the second rank has more to do
            judge.update(random_pairs(2, 10 * rank + seed))
    figures = {}
    for name, judge in judges.items():
        with judge.sync_context():
            values = None if judge.values is None else judge.values.clone()
        figures[name] = (judge.compute(), values)
    torch.save(figures, f"{folder}/{rank}.pt")
    torch.distributed.destroy_process_group()


def test_two_processes_agree_with_one_that_saw_all(judges, tmp_path):
    mp.spawn(of_one_rank, (str(tmp_path), judges(*YAMLS)), nprocs=2)
    alone = judges(*YAMLS)
    for judge in alone.values():
        for seed in (0, 10, 11):
            judge.update(random_pairs(2, seed))
    for rank in (0, 1):
        figures = torch.load(tmp_path / f"{rank}.pt")
        for name, judge in alone.items():
            figure, values = figures[name]
            torch.testing.assert_close(figure, judge.compute(), msg=lambda m, name=name: f"{name}: {m}")
            if values is not None:
                torch.testing.assert_close(values, judge.values, equal_nan=True)
