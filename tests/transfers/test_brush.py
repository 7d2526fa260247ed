import torch

from txst.transfers.brush import Brush, Usual


def test_numbers_come_out_in_units_of_their_spread():
    torch.manual_seed(0)
    usual = Usual(3)
    far, wide = torch.tensor([5.0, -2, 0]), torch.tensor([0.1, 3, 1])
    for _ in range(400):
        usual(far + wide * torch.randn(8, 3))
    seen = usual.eval()(far + wide * torch.randn(4000, 3))
    torch.testing.assert_close(seen.mean(0), torch.zeros(3), atol=0.15, rtol=0)
    torch.testing.assert_close(seen.std(0), torch.ones(3), atol=0.1, rtol=0)


def test_one_number_does_not_depend_on_the_rest_of_the_batch():
    usual, x = Usual(3).eval(), torch.randn(4, 3)
    torch.testing.assert_close(usual(x)[:1], usual(x[:1]))


def test_codes_differ_from_the_start():
    torch.manual_seed(0)
    brush = Brush({"scale1": 8, "scale2": 16}, style_width=32, blocks=1, heads=2)
    pictures = [
        {"scale1": torch.rand(6, 8, 8, 8) * torch.rand(6, 8, 1, 1), "scale2": torch.rand(6, 16, 4, 4)}
        for _ in range(50)
    ]
    for features in pictures:
        brush.code(features)
    codes = brush.eval().code(pictures[0])
    torch.testing.assert_close(codes.norm(dim=1), torch.ones(6))
    assert (codes @ codes.T).fill_diagonal_(0).max() < 0.9
