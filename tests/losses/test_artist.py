import math

import pytest
import torch
import torch.nn.functional as F

from txst.losses.artist import ArtistContrast, artist_contrast, tell_apart

ARTIST = torch.tensor([0, 0, 1, 1, 2, 0])


def vectors(seed, count=6, width=5):
    return F.normalize(torch.randn(count, width, generator=torch.Generator().manual_seed(seed)).double(), dim=-1)


def slow(output, artist, pictures, painters, temperature):
    losses = []
    for x, a in zip(output, artist, strict=True):
        scores = [math.exp(float(x @ y) / temperature) for y in pictures]
        strangers = sum(s for s, b in zip(scores, painters, strict=True) if a != b)
        own = [s for s, b in zip(scores, painters, strict=True) if a == b]
        losses.append(sum(-math.log(s / (s + strangers)) for s in own) / len(own))
    return sum(losses) / len(losses)


def test_agrees_with_loops():
    output, pictures = vectors(0), vectors(1)
    found = artist_contrast(output, ARTIST, pictures, ARTIST, 0.2)
    assert found.item() == pytest.approx(slow(output, ARTIST, pictures, ARTIST, 0.2))


def test_is_the_cross_entropy_where_every_picture_has_its_own_artist():
    output, pictures, artist = vectors(0), vectors(1), torch.arange(6)
    expected = F.cross_entropy(output @ pictures.T / 0.1, artist)
    torch.testing.assert_close(artist_contrast(output, artist, pictures, artist, 0.1), expected)


def test_the_loss_of_a_scene_compares_its_outputs_with_its_style_pictures(make_inputs):
    inputs = make_inputs()
    expected = slow(inputs.output.embedding, inputs.artist, inputs.style.embedding, inputs.artist, 0.3)
    assert ArtistContrast(temperature=0.3)(inputs).item() == pytest.approx(expected, rel=1e-5)


def test_artists_numbers_and_the_order_of_pictures_do_not_matter():
    output, pictures = vectors(0), vectors(1)
    expected = artist_contrast(output, ARTIST, pictures, ARTIST, 0.2)
    renumbered = torch.tensor([7, 3, 900])[ARTIST]
    order = torch.tensor([5, 2, 0, 4, 1, 3])
    torch.testing.assert_close(artist_contrast(output, renumbered, pictures[order], renumbered[order], 0.2), expected)


def test_pictures_of_the_same_artist_can_change_places():
    output, pictures = vectors(0), vectors(1)
    swapped = pictures[[5, 0, 3, 2, 4, 1]]  # a cycle within artist 0, a swap within artist 1
    expected = artist_contrast(output, ARTIST, pictures, ARTIST, 0.2)
    torch.testing.assert_close(artist_contrast(output, ARTIST, swapped, ARTIST, 0.2), expected)


def test_never_pushes_an_output_from_a_picture_by_its_artist():
    similarity = vectors(0, width=6).requires_grad_()
    artist_contrast(similarity, ARTIST, torch.eye(6, dtype=torch.float64), ARTIST, 0.05).backward()
    same = ARTIST[:, None] == ARTIST
    assert (similarity.grad[same] < 0).all()
    assert (similarity.grad[~same] > 0).all()


def test_one_artist_alone_gives_zero_and_a_finite_gradient():
    output = vectors(0).requires_grad_()
    loss = artist_contrast(output, torch.zeros(6), vectors(1), torch.zeros(6), 0.07)
    loss.backward()
    assert loss == 0
    assert (output.grad == 0).all()


def test_halves_of_a_batch_that_see_all_pictures_average_to_the_whole():
    output, pictures = vectors(0), vectors(1)
    halves = [artist_contrast(output[i], ARTIST[i], pictures, ARTIST, 0.2) for i in (slice(3), slice(3, 6))]
    expected = artist_contrast(output, ARTIST, pictures, ARTIST, 0.2)
    torch.testing.assert_close(torch.stack(halves).mean(), expected)


def test_pictures_by_nobody_known_are_held_neither_together_nor_apart(make_inputs):
    """Samples 1 and 3 have no name; each has its own picture alone, and the named ones as strangers."""
    painters = torch.tensor([7, -1, 4, -1])
    output, pictures = vectors(0, 4), vectors(1, 4)
    similarity = (output @ pictures.T).requires_grad_()
    found = artist_contrast(similarity, tell_apart(painters), torch.eye(4).double(), tell_apart(painters), 0.2)
    logits = similarity / 0.2
    own = logits.diagonal()
    strangers = {0: [1, 2, 3], 1: [0, 2], 2: [0, 1, 3], 3: [0, 2]}
    expected = [logits[i, [i, *others]].logsumexp(0) - own[i] for i, others in strangers.items()]
    torch.testing.assert_close(found, torch.stack(expected).mean())
    found.backward()
    assert similarity.grad[1, 3] == similarity.grad[3, 1] == 0


def test_the_loss_of_inputs_tells_pictures_by_nobody_known_apart(make_inputs):
    inputs = make_inputs()
    inputs.artist = torch.tensor([-1, -1])
    assert ArtistContrast()(inputs) == 0, "nothing is known of them that could be learnt"
    inputs.artist = torch.tensor([3, -1])
    expected = F.cross_entropy(inputs.output.embedding @ inputs.style.embedding.T / 0.07, torch.arange(2))
    torch.testing.assert_close(ArtistContrast()(inputs), expected)
