"""A texture of levels, and what is seen of it: closed forms."""

from functools import partial

import pytest
import torch

from txst.canvases.optimise import optimise
from txst.canvases.texture import Texture, on_screen, pulled_where


def identity(height, width, rays=1):
    """Rays that meet each texel of a texture of that size, [1, rays height, rays width, 2]."""
    y, x = (2 * (torch.arange(n * rays) + 0.5) / (n * rays) - 1 for n in (height, width))
    return torch.stack(torch.meshgrid(x, y, indexing="xy"), -1)[None]


def test_levels_add_up_and_begin_as_the_content():
    content = torch.rand(1, 3, 32, 32)
    canvas = Texture(levels=3).begin(content)
    torch.testing.assert_close(canvas().image, content)
    assert [len(level[0, 0]) for level in canvas.details] == [32, 16, 8, 4]
    with torch.no_grad():
        for level, value in zip(canvas.details, (0.1, -0.2, 0.3, 0.4), strict=True):
            level.fill_(value)
    torch.testing.assert_close(canvas().image, torch.full((1, 3, 32, 32), 0.6))
    with pytest.raises(ValueError, match="levels=-1"):
        Texture(-1)


def test_each_level_is_held_by_itself_and_pulled_back_where_a_loss_asks_for_it():
    canvas = Texture(levels=1).begin(torch.full((1, 3, 8, 8), 0.5))
    with torch.no_grad():
        canvas.details[0].fill_(-7.0)  # a detail is at most the difference of white and black
        canvas.details[1].fill_(9.0)  # and what is left is a picture
    torch.testing.assert_close(canvas().image, torch.zeros(1, 3, 8, 8))
    with torch.no_grad():
        canvas.details[0].fill_(-0.25)
    torch.testing.assert_close(canvas().image, torch.full((1, 3, 8, 8), 0.75))  # as if the other were 1
    canvas().image.sum().backward()
    assert all((level.grad > 0).all() for level in canvas.details)


@pytest.mark.parametrize("rays", [1, 2])
def test_a_screen_shows_the_texture_where_rays_meet_it_and_the_ground_elsewhere(rays):
    texture = torch.arange(2.0 * 3 * 8 * 8).reshape(2, 3, 8, 8)[:1] / 192
    cover, ground = torch.ones(1, 1, 8 * rays, 8 * rays), torch.full((1, 3, 8, 8), 0.9)
    cover[..., : 3 * rays] = 0
    seen = on_screen(texture, identity(8, 8, rays), cover, ground)
    torch.testing.assert_close(seen[..., 4:7], texture[..., 4:7], atol=0.02 * (rays > 1) + 1e-6, rtol=0)
    assert (seen[..., :3] == 0.9).all()


def test_a_pixel_that_is_half_covered_shows_half_of_each():
    cover = torch.tensor([[1.0, 0.0], [1.0, 0.0]])[None, None]
    seen = on_screen(torch.ones(1, 3, 4, 4), torch.zeros(1, 2, 2, 2), cover, torch.zeros(1, 3, 1, 1))
    assert seen.flatten().tolist() == [0.5] * 3


def test_gradients_reach_the_texels_that_are_seen_and_count_and_no_others():
    texture = torch.rand(1, 3, 8, 8, requires_grad=True)
    uv = identity(8, 8)[:, 2:5, 3:7]  # rays to rows 2 to 4, columns 3 to 6
    mask = torch.ones(1, 1, 3, 4)
    mask[..., -1] = 0
    image = on_screen(texture, uv, torch.ones(1, 1, 3, 4), torch.zeros(1, 3, 3, 4))
    assert pulled_where(image, mask).equal(image)
    pulled_where(image, mask).sum().backward()
    expected = torch.zeros(1, 3, 8, 8)
    expected[..., 2:5, 3:6] = 1
    torch.testing.assert_close(texture.grad, expected, atol=1e-5, rtol=0)


def test_a_texture_that_is_right_already_stays_and_another_becomes_right_where_it_is_seen():
    content, uv = torch.rand(1, 3, 16, 16), identity(16, 16)[:, :8]  # the upper half
    screen = partial(on_screen, uv=uv, cover=torch.ones(1, 1, 8, 16), ground=torch.zeros(1, 3, 8, 16))
    wanted = screen(Texture(levels=2).begin(content)().image).detach()  # as the sum of levels is rounded

    def loss(view):
        return (screen(view.image) - wanted).square().mean()

    adam = partial(torch.optim.Adam, lr=0.02)
    right, wrong = (Texture(levels=2).begin(x) for x in (content, torch.full_like(content, 0.5)))
    before = right().image.detach()
    assert optimise(right, loss, adam, 5, noisy=True) == 0
    assert right().image.equal(before)
    optimise(wrong, loss, adam, 150, noisy=True)
    assert (wrong().image - content)[..., :7, :].abs().max() < 0.02


def test_where_losses_are_of_other_places_each_time_the_last_step_counts():
    canvas, count = Texture(levels=0).begin(torch.zeros(1, 3, 2, 2)), iter(range(9))
    noise = (0.0, 5.0, 6.0, 7.0)

    def loss(view):
        return noise[next(count)] - view.image.mean()

    optimise(canvas, loss, partial(torch.optim.SGD, lr=1.2), steps=3, noisy=True)
    assert canvas().image.flatten().tolist() == pytest.approx([0.3] * 12)
