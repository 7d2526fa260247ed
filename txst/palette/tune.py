"""Codes tried out: is a photo painted with one taken for the artist's, and can it still be read?"""

from collections.abc import Sequence
from itertools import chain, islice

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from tqdm import tqdm

from txst.data.pictures import decode
from txst.data.samples import read_shard
from txst.data.sources import shards
from txst.layers.ops import content_distance, statistics
from txst.metrics.artist import ArtistClassifier
from txst.palette.module import Palette
from txst.types import CodeModel, Features, Style

READABLE = 6.0  # log-likelihood that a content distance of 1 outweighs
APART = 40  # photos between two that codes are tried on: neighbours in a shard may be alike
FIRST = 3  # photos that each code is tried on
FINALISTS, FINALS = 4, 8  # codes of a name that are tried on more, and on how many
BATCH, RATE = 6, 4e-3  # of the tuning
REACH = 0.95  # least cosine of a tuned code to the painting's own: further off the classifier is pleased by caricatures
FAITHFUL = 300.0  # log-likelihood that a squared change of colours outweighs
BLOCK = 16  # pixels over which colours are means: strokes are free to change
CORNER = 8  # pixels past which the classifier looks, at most, lest dots on the network's own grid please it


class CodeTuner:
    """Paints photos and scores the paintings.

    Args:
        model: that reads codes, in eval mode.
        classifier: of artists.
        photos: folders of shards, whose training split is painted.
        layers: of the classifier's network, in which the photo is to be found again.
    """

    def __init__(
        self, model: CodeModel, classifier: ArtistClassifier, photos: str | Sequence[str], layers: Sequence[str]
    ) -> None:
        self.model, self.classifier, self.layers = model.requires_grad_(False), classifier, layers
        self.size = classifier.facts["size"]
        self.files = [s["jpg"] for shard in shards(photos, "train") for s in read_shard(shard, split="train")]
        self.numbers = {name: i for i, name in enumerate(classifier.head.artists)}

    def photos(self, rows: Sequence[int]) -> Tensor:
        """Of the photos, middle squares [B, 3, size, size]."""
        files = (self.files[row % len(self.files)] for row in rows)
        images = torch.stack([decode(file, self.size, self.size, None) for file in files])
        return images.to(memory_format=torch.channels_last)

    def paint(self, photos: Tensor, codes: Tensor) -> Tensor:
        """Photos [B, 3, H, W], each with its code [B, D]."""
        return self.model(photos, self.model.prepare_style(Style(codes))).image

    def score(self, paintings: Tensor, content: Features, artists: Sequence[int]) -> Tensor:
        """Log-likelihoods [B] that each painting is by the artist of that number, less the content lost.

        Args:
            paintings: [B, 3, H, W].
            content: what the classifier's network makes of the photos.
            artists: B numbers of the classifier's.
        """
        painted = self.classifier.network(paintings)
        sure = self.classifier.head(statistics(painted)).log_softmax(1)[range(len(paintings)), artists]
        lost = [content_distance(painted[layer], content[layer]) for layer in self.layers]
        return sure - READABLE * torch.stack(lost).sum(0)

    @torch.inference_mode()
    def scores(self, palette: Palette) -> Tensor:
        """The mean score of each code as its name's, [N]; NaN for names that the classifier does not know.

        Every code is tried on a few photos, and the best of a name on more: the best of many noisy figures is mostly luck.
        """
        apart = max(1, min(APART, len(self.files) // FINALS))
        photos = self.photos(range(0, apart * FINALS, apart))
        content = self.classifier.network(photos)

        def tried(row: int, count: int) -> Tensor:
            number = self.numbers[palette.names[palette.name[row]]]
            codes, first = palette.codes[row].expand(count, -1), {k: x[:count] for k, x in content.items()}
            return self.score(self.paint(photos[:count], codes), first, [number] * count).mean()

        found = torch.full((len(palette.codes),), torch.nan)
        known = [i for i, name in enumerate(palette.name) if palette.names[name] in self.numbers]
        for row in tqdm(known, desc="trying codes", unit="code"):
            found[row] = tried(row, FIRST)
        for name in tqdm(palette.name[known].unique(), desc="trying the best", unit="name"):
            mine = torch.nonzero(palette.name == name)[:, 0]
            order = mine[found[mine].argsort(descending=True)]
            best, others = order[:FINALISTS], order[FINALISTS:]
            found[best] = torch.stack([tried(row, FINALS) for row in best.tolist()])
            found[others] = found[others].clamp_max(found[best].min())
        return found

    def tune(self, palette: Palette, visits: int, seed: int = 0) -> None:
        """Moves the best code of each name that the classifier knows uphill; the others stay those of real paintings.

        What is moved paints in about the colours of its painting still.

        Args:
            palette: with scores.
            visits: photos that each of these codes is moved by.
            seed: of the order of names and photos.

        Raises:
            ValueError: the classifier knows none of the names.
        """
        mine = [torch.nonzero(palette.name == n)[:, 0] for n, name in enumerate(palette.names) if name in self.numbers]
        if not mine:
            raise ValueError("the classifier knows none of the palette's names")
        best = torch.stack([rows[palette.score[rows].argmax()] for rows in mine])
        artists = [self.numbers[palette.names[n]] for n in palette.name[best]]
        start = palette.codes[best]
        codes = nn.Embedding.from_pretrained(start.clone(), freeze=False, sparse=True)
        optimizer = torch.optim.SparseAdam(codes.parameters(), lr=RATE)
        draw = torch.Generator().manual_seed(seed)
        turns = chain.from_iterable(torch.randperm(len(best), generator=draw).tolist() for _ in range(visits))
        for _ in tqdm(range(-(-visits * len(best) // BATCH)), desc="tuning codes", unit="step"):
            turn = list(islice(turns, BATCH))
            photos = self.photos(torch.randint(len(self.files), (len(turn),), generator=draw).tolist())
            chosen = F.normalize(codes(torch.tensor(turn)), dim=1)
            corner = torch.randint(CORNER, (2,), generator=draw).tolist()
            loss = self.loss(photos, chosen, start[turn], [artists[i] for i in turn], corner)
            optimizer.zero_grad()
            loss.sum().backward()
            optimizer.step()
            codes.weight.data[turn] = within(codes.weight.data[turn], start[turn], REACH)
        palette.codes[best] = codes.weight.data

    def loss(self, photos: Tensor, codes: Tensor, own: Tensor, artists: Sequence[int], corner: Sequence[int]) -> Tensor:
        """Of codes [B, D] that took the place of paintings' own: less their score, seen past a corner, and the colours that changed."""
        paintings = self.paint(photos, codes)
        with torch.no_grad():
            before = self.paint(photos, own)
        recoloured = F.avg_pool2d(paintings - before, BLOCK).square().mean((1, 2, 3))
        y, x = corner
        content = self.classifier.network(photos[..., y:, x:])
        return FAITHFUL * recoloured - self.score(paintings[..., y:, x:], content, artists)


def within(codes: Tensor, centre: Tensor, reach: float) -> Tensor:
    """Directions [B, D] of unit length, brought to a cosine of `reach` with those of the centre where it is less."""
    codes = F.normalize(codes, dim=1)
    cosine = (codes * centre).sum(1, keepdim=True)
    edge = reach * centre + (1 - reach**2) ** 0.5 * F.normalize(codes - cosine * centre, dim=1)
    return torch.where(cosine < reach, edge, codes)
