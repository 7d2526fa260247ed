"""Two processes with half of a batch each learn what one learns of the whole."""

import socket
from functools import partial

import pytest
import torch
import torch.distributed as dist
import torch.nn.functional as F
from torch import nn

from txst.layers.distributed import mean_of_ranks, of_all_ranks
from txst.losses.artist import ArtistContrast
from txst.losses.nt_xent import NTXent
from txst.transfers.conditional_norm import RunningStandardize
from txst.types import LossInputs, View

ARTIST = torch.tensor([0, 1, -1, 2, -1, 1])  # the third and the fifth are by nobody known
LOSSES = {"artist": ArtistContrast(0.2), "nt_xent": NTXent(0.5)}


def data():
    draw = torch.Generator().manual_seed(0)
    inputs, pictures = torch.randn(2, 6, 5, generator=draw, dtype=torch.float64)
    return inputs, F.normalize(pictures, dim=-1)


def trained(loss, rows):
    """The loss of some rows and its gradient to the weights of a layer, of what it makes and of how it sees pictures."""
    inputs, pictures = data()
    layer = nn.Linear(5, 5, bias=False).double()
    layer.weight.data.copy_(torch.eye(5) + 0.1)
    output = F.normalize(layer(inputs[rows]), dim=-1)
    seen = F.normalize(layer(pictures[rows]), dim=-1) if isinstance(loss, NTXent) else pictures[rows]
    value = loss(inputs_of(seen, output, ARTIST[rows]))
    value.backward()
    return value.detach(), layer.weight.grad


def inputs_of(pictures, output, artist):
    views = [View(torch.empty(0), embed=lambda _, x=x: x) for x in (pictures, pictures, output)]
    return LossInputs(*views, artist)


def on_a_rank(rank, port, folder):
    dist.init_process_group("gloo", init_method=f"tcp://127.0.0.1:{port}", rank=rank, world_size=2)
    rows = slice(3 * rank, 3 * rank + 3)
    found = {name: [mean_of_ranks(x) for x in trained(loss, rows)] for name, loss in LOSSES.items()}
    usual = RunningStandardize(5).double()
    for batch in data():
        usual(batch[rows])
    found["usual"] = list(usual.state_dict().values())
    found["rows"] = [of_all_ranks(ARTIST[rows])]
    torch.save(found, folder / f"{rank}.pt")
    dist.destroy_process_group()


@pytest.fixture(scope="module")
def ranks(tmp_path_factory):
    """What each of two processes found."""
    folder = tmp_path_factory.mktemp("ranks")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    torch.multiprocessing.spawn(partial(on_a_rank, port=port, folder=folder), nprocs=2)
    return [torch.load(folder / f"{rank}.pt") for rank in range(2)]


@pytest.mark.parametrize("name", LOSSES)
def test_a_contrast_of_two_ranks_is_that_of_one_with_the_joined_batch(ranks, name):
    value, gradient = trained(LOSSES[name], slice(6))
    for found in ranks:
        torch.testing.assert_close(found[name], [value, gradient], rtol=1e-10, atol=1e-12)


def test_averages_in_the_network_are_those_of_the_joined_batches_on_every_rank(ranks):
    usual = RunningStandardize(5).double()
    for batch in data():
        usual(batch)
    for found in ranks:
        torch.testing.assert_close(found["usual"], list(usual.state_dict().values()), rtol=1e-10, atol=1e-12)


def test_rows_are_gathered_in_the_order_of_ranks(ranks):
    assert all(found["rows"][0].equal(ARTIST) for found in ranks)


def test_alone_nothing_is_gathered():
    assert of_all_ranks(ARTIST) is ARTIST
    assert mean_of_ranks(ARTIST) is ARTIST
