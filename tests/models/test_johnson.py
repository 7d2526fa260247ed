"""Johnson's networks against their description, one place at a time, on weights of a formula under the published names."""

import json

import numpy as np
import pytest
import torch
from hydra.utils import instantiate
from PIL import Image

from txst import Stylist
from txst.export.import_published import import_weights
from txst.export.published import Published
from txst.export.published_johnson import LAYERS, PARTS, ml5, pytorch_example
from txst.layers.norm_statistics import RecordStatistics, ReplayStatistics
from txst.model_folder.folder import build, load_folder
from txst.models.johnson import Johnson
from txst.training.run import train
from txst.types import Controls, Style

IMAGE = torch.rand(1, 3, 9, 10, generator=torch.Generator().manual_seed(3))


def formula(shape, seed):
    """Numbers of about the size that keeps a signal."""
    count = int(np.prod(shape))
    values = np.sin(0.7 * np.arange(1, count + 1) * (1 + seed % 7) + seed)
    fan = count // shape[0] if len(shape) == 4 else 4
    return (values * (2 / fan) ** 0.5).astype(np.float32).reshape(shape)


def convolved(x, weight, bias=None, stride=1):
    """[C, h, w] with its border already on, [K, C, k, k] -> [K, h', w']."""
    size = weight.shape[-1]
    rows, columns = ((side - size) // stride + 1 for side in x.shape[1:])
    out = np.zeros((len(weight), rows, columns))
    for i in range(rows):
        for j in range(columns):
            window = x[:, i * stride : i * stride + size, j * stride : j * stride + size]
            for k in range(len(weight)):
                out[k, i, j] = (window * weight[k]).sum()
    return out if bias is None else out + bias[:, None, None]


def normed(x, scale, shift, eps):
    for k in range(len(x)):
        x[k] = (x[k] - x[k].mean()) / np.sqrt(x[k].var() + eps) * scale[k] + shift[k]
    return x


def mirrored(x, by):
    return np.pad(x, ((0, 0), (by, by), (by, by)), mode="reflect")


def grown(x):
    return x.repeat(2, 1).repeat(2, 2)


def as_pytorchs_example(image, weights):
    """Pixels from 0 to 255."""

    def conv(name, x, stride=1):
        weight = weights[f"{name}.conv2d.weight"]
        return convolved(mirrored(x, weight.shape[-1] // 2), weight, weights[f"{name}.conv2d.bias"], stride)

    def norm(name, x):
        return normed(x, weights[f"{name}.weight"], weights[f"{name}.bias"], 1e-5)

    x = image
    for i in (1, 2, 3):
        x = norm(f"in{i}", conv(f"conv{i}", x, 1 if i == 1 else 2)).clip(0)
    for i in range(1, 6):
        y = norm(f"res{i}.in1", conv(f"res{i}.conv1", x)).clip(0)
        x = x + norm(f"res{i}.in2", conv(f"res{i}.conv2", y))
    for i in (1, 2):
        x = norm(f"in{i + 3}", conv(f"deconv{i}", grown(x))).clip(0)
    return conv("deconv3", x)


def same(x, size, stride):
    """TensorFlow's border of zeros, the odd one below and to the right."""
    pads = [max((-(-side // stride) - 1) * stride + size - side, 0) for side in x.shape[1:]]
    return np.pad(x, [(0, 0), *((pad // 2, pad - pad // 2) for pad in pads)])


def transposed(x, weight):
    """Each place [C] of x adds weight [3, 3, K, C] of it to the nine places around twice its own; cut to twice the size."""
    out = np.zeros((weight.shape[2], 2 * x.shape[1] + 1, 2 * x.shape[2] + 1))
    for i in range(x.shape[1]):
        for j in range(x.shape[2]):
            for di in range(3):
                for dj in range(3):
                    out[:, 2 * i + di, 2 * j + dj] += weight[di, dj] @ x[:, i, j]
    return out[:, :-1, :-1]


def as_ml5s(image, numbers):
    """Pixels from 0 to 255; numbers in the order of the files."""
    numbers = iter(numbers)

    def layer(x, stride=1, up=False):
        weight, shift, scale = (next(numbers) for _ in range(3))
        if up:
            return normed(transposed(x, weight), scale, shift, 1e-3)
        weight = weight.transpose(3, 2, 0, 1)
        return normed(convolved(same(x, weight.shape[-1], stride), weight, None, stride), scale, shift, 1e-3)

    x = layer(image).clip(0)
    x = layer(x, 2).clip(0)
    x = layer(x, 2).clip(0)
    for _ in range(5):
        x = x + layer(layer(x).clip(0))
    x = layer(x, up=True).clip(0)
    x = layer(x, up=True).clip(0)
    return np.tanh(layer(x)) * 150 + 127.5


def published_shapes(network: Published):
    """Name in the file -> shape, of weights as our network has them."""
    state = build(network.model).state_dict()
    ours = {
        **{f"{our}{end}": f"{their}{end}" for their, our in network.names.items() for end in ("", "weight", "bias")}
    }
    return {ours[name]: tuple(weight.shape) for name, weight in state.items()}


@pytest.fixture(scope="module")
def example():
    shapes = published_shapes(pytorch_example())
    return {name: formula(shape, seed) for seed, (name, shape) in enumerate(sorted(shapes.items()))}


@pytest.fixture(scope="module")
def files():
    """The numbers of ml5's files, in their order and with their axes."""
    shapes = published_shapes(ml5())
    numbers = [formula(shapes[f"{layer}.{part}"], i) for i, layer in enumerate(LAYERS) for part in PARTS]
    return [n.transpose(2, 3, 1, 0).copy() if n.ndim == 4 else n for n in numbers]


def written(folder, numbers):
    folder.mkdir()
    manifest = {}
    for i, values in enumerate(numbers):
        name = f"Variable_{i}" if i else "Variable"
        values.astype("<f4").tofile(folder / name)
        manifest[name] = {"filename": name, "shape": list(values.shape)}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder / "manifest.json"


def agrees(model, expected):
    with torch.no_grad():
        painted = model.painted(IMAGE, None)[0].numpy()
    np.testing.assert_allclose(painted, expected / 255, atol=2e-5)


def test_a_file_of_pytorchs_example_paints_as_described_old_ones_with_averages_too(example, tmp_path):
    averages = {"in1.running_mean": torch.ones(32), "res1.in1.running_var": torch.ones(128)}
    torch.save({name: torch.from_numpy(w) for name, w in example.items()} | averages, tmp_path / "candy.pth")
    model, _ = load_folder(import_weights([tmp_path / "candy.pth"], tmp_path / "candy"))
    agrees(model, as_pytorchs_example(255 * IMAGE[0].double().numpy(), example))
    assert sum(p.numel() for p in model.parameters()) == 1_679_235
    assert "--style" not in (tmp_path / "candy/README.md").read_text()


def test_a_folder_of_ml5_paints_as_described(files, tmp_path):
    manifest = written(tmp_path / "udnie", files)
    model, _ = load_folder(import_weights([manifest], tmp_path / "model"))
    agrees(model, as_ml5s(255 * IMAGE[0].double().numpy(), files))
    assert sum(p.numel() for p in model.parameters()) == 1_677_638
    painted = Stylist.from_pretrained(tmp_path / "model", "cpu")(Image.effect_noise((21, 14), 90).convert("RGB"))
    assert painted.size == (21, 14)


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (lambda folder: (folder / "Variable_7").unlink(), "Variable_7 is missing: copy the whole folder again"),
        (lambda folder: (folder / "Variable_1").write_bytes(b"12"), "has 2 bytes and not 128, as its shape"),
        (lambda folder: (folder / "manifest.json").write_text("[]"), "no network of ml5's style transfer"),
    ],
)
def test_a_damaged_folder_of_ml5_is_named(files, tmp_path, damage, says):
    manifest = written(tmp_path / "udnie", files)
    damage(manifest.parent)
    with pytest.raises(ValueError, match=says):
        import_weights([manifest], tmp_path / "model")


@pytest.fixture(scope="module", params=["resize", "transposed"])
def model(request):
    torch.manual_seed(0)
    return Johnson(width=4, blocks=1, layout=request.param).eval()


def painted(model, image, **controls):
    return model(image, model.prepare_style(Style()), Controls(**controls)).image


@torch.no_grad()
@pytest.mark.parametrize("size", [(1, 1), (5, 30), (49, 62)])
def test_keeps_any_size(model, size):
    image = torch.rand(1, 3, *size)
    assert painted(model, image).shape == image.shape
    assert painted(model, image).isfinite().all()
    assert painted(model, image, strength=0.0).equal(image)


@torch.no_grad()
def test_recorded_statistics_paint_a_part_as_the_whole(model):
    image, record = torch.rand(1, 3, 16, 128), RecordStatistics()
    whole = painted(model, image, statistics=record)
    part = painted(model, image[..., 64:].contiguous(), statistics=ReplayStatistics(record.moments))
    torch.testing.assert_close(part[..., 48:], whole[..., 112:], atol=1e-5, rtol=1e-4)


def test_every_parameter_gets_a_gradient(model):
    painted(model.train(), torch.rand(2, 3, 16, 20)).square().mean().backward()
    model.eval()
    assert [name for name, p in model.named_parameters() if p.grad is None] == []


def test_an_unknown_layout_is_refused():
    with pytest.raises(ValueError, match="give resize or transposed"):
        Johnson(layout="lua")


@pytest.fixture
def one(config, tmp_path):
    """The experiment at tiny sizes, on pictures as they lie about."""
    for name in ("photos/a.png", "photos/b.jpg", "style.png", "other.png"):
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        Image.effect_noise((80, 96), 90).convert("RGB").save(file)

    def at(*overrides):
        return config(
            "+experiment=johnson", "name=one", "loss_network=bank", f"data.content={tmp_path}/photos", "size=32",
            "data.least=64", "data.resize=80", "data.batch_size=2", "data.batches=2", "data.workers=0", "trainer.max_steps=2",
            "trainer.accelerator=cpu", "trainer.enable_progress_bar=false", "model.width=4", "model.blocks=1", *overrides,
        )  # fmt: skip

    return at


def test_a_style_is_learnt_from_one_picture_or_several_of_a_folder_of_photos(one, tmp_path):
    for style in (f"{tmp_path}/style.png", f"[{tmp_path}/style.png,{tmp_path}/other.png]"):
        trainer = train(one(f"data.style={style}", f"run_dir={tmp_path}/{len(style)}"))
        assert trainer.global_step == 2
        assert len(trainer.datamodule.paintings.shards) == style.count("png")
        assert list((tmp_path / f"{len(style)}/gallery").iterdir())


def test_a_style_is_learnt_from_a_text_and_what_wants_a_picture_says_so(one, tmp_path):
    told = ["data.text=a watercolour", "data.style=null", "clip=space"]
    trainer = train(one(*told, "loss=[content_by_variance,clip_directional]"))
    assert trainer.global_step == 2
    with pytest.raises(SystemExit, match="train: loss 'gram' looks at a style picture, and the style is a text"):
        train(one(*told, f"run_dir={tmp_path}/other"))


def test_bad_styles_get_a_sentence(one, tmp_path):
    Image.new("RGB", (40, 900)).save(tmp_path / "thin.png")
    for given, says in (
        (f"data.style={tmp_path}/thin.png", "is 40 x 900 pixels, and a style wants 64 a side at least"),
        (f"data.style={tmp_path}/nowhere.png", r"nowhere\.png', which is no file or folder"),
        ("data.style=null", "pictures and folders of them will do"),
    ):
        with pytest.raises(Exception, match=says):
            instantiate(one(given).data, _convert_="all")
    with pytest.raises(Exception, match="are both given"):
        instantiate(one(f"data.style={tmp_path}/style.png", "data.text=gothic").data, _convert_="all")
