import json

import torch

from txst.data.samples import sha256
from txst.data.sources import every_sample
from txst.evaluation.known_cases import known_cases, spoil
from txst.layers.artist_classifier import FACTS


def test_what_is_made_of_the_photos_is_what_its_name_says():
    content, style = torch.rand(2, 3, 32, 32), 0.4 + 0.2 * torch.rand(2, 3, 24, 24)
    made = spoil(content, style, lambda photo, painting: photo + painting.mean())
    torch.testing.assert_close(made["painted"], content + style.mean())
    for statistic in (torch.mean, torch.std):
        found, wanted = (statistic(x, dim=(2, 3)) for x in (made["recoloured"], style))
        torch.testing.assert_close(found, wanted, atol=2e-3, rtol=0)
    assert made["untouched"] is content
    assert made["blurred"].std() < content.std() / 3
    assert 0.05 < (made["noisy"] - content).abs().mean() < 0.15
    assert made["noise"].shape == content.shape


def test_both_paintings_are_works_that_the_classifier_never_saw(small_shards, model_folder, tmp_path):
    paintings, photos = (argument.split("=")[1] for argument in small_shards)
    artists = [s for s in every_sample(paintings) if s["artist"] in ("artist 0", "artist 1")]
    (tmp_path / FACTS).write_text(json.dumps({"held_out": [sha256(s) for s in artists]}))
    cases = known_cases(paintings, photos, tmp_path, model_folder, count=3, size=32)
    assert {"real", "painted", "recoloured", "untouched", "noise", "blurred"} <= set(cases)
    for painted in cases.values():
        assert painted.output.shape == painted.content.shape == painted.style.shape == (3, 3, 32, 32)
        assert painted.artist == ["artist 0", "artist 1", "artist 0"]
        assert 0 <= painted.output.min() <= painted.output.max() <= 1
    assert not torch.equal(cases["real"].output, cases["real"].style)
