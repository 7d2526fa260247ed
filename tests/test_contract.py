"""Every target of conf/ fulfils the Protocol of its group: a new yaml is checked at once."""

import pytest
import yaml
from small import CONF

PROTOCOLS = {
    "model": "StyleModel",
    "encoder": "Encoder",
    "clip": "Embedder",
    "transfer": "Transfer",
    "decoder": "Decoder",
    "canvas": "Canvas",
}


def targets():
    """(yaml, class, Protocol) of every yaml in these groups."""
    for group, protocol in PROTOCOLS.items():
        for path in sorted((CONF / group).glob("*.yaml")):
            config = yaml.safe_load(path.read_text())
            if "defaults" in config:
                continue  # it changes a setting of another
            yield f"{group}/{path.name}", config.get(group, config)["_target_"], protocol
    for path in sorted((CONF / "loss").glob("*.yaml")):
        for term in yaml.safe_load(path.read_text())["terms"].values():
            yield f"loss/{path.name}", term["_target_"], "Loss"
    for path in sorted((CONF / "metric").glob("*.yaml")):
        for metric in yaml.safe_load(path.read_text()).values():
            yield f"metric/{path.name}", metric["_target_"], "StyleMetric"
    task = yaml.safe_load((CONF / "task/optimise.yaml").read_text())["task"]
    yield "task/optimise.yaml", task["_target_"], "StyleModel"


@pytest.fixture
def check(tmp_path):
    """Lets mypy say what is wrong with (class, Protocol) pairs, [] for nothing."""
    api = pytest.importorskip("mypy.api")

    def checked(pairs):
        lines = ["import txst.types"]
        for number, (target, protocol) in enumerate(pairs):
            module, _, name = target.rpartition(".")
            lines += [
                f"import {module}",
                f"def made{number}(x: {module}.{name}) -> txst.types.{protocol}:",
                "    return x",
            ]
        file = tmp_path / "contract.py"
        file.write_text("\n".join(lines) + "\n")
        # no option that `make lint` has not: what it found out is then not found out again
        config = ["--config-file", str(CONF.parent / "pyproject.toml")]
        said, failed, _ = api.run([*config, "--no-error-summary", str(file)])
        assert not failed, failed
        return [line for line in said.splitlines() if ": error:" in line]

    return checked


def test_every_target_of_a_config_fulfils_its_protocol_and_what_does_not_is_found(check):
    found = list(targets())
    assert {protocol for _, _, protocol in found} == {*PROTOCOLS.values(), "Loss", "StyleMetric"}
    wrong = [
        ("txst.decoders.pyramid.Pyramid", "Transfer"),
        ("txst.losses.total.Total", "Loss"),
        ("txst.losses.tv.TotalVariation", "StyleMetric"),
        ("txst.decoders.pyramid.Pyramid", "Canvas"),
    ]
    errors = check([*((target, protocol) for _, target, protocol in found), *wrong])
    assert len(errors) == len(wrong), errors
    assert all(target.rpartition(".")[2] in error for (target, _), error in zip(wrong, errors, strict=True))


def test_nobody_asks_what_a_method_is_but_by_the_contract():
    gone = ("needs_picture", "reads_picture", "looks_as_it_paints", "repaints", "reads_style", "ContextVar")
    old_names = [CONF.parent / f"txst/{file}.py" for file in ("model_folder/upgrade", "commands/old_names")]
    places = [
        p for folder in ("txst", "scripts", "conf") for p in (CONF.parent / folder).rglob("*.[py]*") if p.is_file()
    ]
    found = [
        (path, word)
        for path in places
        if path.suffix in (".py", ".yaml") and path not in old_names
        for word in gone
        if word in path.read_text() and "weights/small" not in str(path)
    ]
    assert found == []
