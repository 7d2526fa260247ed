"""One command trains every method on the same pictures, goes on, and skips what is done."""

import pytest
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf
from safetensors.torch import load_file
from small import CONF, TINY

from txst.evaluation.fitted_start import save_start
from txst.evaluation.trained import composed, jobs, train_methods
from txst.inference.stylist import Stylist
from txst.model_folder.run_folder import starting_weights

TINY_RECIPE = [*(o for o in TINY if not o.startswith(("data.", "size", "clip", "trainer.max"))), "data.window=50", "encoder=pyramid",
               "loss_network=bank", "loss=[content,gram]", "clip=none", "transfer=adain"]  # fmt: skip
RECIPES = [
    "adain",
    "efdm",
    "hmin",
    "sanet",
    "adaattn",
    "stytr2",
    "aams",
    "txst",
    "txst_names",
    "txst_pictures",
    "txst_plain",
    "txst_tile",
    "clipstyler_any",
]


MIRRORED = ["adain", "efdm", "hmin", "aams", "txst_tile"]


def settings(*overrides):
    with initialize_config_dir(str(CONF), version_base="1.3"):
        return compose("train_methods", list(overrides))


@pytest.fixture
def tiny(small_shards, tmp_path):
    def made(*overrides):
        sizes = ["size=32", "resize=40", "batch_size=2", "pairs=8", "val_batches=1", "workers=0", "accelerator=cpu"]
        cfg = settings(*small_shards, *sizes, f"run_dir={tmp_path}/runs", f"models={tmp_path}/models", *overrides)
        OmegaConf.set_struct(cfg, False)
        cfg.recipes.one, cfg.recipes.johnson = (
            TINY_RECIPE,
            [*TINY_RECIPE, "+experiment=johnson", "model.width=4", "model.blocks=1"],
        )
        return cfg

    return made


def trained(cfg):
    with initialize_config_dir(str(CONF), version_base="1.3"):
        return train_methods(cfg)


def test_a_method_is_trained_once_and_not_taken_for_another(tiny, tmp_path):
    table, failed = trained(tiny("names=[one]"))
    assert not failed
    assert "| one | 4 |" in table
    assert "gram 0." in table
    assert Stylist.from_pretrained(tmp_path / "models/one", "cpu").painter.reads == {"image"}
    checkpoint = tmp_path / "runs/one/checkpoints/last.ckpt"
    made = checkpoint.stat().st_mtime_ns
    assert trained(tiny("names=[one]"))[0] == table == (tmp_path / "runs/table.md").read_text()
    assert checkpoint.stat().st_mtime_ns == made
    table, failed = trained(tiny("names=[one]", "pairs=16"))
    assert failed == ["one"]
    assert "holds a run with other settings" in table


def test_johnson_learns_a_network_for_each_artist_or_file(tiny, tmp_path, small_shards):
    cfg = tiny("names=[johnson,one]", "styles=[artist 1,artist 4]")
    with initialize_config_dir(str(CONF), version_base="1.3"):
        made = [(job.name, composed(cfg, job)) for job in jobs(cfg)]
    assert [name for name, _ in made] == ["johnson_artist-1", "johnson_artist-4", "one"]
    assert made[0][1].data.style == f"{tmp_path}/runs/styles/artist-1.jpg"
    cfg.styles = [made[0][1].data.style]
    assert [job.name for job in jobs(cfg)] == ["johnson_artist-1", "one"]
    cfg.styles = ["nobody"]
    with pytest.raises(ValueError, match="'nobody' is no file of a picture, and no artist of"):
        list(jobs(cfg))


@pytest.mark.parametrize("name", RECIPES)
def test_every_recipe_is_of_one_budget_under_vgg16(name):
    with initialize_config_dir(str(CONF), version_base="1.3"):
        cfg = compose(
            "train_methods",
            [f"names=[{name}]", "data.content=c", "data.style=s", "vgg16=v", "space=p", "accelerator=cpu"],
        )
        (own,) = (composed(cfg, job) for job in jobs(cfg))
    assert (own.trainer.max_steps, own.data.batch_size, own.size, own.data.content) == (1000, 4, 128, "c")
    networks = [own.encoder] * (own.model._target_.endswith(("Stylizer", "AAMS"))) + [own.loss_network or own.encoder]
    assert {(n._target_, n.weights, tuple(n.convs)) for n in networks} == {
        ("txst.encoders.vgg.VGG", "v", (2, 2, 3, 3, 3))
    }
    assert own.task.scheduler.total_steps == 1000
    both = ["decoder", "transfer"]
    fitted = dict.fromkeys(("txst", "sanet", "adaattn"), both) | {key: ["decoder"] for key in MIRRORED}
    assert own.init_parts == fitted.get(name, both if name.startswith("txst") else None)


