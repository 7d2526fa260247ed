"""PCA-KD against its description, one place at a time, on weights of a formula in a checkpoint written as TensorFlow writes it."""

import numpy as np
import pytest
import torch

from txst.encoders.vgg import VGG
from txst.export.import_published import import_weights
from txst.export.run import export_run
from txst.layers.norm_statistics import RecordStatistics, ReplayStatistics
from txst.layers.whitening import mean_and_covariance
from txst.model_folder.folder import load_folder
from txst.models.pca_kd import LEVELS, PCAKD
from txst.training.distillation import eigenbasis
from txst.training.run import train
from txst.types import Controls, Style

ENCODER = [[(1, 3, 3), (3, 3, 10)], [(3, 10, 10), (3, 10, 20)], [(3, 20, 20), (3, 20, 58)]]
ENCODER += [
    [(3, 58, 58), (3, 58, 58), (3, 58, 58), (3, 58, 64)]
]  # (size, channels in, out) of each block's convolutions
DECODER = [[(3, 13, 3)], [(3, 20, 10), (3, 10, 10)], [(3, 58, 20), (3, 20, 20)], [(3, 64, 58), *[(3, 58, 58)] * 3]]
BASES = [(64, 10), (128, 20), (256, 58), (512, 64)]
VALUE = "/.ATTRIBUTES/VARIABLE_VALUE"


def formula(shape, seed):
    count = int(np.prod(shape))
    values = np.sin(0.7 * np.arange(1, count + 1) * (1 + seed % 7) + seed)
    fan = count // shape[-1] if len(shape) > 1 else 8
    return (values * (2 / fan) ** 0.5).astype(np.float32).reshape(shape)


def variables(blocks):
    found = {}
    for b, block in enumerate(blocks):
        for i, (size, a, c) in enumerate(block):
            name, seed = f"btnecks/{b}/layer_with_weights-{i}", 10 * b + i
            found[f"{name}/kernel{VALUE}"] = formula((size, size, a, c), seed)
            found[f"{name}/bias{VALUE}"] = 0.1 * formula((c,), seed + 1)
    return found


@pytest.fixture(scope="module")
def weights():
    aux = {f"conv_aux/{i}{VALUE}": formula(shape, i) for i, shape in enumerate(BASES)}
    return {"sencoder": variables(ENCODER) | aux, "sdecoder": variables(DECODER)}


def varint(value):
    out = b""
    while value > 127:
        out, value = out + bytes([value % 128 + 128]), value // 128
    return out + bytes([value])


def block(entries):
    """Entries of a table, each key told by what it does not share with the one before."""
    out, last = b"", b""
    for key, value in entries:
        shared = next((i for i, (a, b) in enumerate(zip(key, last, strict=False)) if a != b), min(len(key), len(last)))
        out += varint(shared) + varint(len(key) - shared) + varint(len(value)) + key[shared:] + value
        last = key
    return out + (0).to_bytes(4, "little") + (1).to_bytes(4, "little")


def write_checkpoint(stem, tensors, kind=b"\0"):
    data, entries = b"", [(b"", b"\x08\x01")]
    entries.append((b"_GRAPH", b"\x08\x07\x12\x00"))  # a text, which is not read
    for name in sorted(tensors):
        values = tensors[name].astype("<f4").tobytes()
        shape = b"".join(b"\x12" + varint(len(dim)) + dim for dim in (b"\x08" + varint(n) for n in tensors[name].shape))
        offset = b"\x20" + varint(len(data)) if data else b""
        entry = b"\x08\x01\x12" + varint(len(shape)) + shape + offset + b"\x28" + varint(len(values)) + b"\x35abcd"
        entries.append((name.encode(), entry))
        data += values
    table, handles = b"", []
    for part in (entries[:4], entries[4:]):
        handles.append((part[-1][0], varint(len(table)) + varint(len(block(part)))))
        table += block(part) + kind + b"crc!"
    index = block(handles)
    footer = varint(0) + varint(0) + varint(len(table)) + varint(len(index))
    footer = footer.ljust(40, b"\0") + (0xDB4775248B80FB57).to_bytes(8, "little")
    stem.with_suffix(".index").write_bytes(table + index + b"\0crc!" + footer)
    stem.with_suffix(".data-00000-of-00001").write_bytes(data)
    return stem.with_suffix(".index")


@pytest.fixture(scope="module")
def files(weights, tmp_path_factory):
    folder = tmp_path_factory.mktemp("ckpts")
    return [write_checkpoint(folder / name, tensors) for name, tensors in weights.items()]


