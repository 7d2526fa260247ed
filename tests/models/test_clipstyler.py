"""CLIPstyler as conf/clipstyler.yaml has it: its loss against a slow one, its schedule, and a descent that is stopped and goes on."""

import numpy as np
import pytest
import torch
import yaml
from by_formula import array, fill, numbers
from drawn import drawn
from hydra import compose, initialize_config_dir
from hydra.utils import instantiate
from small import CONF
from tiny_clip import write_clip

from txst.canvases.optimise import Descent, optimise
from txst.canvases.pixels import Pixels
from txst.export.run import export_method
from txst.model_folder.folder import build, load_folder
from txst.types import Style, View

SIZE, PATCHES = 20, 6  # of crops
THRESHOLD = 1.45  # between those that this tiny CLIP gives
TINY = [
    "clip.templates=art", "loss_network.weights=null", "+loss_network.channels=[2,2,2,4,4]", "task.canvas.width=2",
    f"loss.terms.clip_patch.size={SIZE}", f"loss.terms.clip_patch.patches={PATCHES}",
]  # fmt: skip


@pytest.fixture(scope="module")
def clip_folder(tmp_path_factory):
    pytest.importorskip("open_clip")
    return write_clip(tmp_path_factory.mktemp("clip"))


@pytest.fixture
def config(clip_folder):
    def at(*overrides):
        with initialize_config_dir(str(CONF), version_base="1.3"):
            return compose("clipstyler", [*TINY, f"clip.name=local-dir:{clip_folder}", *overrides])

    return at


def model_of(cfg):
    from omegaconf import OmegaConf

    return build(OmegaConf.to_container(cfg.model, resolve=True))


def slow_crops(image):
    """What `perspective_crops` draws, one pixel at a time: [patches, 3, size, size] of [3, H, W]."""
    moves = torch.rand(PATCHES, 4, 2).double().numpy()
    height, width = image.shape[1:]
    lefts, tops = (torch.randint(side - SIZE + 1, (PATCHES, 1)) for side in (width, height))
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]])
    crops = np.zeros((PATCHES, 3, SIZE, SIZE))
    for n in range(PATCHES):
        rows, right = [], []
        for (x, y), (u, v) in zip(corners * (1 - 0.5 * moves[n]), corners, strict=True):
            rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
            right += [u, v]
        a = np.append(np.linalg.solve(np.array(rows), np.array(right)), 1).reshape(3, 3)
        for i in range(SIZE):
            for j in range(SIZE):
                u, v, w = a @ [(2 * j + 1) / SIZE - 1, (2 * i + 1) / SIZE - 1, 1]
                if max(abs(u / w), abs(v / w)) <= 1:
                    x = int(lefts[n]) + (u / w + 1) * SIZE / 2 - 0.5
                    y = int(tops[n]) + (v / w + 1) * SIZE / 2 - 0.5
                    crops[n, :, i, j] = between_pixels(image, x, y)
    return torch.from_numpy(crops).float()


def between_pixels(image, x, y):
    """Of [3, H, W], on zeros."""
    left, top = int(np.floor(x)), int(np.floor(y))
    total = np.zeros(3)
    for i in (top, top + 1):
        for j in (left, left + 1):
            if 0 <= i < image.shape[1] and 0 <= j < image.shape[2]:
                total += (1 - abs(y - i)) * (1 - abs(x - j)) * image[:, i, j]
    return total


def unit(x):
    return x / (x**2).sum() ** 0.5


def slow_loss(model, content, output, text):
    """The sheet of CLIPstyler, in its own weights."""
    see = lambda x: array(model.embedder(x)[0])  # noqa: E731
    start = see(content)
    towards = unit(array(text[0]) - array(model.embedder.text(["a photo"])[0]))
    whole = 1 - unit(see(output) - start) @ towards
    crops = [1 - unit(see(crop[None]) - start) @ towards for crop in slow_crops(array(output[0]))]
    patches = sum(d if d >= THRESHOLD else 0 for d in crops) / PATCHES
    seen = [model.loss_network(x) for x in (content, output)]
    kept = sum(((array(seen[0][k]) - array(seen[1][k])) ** 2).mean() for k in ("relu4_2", "relu5_2"))
    y = array(output[0])
    steps = (y[:, :, 1:] - y[:, :, :-1], y[:, 1:] - y[:, :-1])
    steps += (y[:, 1:, 1:] - y[:, :-1, :-1], y[:, 1:, :-1] - y[:, :-1, 1:])
    rough = sum((step**2).sum() ** 0.5 for step in steps)
    return 9000 * patches + 500 * whole + 150 * kept + 2e-3 * rough, crops