def test_decoders_that_mirror_vgg_begin_as_its_inverse(tiny, tmp_path):
    vgg = [
        "encoder=vgg16_adain",
        "encoder.weights=null",
        "+encoder.channels=[4,8,16,32,32]",
        "widths.relu4_1=32",
        "decoder=adain",
    ]
    cfg = tiny("names=[one,two]", "inverted=4", "vgg16=null")
    cfg.recipes.one, cfg.recipes.two = ([*TINY_RECIPE, *vgg, f"lr={lr}"] for lr in (0, 1))
    _, failed = trained(cfg)
    assert not failed
    (file,) = (tmp_path / "runs").glob("inverse_*/model.safetensors")
    begun, after = load_file(file), starting_weights(tmp_path / "runs/one")
    assert all(after[name].equal(weight) for name, weight in begun.items())
    assert "from a decoder fitted beforehand, 4 steps" in (tmp_path / "models/one/README.md").read_text()
    cfg.inverted = 0
    with initialize_config_dir(str(CONF), version_base="1.3"):
        assert [composed(cfg, job).init for job in jobs(cfg)] == [None, None]


def test_a_network_for_each_name_is_told_it_and_shown_no_work(tiny, tmp_path):
    file = tmp_path / "a.jpg"
    file.write_bytes(b"")
    cfg = tiny("names=[clipstyler_fast]", "styles=[titian,paul klee]", "vgg16=null", 'embedder=["clip=space"]')
    with initialize_config_dir(str(CONF), version_base="1.3"):
        made = {job.name: composed(cfg, job) for job in jobs(cfg)}
    assert list(made) == ["clipstyler_fast_titian", "clipstyler_fast_paul-klee"]
    assert [own.data.text for own in made.values()] == ["titian", "paul klee"]
    for own in made.values():
        assert (own.data.style, own.data.cache, own.init_parts) == (None, None, ["decoder"])
        assert own.clip._target_.endswith("StyleSpace")
    assert len({own.init for own in made.values()}) == 1
    cfg.styles = [str(file)]
    with pytest.raises(ValueError, match=r"clipstyler_fast is told a text, and .*a\.jpg is a file"):
        list(jobs(cfg))


def test_txst_begins_with_fitted_tokens_the_same_ones_for_the_same_seed(tiny, tmp_path):
    cfg = tiny("names=[one]", "inverted=4", "vgg16=null")
    cfg.recipes.one = [
        *(o for o in TINY_RECIPE if not o.startswith(("clip", "transfer", "encoder"))), "encoder=vgg16_relu4", "encoder.weights=null",
        "+encoder.channels=[4,8,16,32,32]", "widths={relu2_1: 8, relu3_1: 16, relu4_1: 32}", "decoder=adain_skips", "transfer=txst", "clip=space",
        "clip.weights=null", "clip.width=16", "style_width=16",
    ]  # fmt: skip
    made = []
    for run in "ab":
        cfg.run_dir = f"{tmp_path}/{run}"
        with initialize_config_dir(str(CONF), version_base="1.3"):
            (own,) = (composed(cfg, job) for job in jobs(cfg))
        save_start(own, cfg.inverted)
        made.append(load_file(f"{own.init}/model.safetensors"))
    assert {name.split(".")[1] for name in made[0]} == {"decoder", "transfer"}
    assert all(made[1][name].equal(weight) for name, weight in made[0].items())


def test_what_cannot_be_trained_is_said_before_anything_is():
    for overrides, says in (
        (["data.style=s"], "must name folders"), (["data.style=s", "data.content=c", "names=[sannet]"], "there are txst, "),
        (["data.style=s", "data.content=c", "names=[txst]"], "space=FILE"),
    ):  # fmt: skip
        with pytest.raises(ValueError, match=says):
            trained(settings(*overrides))
