"""Trains the text tower of a palette: texts to the pictures that they fit, pictures to those of the same artist."""

import random
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from tqdm import tqdm

from txst.data.pictures import UNREADABLE, decode
from txst.data.samples import Sample, prompt
from txst.data.sources import Source, every_sample
from txst.palette.captions import Fact, looks, measure, phrase
from txst.palette.faces import digest
from txst.palette.looks import LOOKS
from txst.palette.module import Palette
from txst.types import CodeModel

VIEWS = 3  # of each picture: its middle, and crops
SIZE, LARGEST = 192, 256  # pixels: of a view, of what crops are cut from
TEMPERATURE = 0.07


@dataclass
class PaletteDataset:
    """What is known of pictures, by split."""

    codes: Tensor  # [N, VIEWS, D], unit length
    facts: list[set[Fact]]
    split: list[str]
    lively: Tensor  # [N], see `liveliness`
    digests: list[str]  # of the pictures, see `faces.digest`

    def rows(self, *splits: str) -> list[int]:
        return [i for i, split in enumerate(self.split) if split in splits]


@torch.inference_mode()
def read_dataset(model: CodeModel, source: Source) -> PaletteDataset:
    """Codes and facts of every picture that has a name.

    Args:
        model: that reads codes, in eval mode.
        source: folders of shards.
    """
    codes, figures, facts, split, lively, digests = [], [], [], [], [], []
    for sample in tqdm(list(every_sample(source)), desc="reading", unit="picture"):
        if not prompt(sample):
            continue
        try:
            pictures = views(sample)
        except UNREADABLE:
            continue
        codes.append(model.style_code(pictures))
        figures.append(measure(pictures[0]))
        facts.append(named_facts(sample))
        split.append(sample["split"])
        lively.append(liveliness(pictures[0]))
        digests.append(digest(sample["jpg"]))
    table = {name: [f[name] for f in figures] for name in figures[0]}
    for mine, said in zip(facts, looks(table), strict=True):
        mine |= {("look", look) for look in said}
    return PaletteDataset(torch.stack(codes), facts, split, torch.tensor(lively), digests)


def middle(sample: Sample) -> Tensor:
    """[3, SIZE, SIZE]."""
    return decode(sample["jpg"], SIZE, SIZE, None)


def views(sample: Sample) -> Tensor:
    """[VIEWS, 3, SIZE, SIZE]; the crops of a picture are always the same."""
    rng = random.Random(sample["key"].rsplit(":")[-1])
    return torch.stack(
        [middle(sample), *(decode(sample["jpg"], SIZE, rng.randint(SIZE, LARGEST), rng) for _ in range(VIEWS - 1))]
    )


def liveliness(picture: Tensor) -> float:
    """Contrast of light and, twice, variety of colour, of a picture [3, H, W]: low for a sketch, an empty page, and one tint all over."""
    light = picture.mean(0)
    return float(light.std() + 2 * (picture - light).std((1, 2)).mean())


def named_facts(sample: Sample) -> set[Fact]:
    """What the labels say of a picture."""
    name, movement = prompt(sample), sample["movement"]
    if not sample["artist"]:
        return {("texture", name)}
    return {("artist", name)} | ({("movement", movement)} if movement else set())


def train_words(
    palette: Palette, dataset: PaletteDataset, steps: int, batch: int = 256, seed: int = 0
) -> dict[str, float]:
    """Trains `palette.words` and `palette.place`, and measures them on the test split.

    Both ways between texts and pictures, with every picture that a text fits as right (Radford et al., 2021,
    https://arxiv.org/abs/2103.00020; Khosla et al., 2020, https://arxiv.org/abs/2004.11362, eq. 2).

    Returns:
        Shares, see `retrieval`.
    """
    torch.manual_seed(seed)
    rng = random.Random(seed)
    towers = nn.ModuleList([palette.words, palette.place]).train().requires_grad_(True)
    optimizer = torch.optim.AdamW(towers.parameters(), lr=2e-3, weight_decay=0.05)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 2e-3, total_steps=steps, pct_start=0.1)
    rows = dataset.rows("train")
    for _ in tqdm(range(steps), desc="words", unit="step"):
        drawn = rng.sample(rows, min(batch, len(rows)))
        texts, claims = zip(*(phrase(dataset.facts[i], rng) for i in drawn), strict=True)
        codes = torch.stack([dataset.codes[i, rng.randrange(VIEWS)] for i in drawn])
        codes = F.normalize(codes + 0.02 * torch.randn_like(codes), dim=-1)
        fits = torch.tensor([[claim <= dataset.facts[i] for claim in claims] for i in drawn])
        logits = palette.picture(codes) @ palette.words(list(texts)).T / TEMPERATURE
        loss = contrast(logits, fits) + contrast(logits.T, fits.T)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    towers.eval().requires_grad_(False)
    return retrieval(palette, dataset)


def contrast(logits: Tensor, fits: Tensor) -> Tensor:
    """Mean over rows of the mean log-likelihood of what fits, [] of [B, B] and [B, B] of bool."""
    likelihood = logits.log_softmax(1).masked_fill(~fits, 0).sum(1)
    return -(likelihood / fits.sum(1)).mean()


@torch.inference_mode()
def retrieval(palette: Palette, dataset: PaletteDataset) -> dict[str, float]:
    """How well texts and pictures of the test split find each other.

    Returns:
        `picture to artist` and `within 5`: share of the pictures whose artist's name is the nearest of all the palette's
        names, or among the five nearest. `text to picture`: share of the artists in the split whose name lies
        nearest to a picture of theirs. `look`: share of the looks (by their first word) of whose ten nearest pictures most
        have it.
    """
    rows = [i for i in dataset.rows("test") if any(kind == "artist" for kind, _ in dataset.facts[i])]
    pictures = palette.picture(dataset.codes[rows, 0])
    owners = [next(v for kind, v in dataset.facts[i] if kind == "artist") for i in rows]
    names = palette.words(palette.names)
    target = torch.tensor([palette.names.index(o) if o in palette.names else -1 for o in owners])
    nearest = (pictures @ names.T).topk(min(5, len(palette.names)), dim=1).indices == target[:, None]
    found = (names @ pictures.T).argmax(1)
    asked = [i for i in target.unique().tolist() if i >= 0]
    kinds = sorted({v for i in rows for kind, v in dataset.facts[i] if kind == "look"})
    right = 0
    for kind, direction in zip(kinds, palette.words([LOOKS[kind][0] for kind in kinds]), strict=True):
        top = (pictures @ direction).topk(min(10, len(rows))).indices
        right += sum(("look", kind) in dataset.facts[rows[i]] for i in top) > len(top) / 2
    return {
        "picture to artist": nearest[:, 0].float().mean().item(),
        "within 5": nearest.any(1).float().mean().item(),
        "text to picture": sum(bool(target[found[i]] == i) for i in asked) / max(len(asked), 1),
        "look": right / max(len(kinds), 1),
    }
