"""What holds for every judge there is a yaml of, with fixed filters in every network's place."""

from pathlib import Path

import pytest
import torch

YAMLS = sorted(path.stem for path in Path("conf/metric").glob("*.yaml"))


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
    judge.reset()
    for one in (judge, fresh):
        one.update(painted(3, 1))
    assert torch.equal(judge.compute(), fresh.compute())


def test_judges_of_one_network_share_it(judges):
    found = judges("content", "style")
    assert found["content"].eye is found["style"].eye