def test_the_loss_is_that_of_the_sheet_crop_by_crop(config):
    assert config().loss.terms.clip_patch.threshold == 0.7
    model = model_of(config(f"loss.terms.clip_patch.threshold={THRESHOLD}"))
    fill(model.loss_network, size=2.0)
    content, output = (0.5 + 0.3 * numbers(1, 3, 40, 56, phase=p) for p in (0.0, 1.0))
    text = model.embedder.text(["a sketch with black pencil"])
    loss = model.loss_of(content, model.prepare_style(Style(text)))
    torch.manual_seed(3)
    expected, crops = slow_loss(model, content, output, text)
    torch.manual_seed(3)
    assert loss(View(output)).item() == pytest.approx(expected, rel=2e-4)
    assert min(crops) < THRESHOLD < max(crops)


def test_the_rate_is_halved_at_the_99th_and_199th_of_201_steps(config):
    task = config().task
    assert (task.steps, task.rate, task.canvas._target_) == (201, 5e-4, "txst.canvases.unet.UNet")
    canvas, rates = Pixels().begin(torch.rand(1, 3, 2, 2)), []

    def watch(descent):
        rates.append(descent.optimizer.param_groups[0]["lr"])  # of the next step
        return False

    optimise(
        canvas, lambda v: v.image.sum(), lambda p: torch.optim.Adam(p, task.rate), 201, halve=task.halve, watch=watch
    )
    rates = [task.rate, *rates[:-1]]
    assert rates == [5e-4] * 99 + [2.5e-4] * 100 + [1.25e-4] * 2


def test_a_descent_that_was_stopped_goes_on_to_the_same_picture(config, tmp_path):
    model, clip = load_folder(export_method(config("task.steps=6", "task.halve=[2,4]"), tmp_path / "model"))
    assert model.embedder is clip, "a CLIP is in memory once"
    image, prepared = torch.rand(1, 3, 32, 40), model.prepare_style(Style(clip.text(["watercolour"])))
    whole, seen = model(image, prepared).image, []

    def stop(descent):
        seen.append(descent.picture())
        if descent.step == 3:
            torch.save(descent.state(), tmp_path / "state")
        return descent.step == 3

    model.watch = stop
    torch.testing.assert_close(model(image, prepared).image, seen[-1])  # the best so far is kept
    assert len(seen) == 3
    model.watch, model.state = None, torch.load(tmp_path / "state", weights_only=True)
    assert model(image, prepared).image.equal(whole)
    assert model.state is None  # the next picture begins anew
    assert model(image, prepared).image.equal(whole)


def test_looking_at_the_best_leaves_a_descent_where_it_is():
    canvas = Pixels().begin(torch.rand(1, 3, 4, 4))
    descent = Descent(
        canvas, lambda v: (v.image - 0.5).square().mean(), lambda p: torch.optim.SGD(p, 60.0), (), "trying"
    )
    for _ in range(3):
        descent.take_step()
    now = canvas().image.clone()
    assert not descent.picture().equal(now)
    assert canvas().image.equal(now)


def test_the_published_contrast_is_there_only_when_it_is_asked_for(config):
    image = 0.4 + 0.2 * torch.rand(1, 3, 32, 40)
    found = {}
    for asked in (False, True):
        model = model_of(config("task.steps=1", f"task.as_published={asked}"))
        fill(model.loss_network)
        found[asked] = model(image, model.prepare_style(Style(model.embedder.text(["watercolour"])))).image
    assert (found[True].amin(), found[True].amax()) == (0, 1)
    assert 0 < found[False].amin() < found[False].amax() < 1


def test_it_stands_on_a_board_and_is_told_the_name(clip_folder, tmp_path):
    node = yaml.safe_load((CONF / "methods/clipstyler.yaml").read_text())["clipstyler"]
    given = [*TINY, f"clip.name=local-dir:{clip_folder}", "task.steps=4", "task.rate=0.01"]
    with initialize_config_dir(str(CONF), version_base="1.3"):
        method = instantiate({**node, "overrides": given, "folder": str(tmp_path / "method"), "device": "cpu"})
    assert method.driven_by == "name"
    photo, painting = drawn(1), drawn(2)
    made = method(photo, painting, "titian")
    assert made.size == photo.size
    assert made.tobytes() != method(photo, painting, "claude monet").tobytes()
