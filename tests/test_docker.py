"""What docker/ names exists: paths, extras, commands, volumes. It needs no engine."""

import re
import shlex
import tomllib
from pathlib import PurePosixPath

import pytest
import yaml
from small import CONF

from txst.commands.options import parser

ROOT = CONF.parent
DOCKERFILE = (ROOT / "docker/Dockerfile").read_text()
IGNORED = (ROOT / "docker/Dockerfile.dockerignore").read_text().splitlines()
COMPOSE = yaml.safe_load((ROOT / "docker/compose.yaml").read_text())
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
INSTRUCTIONS = [line.split(maxsplit=1) for line in DOCKERFILE.splitlines() if line[:1].isupper()]
COPIED = [path for word, rest in INSTRUCTIONS if word == "COPY" for path in rest.split()[:-1]]
COMMANDS = [shlex.split(service["command"]) for service in COMPOSE["services"].values()]
COMMANDS += [shlex.split(m) for m in re.findall(r"run --rm \w+ (txst .*?)(?:  |$)", (ROOT / "docker/compose.yaml").read_text(), re.M)]  # fmt: skip


def test_what_the_image_copies_is_there_and_reaches_the_build():
    assert {"txst", "conf", "scripts"} <= set(COPIED)
    for path in COPIED:
        assert (ROOT / path).exists(), path
        assert f"!{path}" in IGNORED, path
    assert IGNORED[1] == "*"


def test_the_extras_and_the_python_are_the_projects():
    extras = re.search(r"'\.\[(.*)\]'", DOCKERFILE)[1].split(",")
    assert set(extras) <= set(PROJECT["optional-dependencies"])
    python = tuple(map(int, re.search(r"^FROM python:(\d+)\.(\d+)", DOCKERFILE, re.M).groups()))
    lowest, beyond = (tuple(map(int, v.split("."))) for v in re.findall(r"3\.\d+", PROJECT["requires-python"]))
    assert lowest <= python < beyond


def test_nothing_runs_as_root():
    users = [rest for word, rest in INSTRUCTIONS if word == "USER"]
    assert users == ["painter"]
    assert f"useradd --create-home --uid 1000 {users[0]}" in DOCKERFILE
    assert all(service["user"] == "${UID:-1000}:${GID:-1000}" for service in COMPOSE["services"].values())


@pytest.mark.parametrize("name", COMPOSE["services"])
def test_a_service_is_built_from_here_and_what_it_mounts_is_used(name):
    service = COMPOSE["services"][name]
    assert (ROOT / "docker" / service["build"]["context"]).resolve() == ROOT
    assert (ROOT / service["build"]["dockerfile"]).samefile(ROOT / "docker/Dockerfile")
    mounts = [volume.split(":") for volume in service["volumes"]]
    environment = dict(pair.split("=") for word, rest in INSTRUCTIONS if word == "ENV" for pair in rest.split())
    home = next(rest for word, rest in INSTRUCTIONS if word == "WORKDIR")
    used = [service["command"], *environment.values(), f"{home}/outputs"]  # where Hydra puts the runs
    for source, inside, *_ in mounts:
        assert source.startswith("../") or source in COMPOSE["volumes"]
        assert any(inside in text for text in used), inside
    for path in re.findall(r"(?<![\w.])/[\w/]+", service["command"]):
        assert any(PurePosixPath(path).is_relative_to(inside) for _, inside, *_ in mounts), path


def test_training_has_shared_memory_and_the_gpus():
    train = COMPOSE["services"]["train"]
    assert train["shm_size"] == "8gb"
    (device,) = train["deploy"]["resources"]["reservations"]["devices"]
    assert device["capabilities"] == ["gpu"]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda c: " ".join(c[:3]))
def test_every_command_is_understood(command, config):
    program, *arguments = command
    if program == "python":
        script, *overrides = arguments
        assert (ROOT / script).is_file()
        assert PurePosixPath(script).parts[0] in COPIED
        assert config(*overrides, program=PurePosixPath(script).stem)
    elif arguments[0] == "fetch":
        assert program in PROJECT["scripts"]
        from txst.commands.fetch import parser as fetching

        assert fetching().parse_args(arguments[1:])
    else:
        assert program in PROJECT["scripts"]
        assert parser().parse_args(arguments).style
