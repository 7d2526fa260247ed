import pytest
import torch
from safetensors.torch import save_file

from txst.encoders.space import SMALLEST, StyleSpace


def test_names_and_pictures_become_vectors_of_unit_length():
    space = StyleSpace(width=8).eval()
    for rows in (space.text(["claude monet", "", "x" * 500]), space(torch.rand(3, 3, 24, 40))):
        assert rows.shape == (3, 8)
        torch.testing.assert_close(rows.norm(dim=-1), torch.ones(3))


def test_hyphens_and_capitals_do_not_matter_and_other_names_do():
    one, same, other = StyleSpace().text(["Claude Monet", "claude-monet", "titian"])
    assert one.equal(same)
    assert (one - other).abs().max() > 1e-3


def test_what_is_saved_is_what_is_loaded(tmp_path):
    torch.manual_seed(0)
    space = StyleSpace().train()
    space(torch.rand(4, 3, 32, 32))  # moves the running statistics
    save_file(space.state_dict(), tmp_path / "space.safetensors")
    again = StyleSpace(weights=tmp_path / "space.safetensors")
    for name, weight in space.state_dict().items():
        assert again.state_dict()[name].equal(weight), name
    assert again.norm.num_batches_tracked.dtype == torch.int64


def test_a_picture_too_small_for_the_filters_is_told():
    StyleSpace().eval()(torch.rand(1, 3, SMALLEST, SMALLEST))
    with pytest.raises(ValueError, match="40 x 23 is too small: 24 pixels"):
        StyleSpace().eval()(torch.rand(1, 3, 23, 40))
