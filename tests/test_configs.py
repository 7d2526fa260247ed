"""Every config composes, and says what the user has to know."""

import re

import pytest
from hydra.utils import get_class, get_method
from omegaconf import OmegaConf
from small import CONF

EXPERIMENTS = sorted(path.stem for path in CONF.glob("experiment/*.yaml"))
ALL = sorted(CONF.rglob("*.yaml"))


def program(name):
    """The script that an experiment's command runs, which has a config of the same name; `make demo` trains."""
    head = (CONF / f"experiment/{name}.yaml").read_text()
    script = re.search(r"^# Command: .*scripts/(\w+)\.py", head, re.MULTILINE)
    return script[1] if script else "train"


def targets(node):
    if isinstance(node, dict):
        if "_target_" in node:
            yield node
        for value in node.values():
            yield from targets(value)
    elif isinstance(node, list):
        for value in node:
            yield from targets(value)


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_every_experiment_composes_and_resolves(config, name):
    weights = (
        "++encoder.weights=null",
        "++loss_network.weights=null",
        "++network.inception.weights=null",
        "++network.artist_classifier=none",
        "++network.painting_classifier=none",
        "++network.works=none",
    )
    cfg = config(f"+experiment={name}", *weights, program=program(name))
    resolved = OmegaConf.to_container(cfg, resolve=True, throw_on_missing=True)
    for node in targets(resolved):
        find = get_method if node["_target_"].rpartition(".")[2][0].islower() else get_class
        assert find(node["_target_"])


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_every_experiment_opens_with_its_command(name):
    head = (CONF / f"experiment/{name}.yaml").read_text().split("defaults:")[0]
    assert re.search(r"^# Command: +\S", head, re.MULTILINE)


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_every_experiment_says_data_hardware_hours_and_the_number_reached(name):
    """Or that it has not been run, and for want of what."""
    head = (CONF / f"experiment/{name}.yaml").read_text().split("defaults:")[0].split("name:")[0]
    said = dict(re.findall(r"\b(Data|Hardware|Hours|Reached): +(.+?)(?=\. (?:Hardware|Hours|Reached):|\n|$)", head))
    assert said.keys() == {"Data", "Hardware", "Hours", "Reached"}
    if said["Hours"] == "not run":
        assert re.match(r"not run, for want of \w+", said["Reached"])
    else:
        assert re.search(r"\d", said["Hours"])
        assert re.search(r"\d", said["Reached"])


@pytest.mark.parametrize("clip", ["none", "space"])
@pytest.mark.parametrize("transfer", sorted(path.stem for path in CONF.glob("transfer/*.yaml")))
def test_every_method_resolves_with_and_without_words(config, transfer, clip):
    cfg = config(f"transfer={transfer}", f"clip={clip}")
    assert OmegaConf.to_container(cfg, resolve=True, throw_on_missing=True)["model"]["transfer"]


def test_wikiart_has_the_papers_scale(config):
    cfg = config("+experiment=wikiart")
    assert 2 * cfg.data.batch_size == 30
    assert cfg.data.batch_size % cfg.data.works == 0
    assert (cfg.data.resize, cfg.data.size) == (512, 256)
    assert cfg.encoder._target_ == "txst.encoders.vgg.VGG"
    assert (cfg.clip.name, cfg.clip.pretrained) == ("ViT-B-32-quickgelu", "openai")


@pytest.mark.parametrize("path", ALL, ids=lambda p: str(p.relative_to(CONF)))
def test_every_weight_of_a_loss_says_where_it_comes_from(path):
    inside = False
    for line in path.read_text().splitlines():
        if re.match(r"\s*weights:\s*$", line):
            inside = True
        elif inside and re.match(r"\s+\w+: *[\d.e-]+", line):
            assert "#" in line, f"{path.name}: {line.strip()} has no source"
        else:
            inside = False


def test_an_experiment_is_no_default(config):
    """`+experiment=NAME` fails if the key is there already."""
    assert "experiment" not in OmegaConf.load(CONF / "train.yaml")
    assert config("+experiment=mini").name
