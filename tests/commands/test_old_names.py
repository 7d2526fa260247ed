"""What people typed until version 0.1 is still understood, with a warning that tells the new name."""

import re
import subprocess
import sys

import pytest
import yaml
from hydra import compose, initialize_config_dir
from small import CONF

from txst.__main__ import main
from txst.commands.old_names import OPTIONS, OVERRIDES, USELESS, new_options, new_overrides
from txst.commands.paint import SAMPLE

TYPED = {  # where the name alone is no override, and where it wants another one beside it
    "judge": ["judge=bank"],
    "validation=judges": ["+validation=judges"],
    "task.judge": ["task.judge=null"],
    "transfer.eye": ["transfer=brush", "transfer.eye=null"],
    "callbacks.often": ["callbacks.often.minutes=2"],
    "callbacks.guard": ["callbacks.guard.limit=3"],
    "callbacks.fade": ["~callbacks.fade", "+experiment=small"],
    "callbacks.judges": ["~callbacks.judges", "+validation=metrics"],
}


@pytest.mark.parametrize(
    "old", [name for name in OVERRIDES if name.split(".")[0] not in ("network", "pairs", "metric")]
)
def test_an_old_override_composes_like_the_new_one(old, capsys):
    new = new_overrides(TYPED.get(old, [old]))
    assert capsys.readouterr().err.count(f"{old} is called {OVERRIDES[old]} now") == 1
    with initialize_config_dir(str(CONF), version_base="1.3"):
        compose("train", ["run_dir=r", "name=n", *new])


@pytest.mark.parametrize("old", ["network.artist_head", "pairs.judge"])
def test_an_old_override_of_the_board_composes(old):
    with initialize_config_dir(str(CONF), version_base="1.3"):
        cfg = compose("evaluate", ["run_dir=r", *new_overrides([f"{old}=FOLDER"])])
    assert cfg[old.partition(".")[0]].artist_classifier == "FOLDER"


@pytest.mark.parametrize("old", OPTIONS)
def test_an_old_option_keeps_its_value_and_is_named(old, capsys):
    assert new_options([f"{old}=value", old, "value"]) == [f"{OPTIONS[old]}=value", OPTIONS[old], "value"]
    assert capsys.readouterr().err.count(OPTIONS[old]) == 2


def keys(node, prefix=""):
    """Every key of a config, dotted."""
    for name, value in (node or {}).items():
        yield prefix + name
        if isinstance(value, dict):
            yield from keys(value, f"{prefix}{name}.")


@pytest.fixture(scope="module")
def today():
    """Every option of a group, as `group=option`, and every key that a config of today has."""
    found = set()
    for path in CONF.rglob("*.yaml"):
        text, group = path.read_text(), path.parent.relative_to(CONF).as_posix()
        package = re.search(r"@package (\S+)", text)
        within = package[1] if package else group
        found.add(f"{group}={path.stem}")
        found.update(keys(yaml.safe_load(text), "" if within in (".", "_global_") else f"{within}."))
    return found


@pytest.mark.parametrize("old", (CONF.parent / "tests/data/old_names.txt").read_text().split())
def test_every_name_of_0_1_that_is_gone_leads_to_one_of_today_with_a_warning(old, today, capsys):
    assert old not in today
    new = new_overrides([old])
    said = capsys.readouterr().err
    if old in USELESS:
        assert (new, said) == ([], f"txst: {old} has no use any more: {USELESS[old]}\n")
    else:
        assert today.issuperset(new)
        assert any(f"is called {name} now" in said for name in OVERRIDES.values() if new[0].startswith(name))


def test_today_s_names_pass_without_a_word(capsys):
    today = ["judge.jpg", "--nearest", "--style", "anyway", "loss_network.weights=judge.pth", "transfer=brushes"]
    assert new_options(today) == today
    assert new_overrides(today[1:]) == today[1:]
    assert capsys.readouterr().err == ""


def test_the_old_options_and_the_american_spelling_paint(tmp_path, capsys):
    command = [
        str(SAMPLE), "--style", "zzyzx", "--anyway", "--color", "content", "--max-side", "40", "-o", str(tmp_path),
    ]  # fmt: skip
    assert main(command) == 0
    assert "--anyway is called --nearest now" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.parametrize(
    ("old", "new"), [("check_judges", "check_metrics"), ("train_judge", "train_artist_classifier")]
)
def test_an_old_script_calls_the_new_one(old, new):
    command = [sys.executable, str(CONF.parent / f"scripts/{old}.py"), "--help"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert f"scripts/{new}.py now" in done.stderr
    assert new in done.stdout
