import pytest
import torch
from hydra.utils import instantiate
from small import brush, write_critic

from txst.encoders.bank import FilterBank
from txst.inference.palette import make_palette, recognition
from txst.metrics.artist import Critic


@pytest.fixture
def model(config):
    made = brush(config)
    made.transfer.needs_picture = False
    return made


@pytest.fixture
def shards(small_shards):
    """Of styles and of photos."""
    return [shard.partition("=")[2] for shard in small_shards[:2]]


def filled(made, tensors):
    palette = instantiate(made)
    palette.load_state_dict(tensors)
    return palette


@pytest.mark.parametrize("words", [0, 2])
def test_a_palette_holds_the_training_pictures_under_their_names(model, shards, words):
    made, tensors, found = make_palette(model, shards[0], words, None, shards[1])
    palette = filled(made, tensors)
    assert len(palette.codes) == made["entries"] > len(made["names"]) > 1
    torch.testing.assert_close(palette.codes.norm(dim=1), torch.ones(made["entries"]))
    assert palette.text(made["names"][:2]).shape == (2, 16)
    assert bool(found) == bool(words)


def test_of_an_artists_codes_it_prefers_those_that_a_critic_recognises(model, shards, tmp_path):
    made, tensors, _ = make_palette(model, shards[0], 0, None, shards[1])
    known = made["names"][:2]
    eye = FilterBank(["bank2"])
    critic = Critic(eye, write_critic(tmp_path / "critic", 62, known, (0, 1), eye))
    plain = filled(made, tensors)
    chosen = filled(*make_palette(model, shards[0], 0, critic, shards[1])[:2])
    sure = recognition(model, critic, chosen, shards[1])
    gained = chosen.merit - plain.merit
    for number, name in enumerate(made["names"]):
        mine = chosen.name == number
        if name in known:
            assert gained[mine].argsort().equal(sure[mine].argsort())
        else:
            assert sure[mine].isnan().all()
            assert not gained[mine].any()
    with pytest.raises(ValueError, match="was trained on"):
        Critic(FilterBank(["bank4"]).requires_grad_(False), write_critic(tmp_path / "other", 62))