@pytest.fixture(scope="module")
def model(files, tmp_path_factory):
    return load_folder(import_weights(files, tmp_path_factory.mktemp("models") / "pca_kd"))[0]


class Reference:
    """PCA-KD with NumPy: maps [C, h, w], kernels [k, k, in, out]."""

    def __init__(self, weights):
        self.weights = weights

    def conv(self, net, block, i, x):
        name = f"btnecks/{block}/layer_with_weights-{i}"
        kernel, bias = (self.weights[net][f"{name}/{part}{VALUE}"] for part in ("kernel", "bias"))
        size = len(kernel)
        x = np.pad(x, ((0, 0), *[(size // 2, size // 2)] * 2), mode="reflect")
        out = np.zeros((kernel.shape[3], x.shape[1] - size + 1, x.shape[2] - size + 1))
        for i in range(out.shape[1]):
            for j in range(out.shape[2]):
                out[:, i, j] = np.einsum("cij,ijck->k", x[:, i : i + size, j : j + size], kernel) + bias
        return out

    def encode(self, x):
        """The inputs of the blocks, and what the last one gives."""
        inputs = [x]
        for b, convs in enumerate(ENCODER):
            for i in range(len(convs)):
                if b and i == len(convs) - 1:
                    c, h, w = x.shape
                    x = x.reshape(c, h // 2, 2, w // 2, 2).max((2, 4))
                x = self.conv("sencoder", b, i, x)
                x = x if (b, i) == (0, 0) else x.clip(0)
            inputs.append(x)
        return inputs

    def skip(self, x):
        padded = np.pad(x, ((0, 0), (1, 1), (1, 1)), mode="symmetric")
        return x - sum(padded[:, i : i + x.shape[1], j : j + x.shape[2]] for i in range(3) for j in range(3)) / 9

    def decode(self, b, x, skip):
        if b == 0:
            return self.conv("sdecoder", 0, 0, np.concatenate([x, skip]))
        x = doubled(self.conv("sdecoder", b, 0, x).clip(0))
        last = len(DECODER[b]) - 1
        for i in range(1, last):
            x = self.conv("sdecoder", b, i, x).clip(0)
        return self.conv("sdecoder", b, last, x + skip).clip(0)

    def __call__(self, content, style):
        inputs, styles = self.encode(content), self.encode(style)
        x = inputs[-1]
        for b in (3, 2, 1, 0):
            x = self.decode(b, zca(x, styles[b + 1]), self.skip(inputs[b]))
        return x


def doubled(x):
    """Bilinear, by half pixels: one line at a time."""
    for axis in (1, 2):
        size = x.shape[axis]
        rows = []
        for i in range(2 * size):
            place = min(max((i + 0.5) / 2 - 0.5, 0), size - 1)
            low = int(place)
            high = min(low + 1, size - 1)
            rows.append(x.take(low, axis) * (1 - place + low) + x.take(high, axis) * (place - low))
        x = np.stack(rows, axis)
    return x


def zca(x, y):
    """Both covariances plus one."""

    def parts(z, power):
        flat = z.reshape(len(z), -1)
        mean = flat.mean(1, keepdims=True)
        values, vectors = np.linalg.eigh((flat - mean) @ (flat - mean).T / flat.shape[1] + np.eye(len(z)))
        return flat - mean, mean, vectors @ np.diag(values**power) @ vectors.T

    centred, _, white = parts(x, -0.5)
    _, mean, colour = parts(y, 0.5)
    return (colour @ white @ centred + mean).reshape(x.shape)


CONTENT, PICTURE = (
    torch.rand(1, 3, *size, generator=torch.Generator().manual_seed(1)) for size in ((16, 24), (24, 16))
)


@torch.no_grad()
def test_an_imported_checkpoint_paints_as_described(model, weights):
    painting = model.train()(CONTENT, model.prepare_style(Style(image=PICTURE))).image[0]
    model.eval()
    wanted = Reference(weights)(CONTENT[0].double().numpy(), PICTURE[0].double().numpy())
    np.testing.assert_allclose(painting, wanted, atol=2e-3 * np.abs(wanted).max())
    np.testing.assert_array_equal(model.basis.relu3_1, weights["sencoder"][f"conv_aux/2{VALUE}"])


def test_has_as_many_weights_as_the_published_files(model):
    assert sum(p.numel() for p in model.parameters()) == 283_236
    assert sum(w.numel() for w in model.state_dict().values()) == 334_052


def test_damaged_checkpoints_are_named(files, weights, tmp_path):
    (tmp_path / "alone.index").write_bytes(files[0].read_bytes())
    with pytest.raises(ValueError, match=r"alone\.data-00000-of-00001 is missing"):
        import_weights([tmp_path / "alone.index"], tmp_path / "m")
    (tmp_path / "alone.data-00000-of-00001").write_bytes(b"short")
    with pytest.raises(ValueError, match="does not lie in the data"):
        import_weights([tmp_path / "alone.index"], tmp_path / "m")
    with pytest.raises(ValueError, match="it is compressed"):
        import_weights([write_checkpoint(tmp_path / "packed", weights["sdecoder"], b"\1")], tmp_path / "m")
    (tmp_path / "alone.index").write_bytes(files[0].read_bytes()[:-9])
    with pytest.raises(ValueError, match="does not end as one"):
        import_weights([tmp_path / "alone.index"], tmp_path / "m")


@torch.no_grad()
@pytest.mark.parametrize("size", [(1, 1), (50, 33)])
def test_keeps_any_size_and_strength_blends_pixels(model, size):
    image, prepared = torch.rand(1, 3, *size), model.prepare_style(Style(image=PICTURE))
    painting = model(image, prepared).image
    assert painting.shape == image.shape
    assert painting.isfinite().all()
    assert model(image, prepared, Controls(0.0)).image.equal(image)


@torch.no_grad()
def test_recorded_statistics_paint_a_part_as_the_whole(model):
    image, record, prepared = torch.rand(1, 3, 16, 320), RecordStatistics(), model.prepare_style(Style(image=PICTURE))
    whole = model(image, prepared, Controls(statistics=record)).image
    right = image[..., 128:].contiguous()
    part = model(right, prepared, Controls(statistics=ReplayStatistics(record.moments))).image
    torch.testing.assert_close(part[..., 128:], whole[..., 256:], atol=1e-4, rtol=1e-3)


def test_a_name_is_refused(model):
    with pytest.raises(ValueError, match="paints after a style picture"):
        model.prepare_style(Style(torch.zeros(1, 0)))


def test_more_channels_than_the_teachers_are_refused():
    with pytest.raises(ValueError, match="no level has more than its teacher's"):
        PCAKD(channels=(80, 20, 58, 64))


def test_eigenbases_are_orthonormal_and_keep_the_most_that_any_can():
    x = torch.randn(1, 6, 40, 40) * torch.tensor([5.0, 1, 3, 0.1, 2, 0.2]).view(6, 1, 1) + 1
    mean, covariance = mean_and_covariance(x)
    basis = eigenbasis(mean[0, :, 0], covariance[0], 3)
    torch.testing.assert_close(basis.T @ basis, torch.eye(3), atol=1e-5, rtol=0)
    kept = torch.diag(basis.T @ covariance[0] @ basis)
    torch.testing.assert_close(kept, torch.linalg.eigvalsh(covariance[0]).flip(0)[:3], atol=1e-3, rtol=1e-4)
    assert (mean[0, :, 0] @ basis >= 0).all()


def test_a_vgg_is_distilled_and_the_student_is_an_encoder_for_others(config, small_shards, tmp_path):
    teacher = VGG(LEVELS, (8, 8, 12, 12), (2, 2, 3, 3))
    torch.save({f"model.encoder.{k}": v for k, v in teacher.state_dict().items()}, tmp_path / "teacher.pth")
    options = [
        "+experiment=pca_kd", "name=thin", f"loss_network.weights={tmp_path}/teacher.pth", "+loss_network.channels=[8,8,12,12]",
        "model.teacher=[8,8,12,12]", "model.channels=[4,5,6,7]", "size=32", "data.resize=40", "data.batch_size=2", "data.batches=15",
        "data.workers=0", "data.window=10", "trainer.max_steps=15", "task.look=3", "trainer.accelerator=cpu",
        "trainer.enable_progress_bar=false", "lr=5e-3", "trainer.log_every_n_steps=1",
    ]  # fmt: skip
    trainer = train(config(*options, *small_shards))
    basis = trainer.lightning_module.model.basis.relu4_1
    torch.testing.assert_close(basis.T @ basis, torch.eye(7), atol=1e-4, rtol=0)
    with pytest.raises(SystemExit, match="the model is for a teacher with"):
        train(config(*options, *small_shards, "model.teacher=[16,16,16,16]", f"run_dir={tmp_path}/other"))
    folder = export_run(tmp_path / "run", tmp_path / "thin")
    student, own = (
        VGG(LEVELS, (4, 5, 6, 7), (2, 2, 3, 3), colour=True, normalise=False, weights=folder / "model.safetensors"),
        load_folder(folder)[0],
    )
    found, wanted = student(CONTENT), own.encoder(CONTENT)
    assert all(found[name].equal(wanted[name]) for name in LEVELS)
