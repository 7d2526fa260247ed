import pytest
import torch
from safetensors.torch import save_file

from txst.encoders.bank import FilterBank
from txst.encoders.cast import StyleProjector


def projector(**options):
    return StyleProjector(FilterBank(), code=8, hidden=[16], **options)


def test_pictures_become_vectors_of_unit_length_of_a_code_for_each_layer():
    embedder = projector()
    rows, codes = embedder(torch.rand(3, 3, 24, 40)), embedder.codes(torch.rand(3, 3, 24, 40))
    assert rows.shape == (3, embedder.width)
    assert codes.shape == (3, len(FilterBank().widths), 8)
    torch.testing.assert_close(rows.norm(dim=-1), torch.ones(3))
    torch.testing.assert_close(codes.norm(dim=-1), torch.ones(codes.shape[:2]))


def test_what_is_saved_is_what_is_loaded(tmp_path):
    embedder = projector()
    save_file(embedder.state_dict(), tmp_path / "embedder.safetensors")
    picture = torch.rand(1, 3, 32, 32)
    assert projector(weights=tmp_path / "embedder.safetensors")(picture).equal(embedder(picture))


def test_the_network_under_it_is_not_trained():
    trained = {name.split(".")[0] for name, p in projector().named_parameters() if p.requires_grad}
    assert trained == {"projectors"}


def test_words_and_tiny_pictures_are_refused_with_what_can_be_done():
    with pytest.raises(ValueError, match=r"reads no words such as 'titian': give a style picture"):
        projector().text(["titian"])
    with pytest.raises(ValueError, match="40 x 23 is too small: 24 pixels"):
        projector()(torch.rand(1, 3, 23, 40))
