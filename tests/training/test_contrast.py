"""CAST's style embedder, learnt from crops."""

from math import exp, log

import pytest
import torch
import torch.nn.functional as F
from PIL import Image
from safetensors.torch import load_file, save_file

from txst.data.layouts import find
from txst.data.shards import make_shards
from txst.encoders.bank import FilterBank
from txst.encoders.cast import StyleProjector
from txst.export.run import export_run
from txst.inference.stylist import Stylist
from txst.synthetic.dataset import draw
from txst.training.contrast import ContrastTraining, contrast, random_crop
from txst.training.run import train

BANK = {"_target_": "txst.encoders.bank.FilterBank"}


def test_is_the_cross_entropy_by_loops():
    one, other, memory = (F.normalize(torch.randn(*shape), dim=-1) for shape in ((2, 3, 4), (2, 3, 4), (3, 5, 4)))
    for layer in range(3):
        expected = 0.0
        for at in range(2):
            own = exp(sum(one[at, layer, c] * other[at, layer, c] for c in range(4)) / 0.5)
            others = [exp(sum(one[at, layer, c] * memory[layer, m, c] for c in range(4)) / 0.5) for m in range(5)]
            expected -= log(own / (own + sum(others))) / 2
        assert contrast(one, other, memory, 0.5)[layer].item() == pytest.approx(expected, rel=1e-4)


def test_the_memory_keeps_the_latest():
    task = ContrastTraining(StyleProjector(FilterBank(), code=2, hidden=[4]), torch.optim.Adam, memory=5)
    codes = torch.arange(7.0).view(7, 1, 1).expand(7, len(task.model.projectors), 2)
    for part in (codes[:3], codes[3:6], codes[6:]):
        task.remember(part)
    assert task.memory[0, :, 0].tolist() == [5, 6, 2, 3, 4]
    assert {"memory", "at"} <= task.state_dict().keys()


def test_a_crop_is_a_part_in_the_size_of_the_whole():
    slope = torch.linspace(0, 1, 64).expand(2, 3, 48, 64)
    crops = [random_crop(slope) for _ in range(20)]
    assert all(crop.shape == slope.shape for crop in crops)
    spans = [(crop[..., -1] - crop[..., 0]).mean().item() for crop in crops]
    assert 0.5 < min(spans) < max(spans) <= 1
    assert max(spans) - min(spans) > 0.05


@pytest.mark.slow
def test_it_learns_which_halves_belong_together(config, tmp_path):
    pytest.importorskip("skimage")
    draw(tmp_path, paintings=6, size=64, crops=8)
    make_shards(find("wikiart", tmp_path / "wikiart"), tmp_path / "shards", test=0.3)
    data = [f"data.style={tmp_path}/shards", "size=64", "data.resize=64", "data.batches=30", "data.val_batches=2"]
    quiet = ["trainer.accelerator=cpu", "trainer.enable_progress_bar=false", "data.workers=0", "lr=2e-3"]
    cfg = config("+experiment=cast", "task.memory=64", *data, *quiet, "trainer.max_steps=30")
    cfg.clip.feature_extractor = BANK
    assert train(cfg).callback_metrics["val/found"] > 3 / 16, "chance is 1 in 16"
    assert load_file(tmp_path / "run/embedder.safetensors")


def test_a_model_is_conditioned_on_it_and_reads_no_words(tiny, tmp_path):
    save_file(StyleProjector(FilterBank()).state_dict(), tmp_path / "embedder.safetensors")
    small = ["encoder=pyramid", "transfer=txst", "loss_network=bank", "loss=[content,gram,artist]"]
    cfg = tiny(*small, "clip=cast", f"clip.weights={tmp_path}/embedder.safetensors")
    cfg.clip.feature_extractor = BANK
    assert "val/picture/gram" in train(cfg).callback_metrics
    stylist = Stylist.from_pretrained(export_run(tmp_path / "run", tmp_path / "model"), "cpu")
    photo, one, two = (Image.effect_noise((48, 40), spread).convert("RGB") for spread in (40, 80, 120))
    assert stylist(photo, style_image=one).tobytes() != stylist(photo, style_image=two).tobytes()
    with pytest.raises(ValueError, match="reads no words such as 'titian'"):
        stylist(photo, "titian")
