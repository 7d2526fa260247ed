"""Distils the table of `meaning` from a sentence encoder, as Model2Vec does (https://github.com/MinishLab/model2vec).

1. The encoder reads every piece of a word as a text of its own. The main directions are kept, and frequent pieces weigh less.
2. Phrases are learnt: the sum of their pieces shall point where the encoder's embedding does.
3. The directions are stretched and turned, so that the sayings of a term come nearer to each other than to others'.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import torch
import torch.nn.functional as F
from safetensors.torch import save as as_bytes
from torch import Tensor, nn
from tqdm import trange

from txst.files.encode import write_whole
from txst.palette.meaning import SPREAD, Guess
from txst.palette.sayings import NOTHING
from txst.palette.tables import Term

T = TypeVar("T", str, list[int])

BATCH = 256  # texts that the encoder reads at once
RARE = 1e-3  # share of all words at which a piece weighs half (Arora et al., 2017, equation 3)
CALM = 0.01  # pull of the map to the identity, from which it begins
REFUSED = 0.95  # of what says nothing the share that is not taken for a style; more than the 0.9 that is promised


def plain(vocabulary: Sequence[str]) -> list[int]:
    """The numbers of the pieces of Latin letters and digits; vocabularies have the most frequent first."""
    return [at for at, piece in enumerate(vocabulary) if re.fullmatch("(##)?[a-z0-9]+", piece)]


def embeddings(embed: Callable[[list[T]], Tensor], texts: Sequence[T], what: str) -> Tensor:
    """Embeddings of texts [N, E]; those of one length are read together."""
    order = sorted(range(len(texts)), key=lambda at: len(texts[at]))
    found = [
        embed([texts[at] for at in order[begin : begin + BATCH]])
        for begin in trange(0, len(order), BATCH, desc=what, unit="batch")
    ]
    return torch.cat(found)[torch.tensor(order).argsort()]


def first_table(pieces: Tensor, directions: Tensor) -> Tensor:
    """Embeddings of pieces [V, E], the most frequent first -> [V, D], with the weights of Arora et al. by Zipf's law."""
    share = 1 / torch.arange(2.0, len(pieces) + 2)
    weight = RARE / (RARE + share / share.sum())
    table = (pieces - pieces.mean(0)) @ directions * weight[:, None]
    return table / table.norm(dim=1).mean()


def main_directions(embeddings: Tensor, count: int) -> Tensor:
    """[N, E] -> [E, D], those in which embeddings differ most."""
    apart = embeddings - embeddings.mean(0)
    return torch.linalg.eigh(apart.T @ apart).eigenvectors[:, -count:]


def read(table: Tensor, texts: Sequence[list[int]]) -> Tensor:
    """Pieces of texts -> what the texts mean, [N, D], unit length; the same as `Meaning.embed`."""
    begins = torch.tensor([0, *map(len, texts[:-1])]).cumsum(0)
    rows = torch.tensor([piece for text in texts for piece in text])
    return F.normalize(F.embedding_bag(rows, table, begins, mode="sum"), dim=1)


def learn(table: Tensor, texts: Sequence[list[int]], target: Tensor, steps: int, size: int = 1024) -> Tensor:
    """The table after it learnt texts in pieces, whose meanings [N, D] have unit length: by cosine."""
    chance = torch.Generator().manual_seed(0)
    weight = nn.Parameter(table.clone())
    optimizer = torch.optim.Adam([weight], lr=1e-2)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 1e-2, total_steps=steps, pct_start=0.1)
    for _ in trange(steps, desc="phrases", unit="step"):
        drawn = torch.randint(len(texts), (size,), generator=chance)
        loss = 1 - (read(weight, [texts[at] for at in drawn.tolist()]) * target[drawn]).sum(1).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    return weight.detach()


def turned(table: Tensor, texts: Sequence[list[int]], whose: Tensor, steps: int) -> Tensor:
    """The table by a linear map that brings sayings to their term's others: neighbourhood components analysis
    (Goldberger et al., 2004, https://papers.nips.cc/paper/2566-neighbourhood-components-analysis).

    Args:
        table: [V, D].
        texts: the sayings, in pieces.
        whose: the number of each one's term, [N].
        steps: few, or it learns the sayings by heart.
    """
    start, meant = torch.eye(table.shape[1]), read(table, texts)
    weight = nn.Parameter(start.clone())
    optimizer = torch.optim.Adam([weight], lr=3e-3)
    same = (whose[:, None] == whose).float()
    for _ in trange(steps, desc="sayings", unit="step"):
        mapped = F.normalize(meant @ weight, dim=1)
        near = (mapped @ mapped.T / SPREAD).exp() * (1 - torch.eye(len(whose)))
        right = (near * same).sum(1) / near.sum(1)
        loss = -right.clamp_min(1e-6).log().mean() + CALM * (weight - start).square().sum() / len(start)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return table @ weight.detach()


def calibrated(guesses: Callable[[str], list[Guess]], held: Mapping[str, Term]) -> dict[str, float]:
    """From which score on a guess is sure, by sayings that nothing was learnt from; and how guesses do on them.

    Args:
        guesses: text -> what it may mean, the likeliest first; see `Meaning.guesses`.
        held: saying -> what it says.

    Returns:
        `sure`: the score that `REFUSED` of what says nothing stays under. `first`: of the sayings of a style the share whose likeliest term is
        right; `taken`: that are sure; `right`: of those that are sure the share that is right.
    """
    best = {text: found[0] for text in held if (found := guesses(text))}
    nothing = sorted(guess.score for text, guess in best.items() if held[text] == NOTHING)
    sure = nothing[int(REFUSED * len(nothing))]
    styles = [(guess.score >= sure, guess.term == held[text]) for text, guess in best.items() if held[text] != NOTHING]
    taken = [right for is_sure, right in styles if is_sure]
    return {
        "sure": sure,
        "first": sum(right for _, right in styles) / len(styles),
        "taken": len(taken) / len(styles),
        "right": sum(taken) / len(taken),
    }


def save(table: Tensor, pieces: Sequence[str], sure: float, file: Path) -> None:
    """What `meaning.Meaning` reads: the table in 8 bits, with a scale for each row."""
    scale = table.abs().amax(1).clamp_min(1e-6) / 127
    tensors = {
        "table": (table / scale[:, None]).round().to(torch.int8),
        "scale": scale.half(),
        "pieces": torch.frombuffer(bytearray("\n".join(pieces).encode()), dtype=torch.uint8),
    }
    write_whole(file, as_bytes(tensors, {"sure": f"{sure:.3f}"}))
