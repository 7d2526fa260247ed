"""Trains the text tower of `meaning`: what means the like, from a sentence encoder; what is said of a style; and how its pictures look."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from safetensors.torch import save_file
from torch import Tensor, nn
from tqdm import tqdm

from txst.palette.lookup import Palette
from txst.palette.meaning import features
from txst.palette.phrases import KINDS, NOTHING, Phrase
from txst.palette.tables import Term, tables

BLOCK, BATCH = 8192, 256  # texts between two savings of what the teacher said, and those that it reads at once
MEANING, PICTURES = 2.0, 0.3  # weights of two losses beside the one of terms
RIGHT, REFUSED = (
    0.75,
    0.9,
)  # shares that the threshold brings: right ones of what is taken, and of what says nothing what is refused


class Tower(nn.Module):
    """Text -> meaning: the mean of hashed embeddings, and a layer (Iyyer et al., 2015, https://aclanthology.org/P15-1162).

    Args:
        terms: that are told apart, the last one nothing.
        rows: of the table of embeddings.
        width: of an embedding.
        hidden: D of a meaning.
        teacher: width of the sentence encoder's embeddings, cut to their main directions.
        codes: width of the codes of pictures.
    """

    def __init__(self, terms: int, rows: int, width: int, hidden: int, teacher: int, codes: int) -> None:
        super().__init__()
        self.rows = rows
        self.table = nn.EmbeddingBag(rows, width, mode="sum")
        self.layer, self.terms = nn.Linear(width, hidden), nn.Linear(hidden, terms)
        self.teacher, self.code = nn.Linear(hidden, teacher), nn.Linear(hidden, codes)  # in training alone
        nn.init.normal_(self.table.weight, std=0.3)

    def forward(self, rows: Tensor, weights: Tensor, begins: Tensor) -> Tensor:
        """Rows of the table and their weights [n], and where each text begins [B] -> meanings [B, D]."""
        return self.layer(self.table(rows, begins, per_sample_weights=weights)).relu()


@dataclass
class Lessons:
    """What the tower learns, of N texts."""

    texts: list[str]
    meaning: Tensor  # [N, E], unit length
    terms: Tensor  # [N, K + 1], 1 in all, or 0 where nothing is said of it
    codes: Tensor  # [N, C], unit length, or 0


def taught(texts: Sequence[str], encoder: Callable[[Sequence[str]], Tensor], kept: Path) -> Tensor:
    """What the teacher makes of texts, [N, 384]; kept in a file, so that none is read twice.

    Args:
        texts: different ones.
        encoder: the teacher.
        kept: a .npz file of texts, these or others.
    """
    known: dict[str, NDArray[np.float16]] = {}
    if kept.is_file():
        with np.load(kept) as file:
            known = dict(zip(file["texts"].tolist(), file["meaning"], strict=True))
    lacking = sorted((text for text in texts if text not in known), key=len)  # those of one length go together
    for begin in tqdm(range(0, len(lacking), BLOCK), desc="teacher", unit="block"):
        for at in range(begin, min(begin + BLOCK, len(lacking)), BATCH):
            some = lacking[at : min(at + BATCH, begin + BLOCK)]
            known |= zip(some, encoder(some).half().numpy(), strict=True)
        np.savez(kept, texts=np.array(list(known)), meaning=np.stack(list(known.values())))
    return torch.from_numpy(np.stack([known[text] for text in texts])).float()


def lessons(
    texts: list[str], meanings: Tensor, phrases: Sequence[Phrase], palette: Palette, directions: int
) -> Lessons:
    """What a tower learns of phrases, and then of words of which their meaning alone is known.

    Args:
        texts: of the phrases, then the words.
        meanings: [N, E], what the teacher makes of them.
        phrases: with the terms that they speak of.
        palette: whose codes tell how pictures look.
        directions: of the teacher's that are learnt.
    """
    every = [*phrases, *(Phrase(word) for word in texts[len(phrases) :])]
    return Lessons(
        texts, main_directions(meanings, directions), targets(every, known_terms()), looks_of(every, palette)
    )


def tower_for(learnt: Lessons, rows: int, width: int, hidden: int) -> Tower:
    """A new tower for some lessons."""
    torch.manual_seed(0)
    counts = (part.shape[1] for part in (learnt.terms, learnt.meaning, learnt.codes))
    terms, teacher, codes = counts
    return Tower(terms, rows, width, hidden, teacher, codes)


def main_directions(meaning: Tensor, count: int) -> Tensor:
    """Embeddings [N, E] less their mean, in their main directions [N, count], unit length."""
    apart = meaning - meaning.mean(0)
    _, directions = torch.linalg.eigh(apart.T @ apart)
    return F.normalize(apart @ directions[:, -count:], dim=1)


def known_terms() -> list[Term]:
    """The terms that the tower tells apart, nothing last."""
    return [*dict.fromkeys(entry.term for entry in tables() if entry.term.kind in KINDS), NOTHING]


def targets(phrases: Sequence[Phrase], terms: Sequence[Term]) -> Tensor:
    """Share of each term in each phrase, [N, K + 1]; a painter speaks of a movement."""
    movement = {entry.term: Term("movement", entry.movement) for entry in tables() if entry.term.kind == "artist"}
    number = {term: at for at, term in enumerate(terms)}
    found = torch.zeros(len(phrases), len(terms))
    for row, phrase in zip(found, phrases, strict=True):
        for term in phrase.terms:
            if (at := number.get(movement.get(term, term))) is not None:
                row[at] += 1
    return found / found.sum(1, keepdim=True).clamp_min(1)


def looks_of(phrases: Sequence[Phrase], palette: Palette) -> Tensor:
    """Mean code of the pictures that a phrase speaks of, less what is common to all, [N, C], unit length; 0 where there are none."""
    common, lexicon = torch.from_numpy(palette.codes).mean(0), palette.lexicon
    codes: dict[Term, Tensor] = {}
    for phrase in phrases:
        for term in set(phrase.terms) - codes.keys():
            source = lexicon.source(lexicon.known(term))
            painted = source.terms if source.how in ("own", "members") and not source.steers else ()
            shown = [torch.from_numpy(palette.under(other.name)[0]).mean(0) - common for other in painted]
            codes[term] = F.normalize(torch.stack(shown).mean(0), dim=0) if shown else torch.zeros_like(common)
    both = {phrase.terms for phrase in phrases}
    means = {terms: F.normalize(sum((codes[term] for term in terms), 0 * common), dim=0) for terms in both}
    return torch.stack([means[phrase.terms] for phrase in phrases])


@dataclass
class Packed:
    """The features of texts, one after the other: rows of the table and their weights [n], and how many each text has [N]."""

    rows: Tensor
    weights: Tensor
    sizes: Tensor

    def some(self, drawn: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Those of the texts of some numbers [B], as `Tower` reads them."""
        sizes, begins = self.sizes[drawn], (self.sizes.cumsum(0) - self.sizes)[drawn]
        ends = sizes.cumsum(0)
        at = torch.arange(int(ends[-1])) + (begins - ends + sizes).repeat_interleave(sizes)
        return self.rows[at], self.weights[at], ends - sizes


def packed(texts: Sequence[str], rows: int) -> Packed:
    """The features of texts, of a table with so many rows."""
    found = [list(features(text, rows)) for text in texts]
    flat = [pair for some in found for pair in some]
    sizes = torch.tensor([len(some) for some in found])
    return Packed(torch.tensor([row for row, _ in flat]), torch.tensor([weight for _, weight in flat]), sizes)


def train(tower: Tower, lessons: Lessons, steps: int, size: int = 512, seed: int = 0) -> Tower:
    """Trains a tower: cosine with the teacher, cross entropy of the terms, cosine with the codes of pictures."""
    torch.manual_seed(seed)
    chance = torch.Generator().manual_seed(seed)
    read = packed(lessons.texts, tower.rows)
    optimizer = torch.optim.Adam(tower.parameters(), lr=5e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 5e-3, total_steps=steps, pct_start=0.1)
    for _ in tqdm(range(steps), desc="tower", unit="step"):
        drawn = torch.randint(len(lessons.texts), (size,), generator=chance)
        meaning = tower(*read.some(drawn))
        loss = MEANING * apart(tower.teacher(meaning), lessons.meaning[drawn])
        loss = loss - (lessons.terms[drawn] * tower.terms(meaning).log_softmax(1)).sum(1).mean()
        loss = loss + PICTURES * apart(tower.code(meaning), lessons.codes[drawn])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    return tower.eval().requires_grad_(False)


def apart(found: Tensor, wanted: Tensor) -> Tensor:
    """1 less the cosine, over the rows that are not 0."""
    given = wanted.square().sum(1) > 0
    return (1 - F.cosine_similarity(found, wanted, dim=1))[given].sum() / len(found)


def understood(tower: Tower, texts: Sequence[str]) -> Tensor:
    """How likely each term is meant by each text, [N, K + 1]."""
    return tower.terms(tower(*packed(texts, tower.rows).some(torch.arange(len(texts))))).softmax(1)


@torch.inference_mode()
def calibrated(tower: Tower, held: Sequence[Phrase]) -> tuple[float, dict[str, float]]:
    """From which score on a guess is sure, by sayings that the tower has not learnt; and how it does on them.

    Returns:
        The least score at which `RIGHT` of what is taken is right and `REFUSED` of what says nothing is refused. `first`: share of the
        sayings of a style whose likeliest term is right; `found`: that are right and sure; `right`: of those taken; `refused`: of nothing.
    """
    terms = known_terms()
    likely = understood(tower, [phrase.text for phrase in held])
    score, guess = likely[:, :-1].max(1)
    target = torch.tensor([terms.index(phrase.terms[0]) for phrase in held])
    says, right = target < len(terms) - 1, guess == target
    for sure in sorted(score.tolist()):
        taken = score >= sure
        figures = {
            "first": share(right, says), "found": share(right & taken, says),
            "right": share(right, taken), "refused": share(~taken, ~says), "sure": sure,
        }  # fmt: skip
        if figures["right"] >= RIGHT and figures["refused"] >= REFUSED:
            return sure, figures
    raise ValueError("no score is sure on the sayings that were held out: train longer")


def share(what: Tensor, among: Tensor) -> float:
    return float((what & among).sum() / among.sum().clamp_min(1))


def save(tower: Tower, sure: float, file: Path) -> None:
    """What `meaning.Meaning` reads: the table in 8 bits, with a scale for each row, and the layers in float16."""
    table = tower.table.weight.detach()
    scale = table.abs().amax(1).clamp_min(1e-6) / 127
    tensors = {"table": (table / scale[:, None]).round().to(torch.int8), "scale": scale.half()}
    for name in ("layer", "terms"):
        part = tower.get_submodule(name)
        tensors |= {f"{name}.{end}": part.get_parameter(end).detach().half().contiguous() for end in ("weight", "bias")}
    names = "|".join(f"{term.kind}:{term.name}" for term in known_terms()[:-1])
    save_file(tensors, file, {"terms": names, "sure": f"{sure:.3f}"})
