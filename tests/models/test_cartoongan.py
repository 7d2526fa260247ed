"""CartoonGAN's generator, as it is given out, against its description in slow arithmetic, on weights of a formula."""

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file

from txst.export.import_published import import_weights
from txst.export.published_cartoongan import cartoongan
from txst.layers.norm_statistics import RecordStatistics, ReplayStatistics
from txst.model_folder.folder import build, load_folder
from txst.models.cartoongan import CartoonGAN
from txst.types import Controls


def formula(shape, seed):
    count = int(np.prod(shape))
    values = np.sin(0.7 * np.arange(1, count + 1) * (1 + seed % 7) + seed)
    fan = count // shape[0] if len(shape) == 4 else 4
    return (values * (2 / fan) ** 0.5).astype(np.float32).reshape(shape)


@pytest.fixture(scope="module")
def small():
    """The published network with 2 channels for 64, and 1 block for 8."""
    network = cartoongan()
    network.model.update(width=2, blocks=1)
    return network


@pytest.fixture(scope="module")
def weights(small):
    """Published name -> numbers."""
    found = {}
    for name, weight in build(small.model).state_dict().items():
        ours = max((our for our in small.names.values() if name.startswith(our)), key=len)
        theirs = next(their for their, our in small.names.items() if our == ours)
        found[theirs + name.removeprefix(ours)] = formula(tuple(weight.shape), len(found))
    return found


@pytest.fixture
def folder(weights, small, tmp_path, monkeypatch):
    """A folder as it is given out, of the small network."""
    monkeypatch.setattr("txst.export.import_published.cartoongan", lambda: small)
    (tmp_path / "hayao").mkdir()
    for name, numbers in weights.items():
        np.save(tmp_path / "hayao" / f"{name}.npy", numbers)
    return tmp_path / "hayao"


def convolved(x, weight, bias, stride=1):
    by = weight.shape[-1] // 2
    x = np.pad(x, ((0, 0), (by, by), (by, by)), mode="reflect")
    rows, columns = ((side - 2 * by - 1) // stride + 1 for side in x.shape[1:])
    out = np.zeros((len(weight), rows, columns))
    for i in range(rows):
        for j in range(columns):
            window = x[:, i * stride : i * stride + 2 * by + 1, j * stride : j * stride + 2 * by + 1]
            out[:, i, j] = bias + (window * weight).sum((1, 2, 3))
    return out


def doubled(x, weight, bias):
    """Each place adds its nine numbers to 3 x 3 places of the larger map, whose first row and column are cut off."""
    out = np.zeros((weight.shape[1], 2 * x.shape[1] + 1, 2 * x.shape[2] + 1))
    for i in range(x.shape[1]):
        for j in range(x.shape[2]):
            out[:, 2 * i : 2 * i + 3, 2 * j : 2 * j + 3] += np.tensordot(x[:, i, j], weight, 1)
    return out[:, 1:, 1:] + bias[:, None, None]


def as_published(image, weights):
    """RGB in [0, 1] -> the same, by the network for BGR from -1 to 1."""
    at = lambda name: (weights[f"{name}.weight"], weights[f"{name}.bias"])  # noqa: E731

    def norm(name, x):
        mean, std = (f(x, axis=(1, 2), keepdims=True) for f in (np.mean, np.std))
        scale, shift = (weights[f"{name}.{part}"][:, None, None] for part in ("scale", "shift"))
        return (x - mean) / (std + 1e-9) * scale + shift

    x = norm("in01_1", convolved(image[::-1] * 2 - 1, *at("conv01_1"))).clip(0)
    for i in (2, 3):
        x = convolved(convolved(x, *at(f"conv0{i}_1"), 2), *at(f"conv0{i}_2"))
        x = norm(f"in0{i}_1", x).clip(0)
    y = norm("in04_1", convolved(x, *at("conv04_1"))).clip(0)
    x = x + norm("in04_2", convolved(y, *at("conv04_2")))
    for i in (1, 2):
        x = convolved(doubled(x, *at(f"deconv0{i}_1")), *at(f"deconv0{i}_2"))
        x = norm(f"in{i + 11}_1", x).clip(0)
    return (np.tanh(convolved(x, *at("deconv03_1")))[::-1] + 1) / 2


def test_a_published_folder_paints_as_its_description_does(folder, weights, tmp_path):
    image = np.random.default_rng(0).random((3, 16, 20))
    model, _ = load_folder(import_weights([folder], tmp_path / "model"))
    with torch.no_grad():
        painted = model(torch.from_numpy(image).float()[None], {}).image[0].double().numpy()
    expected = as_published(image, weights)
    assert expected.std() > 0.05
    np.testing.assert_allclose(painted, expected, atol=1e-5)
    assert "Apache-2.0" in (tmp_path / "model/README.md").read_text()


def test_the_published_size_is_94_arrays_of_11_million_weights():
    with torch.device("meta"):
        state = build(cartoongan().model).state_dict()
    assert len(state) == 94
    assert sum(weight.numel() for weight in state.values()) == 11_129_667
    assert all(any(name.startswith(ours) for ours in cartoongan().names.values()) for name in state)


def test_a_missing_a_damaged_and_a_foreign_array_are_named(folder, tmp_path):
    whole = (folder / "in04_1.scale.npy").read_bytes()
    for content, said in ((b"", "damaged"), (whole[:-3], "damaged"), (None, "lacks in04_1.scale")):
        if content is None:
            (folder / "in04_1.scale.npy").unlink()
        else:
            (folder / "in04_1.scale.npy").write_bytes(content)
        with pytest.raises(ValueError, match=said):
            import_weights([folder], tmp_path / "model")
    np.save(folder / "in04_1.scale.npy", np.array([{}], dtype=object), allow_pickle=True)
    with pytest.raises(ValueError, match=r"in04_1\.scale\.npy is damaged or no array of numbers"):
        import_weights([folder], tmp_path / "model")
    with pytest.raises(ValueError, match=r"holds no \.npy files"):
        import_weights([tmp_path], tmp_path / "model")
    assert not (tmp_path / "model").exists()


def test_any_size_is_painted_and_a_part_by_the_statistics_of_the_whole_as_in_the_whole():
    model = CartoonGAN(width=4, blocks=1).eval()
    image = torch.rand(1, 3, 81, 70)
    record = RecordStatistics()
    with torch.no_grad():
        whole = model(image, {}, Controls(statistics=record)).image
        part = model(image[..., :80, :48], {}, Controls(statistics=ReplayStatistics(record.moments))).image
        assert model(image[..., :1, :5], {}).image.shape == (1, 3, 1, 5)
    assert whole.shape == image.shape
    torch.testing.assert_close(part[..., :40, :16], whole[..., :40, :16], atol=1e-5, rtol=1e-5)


def test_the_folder_is_written_in_whole(folder, tmp_path):
    stored = load_file(import_weights([folder], tmp_path / "model") / "model.safetensors")
    assert len(stored) == 38
    assert all(name.startswith("model.") for name in stored)
