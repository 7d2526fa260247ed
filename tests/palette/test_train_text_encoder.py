import pytest
import torch
import torch.nn.functional as F

from txst.palette.looks import LOOKS
from txst.palette.module import Palette
from txst.palette.text_encoder import TextEncoder
from txst.palette.train_text_encoder import PaletteDataset, contrast, retrieval, train_words

NAMES = ["albrecht durer", "claude monet", "edvard munch", "titian", "vincent van gogh", "wassily kandinsky"]
SEEN = ["dark", "bright", "blue"]


@pytest.fixture
def dataset():
    """Codes in which each artist and each look has a direction of its own."""
    torch.manual_seed(0)
    ways = torch.linalg.qr(torch.randn(16, 16)).Q
    codes, facts, split = [], [], []
    for n in range(180):
        looks = {i for i in range(3) if torch.rand(()) < 0.4}
        code = ways[n % 6] + sum((ways[6 + i] for i in looks), torch.zeros(16))
        codes.append(F.normalize(code + 0.1 * torch.randn(3, 16), dim=-1))
        facts.append({("artist", NAMES[n % 6]), *(("look", SEEN[i]) for i in looks)})
        split.append("test" if n < 36 else "train")
    return PaletteDataset(torch.stack(codes), facts, split, torch.ones(180), [""] * 180)


@pytest.fixture
def palette(dataset):
    rows = dataset.rows("train")
    made = Palette(16, len(rows), NAMES, [], words=TextEncoder(width=16, hidden=32, layers=1))
    made.codes = dataset.codes[rows, 0].clone()
    made.name = torch.tensor([i % 6 for i in rows])
    return made


def test_texts_and_pictures_find_each_other_after_training_and_not_before(dataset, palette):
    before = retrieval(palette.eval(), dataset)
    after = train_words(palette, dataset, steps=120, batch=48)
    assert before["picture to artist"] < 0.5
    assert after["picture to artist"] > 0.8
    assert after["text to picture"] > 0.8
    assert after["look"] == 1

    def have(prompt, look):
        """Whether the painting that a prompt picks has the look."""
        rows = dataset.rows("train")
        chosen = int((palette.codes @ palette.text([prompt])[0]).argmax())
        return ("look", look) in dataset.facts[rows[chosen]]

    for look in SEEN:
        assert have(f"a {LOOKS[look][0]} picture", look)
        assert have(f"claude monet, {LOOKS[look][0]}", look)
    with pytest.raises(ValueError, match="knows no style"):
        palette.text(["neon cyberpunk"])


def test_the_contrast_is_least_where_all_that_fits_is_near():
    fits = torch.tensor([[True, True, False], [False, True, False], [False, False, True]])
    right, wrong = 20.0 * fits, 20.0 * ~fits
    assert contrast(right, fits) == pytest.approx(torch.tensor(2.0).log().item() / 3, abs=1e-4)
    assert contrast(wrong, fits) > 10
