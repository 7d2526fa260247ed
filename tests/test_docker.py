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
COMPOSE_FILE = (ROOT / "docker/compose.yaml").read_text()
COMPOSE = yaml.safe_load(COMPOSE_FILE)
SERVICES = COMPOSE["services"]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
FILES = ("docker/Dockerfile", "docker/service.Dockerfile")
COMMANDS = [shlex.split(service["command"]) for name, service in SERVICES.items() if name != "serve"]
COMMANDS += [shlex.split(m) for m in re.findall(r"run --rm \w+ (txst .*?)(?:  |$)", COMPOSE_FILE, re.M)]


def instructions(file):
    """(word, rest) of each, with continued lines joined."""
    lines = (ROOT / file).read_text().replace("\\\n", "").splitlines()
    return [line.split(maxsplit=1) for line in lines if line[:1].isupper()]


def values(file, word):
    return [rest for found, rest in instructions(file) if found == word]


def copied(file):
    """What is copied from the repository, and not from an earlier stage."""
    return [path for rest in values(file, "COPY") if not rest.startswith("--from") for path in rest.split()[:-1]]


@pytest.mark.parametrize("file", FILES)
def test_what_the_image_copies_is_there_and_reaches_the_build(file):
    ignored = (ROOT / f"{file}.dockerignore").read_text().splitlines()
    assert "txst" in copied(file)
    for path in copied(file):
        assert (ROOT / path).exists(), path
        assert f"!{path}" in ignored, path
    assert ignored[1] == "*"


@pytest.mark.parametrize("file", FILES)
def test_the_extras_and_the_python_are_the_projects(file):
    text = (ROOT / file).read_text()
    extras = re.search(r"'\.\[(.*)\]'", text)[1].split(",")
    assert set(extras) <= set(PROJECT["optional-dependencies"])
    lowest, beyond = (tuple(map(int, v.split("."))) for v in re.findall(r"3\.\d+", PROJECT["requires-python"]))
    stages = re.findall(r"^FROM python:(\d+)\.(\d+)", text, re.M)
    assert len(set(stages)) == 1
    assert lowest <= tuple(map(int, stages[0])) < beyond


@pytest.mark.parametrize("file", FILES)
def test_nothing_runs_as_root(file):
    (user,) = values(file, "USER")
    assert re.search(rf"useradd (--create-home )?--uid 1000 {user}", (ROOT / file).read_text())
    assert all(service["user"] == "${UID:-1000}:${GID:-1000}" for service in SERVICES.values())


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_built_from_here_and_what_it_mounts_is_used(name):
    service = SERVICES[name]
    file = service["build"]["dockerfile"]
    assert (ROOT / "docker" / service["build"]["context"]).resolve() == ROOT
    assert file in FILES
    mounts = [volume.split(":") for volume in service["volumes"]]
    environment = dict(pair.split("=") for rest in values(file, "ENV") for pair in rest.split())
    outputs = [f"{home}/outputs" for home in values(file, "WORKDIR")]  # where Hydra puts the runs
    used = [service["command"], *environment.values(), *outputs]
    for source, inside, *_ in mounts:
        assert source.startswith("../") or source in COMPOSE["volumes"]
        assert any(inside in text for text in used), inside
    for path in re.findall(r"(?<![\w.])/[\w/]+", service["command"]):
        assert any(PurePosixPath(path).is_relative_to(inside) for _, inside, *_ in mounts), path


def test_training_has_shared_memory_and_the_gpus():
    train = SERVICES["train"]
    assert train["shm_size"] == "8gb"
    (device,) = train["deploy"]["resources"]["reservations"]["devices"]
    assert device["capabilities"] == ["gpu"]


def test_the_service_has_no_rights_and_time_to_end():
    from txst.service.limits import Limits
    from txst.service.serve import parser as serving

    serve = SERVICES["serve"]
    assert (serve["read_only"], serve["tmpfs"], serve["cap_drop"]) == (True, ["/tmp"], ["ALL"])
    assert int(serve["stop_grace_period"].removesuffix("s")) > Limits.seconds
    (entry,) = values(FILES[1], "ENTRYPOINT")
    program, command, *options = yaml.safe_load(entry)
    assert (program in PROJECT["scripts"], command) == (True, "serve")
    args = serving().parse_args([*options, *shlex.split(serve["command"])])
    assert (args.no_page, args.host, str(args.key_file)) == (True, "0.0.0.0", "/keys/keys")
    assert serve["ports"] == [f"127.0.0.1:{args.port}:{args.port}"]
    assert values(FILES[1], "EXPOSE") == [str(args.port)]
    (check,) = values(FILES[1], "HEALTHCHECK")
    assert f"http://127.0.0.1:{args.port}/healthz" in check


@pytest.mark.parametrize("command", COMMANDS, ids=lambda c: " ".join(c[:3]))
def test_every_command_is_understood(command, config):
    program, *arguments = command
    if program == "python":
        script, *overrides = arguments
        assert (ROOT / script).is_file()
        assert PurePosixPath(script).parts[0] in copied(FILES[0])
        assert config(*overrides, program=PurePosixPath(script).stem)
    elif arguments[0] == "fetch":
        assert program in PROJECT["scripts"]
        from txst.commands.fetch import parser as fetching

        assert fetching().parse_args(arguments[1:])
    else:
        assert program in PROJECT["scripts"]
        assert parser().parse_args(arguments).style
