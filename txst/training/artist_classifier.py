"""Trains the artist classifier of `metrics.artist`, on real paintings alone."""

import hashlib
import json
import random
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from tqdm import tqdm

from txst.data.degrade import degraded
from txst.data.pictures import decode, inspect
from txst.data.samples import Sample, read_shard, sha256
from txst.data.sources import Source, every_sample, shards
from txst.data.split import hold_out_works
from txst.layers.artist_classifier import FACTS, WEIGHTS, read_weights
from txst.metrics.artist import ArtistHead, signature
from txst.metrics.networks import named
from txst.metrics.painting import PAINTING, PHOTO

DECAYS = (1e-4, 1e-3, 1e-2, 1e-1)  # pulls on the weights, of which the best on a fifth of the works is taken
View = Callable[[bytes, random.Random], Tensor]


def train_artist_classifier(
    paintings: Source,
    network: nn.Module,
    out: Path,
    photos: Source = None,
    works: int = 20,
    most: int = 60,
    views: int = 1,
    size: int = 256,
) -> dict[str, Any]:
    """Writes `artist_classifier.safetensors` and `artist_classifier.json` to a folder, and returns the latter.

    30% of each artist's works are held out: first those of the shards' test split, which no model is trained on,
    then others by a hash. So the classifier has never seen a test picture.

    Args:
        paintings: folders of shards, see `data.sources`.
        network: image -> Features, frozen.
        out: folder; keeps the statistics of the pictures, which take most of the time, for another run.
        photos: folders of shards; the facts then tell which artists the classifier sees in the photos of their test split.
        works: fewest works of an artist.
        most: works of one artist; each artist counts the same, so more would teach little.
        views: degraded copies of each work beside the whole one.
        size: of the shorter side of the pictures that the network sees, in pixels.
    """
    samples = by_the_prolific(every_sample(paintings), works, most)
    facts = train_on(samples, network, out, views, size)
    if photos:
        rows = [s for shard in shards(photos, "test") for s in read_shard(shard, split="test")]
        head = ArtistHead(len(read_weights(out)["mean"]), facts["artists"])
        head.load_state_dict(read_weights(out))
        guesses = (
            head(looked_at(rows, network, size, whole_square(size), out / "photos.safetensors")).argmax(1).tolist()
        )
        facts["photos"] = {
            "count": len(rows),
            "named": dict(Counter(facts["artists"][i] for i in guesses).most_common()),
        }
        write_facts(facts, out)
    return facts


def train_on(samples: Sequence[Sample], network: nn.Module, out: Path, views: int, size: int) -> dict[str, Any]:
    """Writes a classifier of the names of these samples; see `train_artist_classifier`."""
    artists = sorted({s["artist"] for s in samples})
    target = torch.tensor([artists.index(s["artist"]) for s in samples])
    held = held_out(samples)
    out.mkdir(parents=True, exist_ok=True)
    looks = {"whole": whole_square(size)} | {f"worn_{n}": worn_square(size) for n in range(views)}
    seen = [looked_at(samples, network, size, look, out / f"{name}.safetensors") for name, look in looks.items()]
    head, decay = fit([x[~held] for x in seen], target[~held], artists)
    numbers = {s["artist"]: s["artist_id"] for s in samples}
    facts: dict[str, Any] = {
        "artists": artists,
        "ids": [numbers[artist] for artist in artists],
        "network": named(network),
        "size": size,
        "works": {"trained on": int((~held).sum()), "held out": int(held.sum())},
        "decay": decay,
        "ceiling": {
            name: score(head(x[held]), target[held]) for name, x in zip(("whole", "degraded"), seen, strict=False)
        },
        "held_out": sorted(sha256(s) for s, kept in zip(samples, held.tolist(), strict=True) if kept),
    }
    save_whole(head.state_dict(), out / WEIGHTS)
    write_facts(facts, out)
    return facts


def write_facts(facts: dict[str, Any], out: Path) -> None:
    (out / FACTS).write_text(json.dumps(facts, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def whole_square(size: int) -> View:
    return lambda data, _: decode(data, size, size, None)


def worn_square(size: int) -> View:
    return lambda data, rng: degraded(data, size, rng)


def train_painting_classifier(
    paintings: Source, photos: Source, network: nn.Module, out: Path, most: int = 1000, views: int = 1, size: int = 256
) -> dict[str, Any]:
    """Writes a classifier of paintings and photos as one of artists, and returns its facts.

    Args:
        paintings: folders of shards, see `data.sources`.
        photos: the same.
        network: image -> Features, frozen.
        out: folder; see `train_artist_classifier`, and so the next.
        most: pictures of either kind.
        views: degraded copies of each picture.
        size: of the shorter side, in pixels.
    """
    kinds = enumerate(((PAINTING, paintings), (PHOTO, photos)))
    labelled = [s | {"artist": kind, "artist_id": n} for n, (kind, source) in kinds for s in every_sample(source)]
    return train_on(by_the_prolific(labelled, 2, most), network, out, views, size)


def by_the_prolific(samples: Sequence[Sample], works: int, most: int) -> list[Sample]:
    """The works of artists who have so many, those to test on and then the first of them."""
    counts = Counter(s["artist"] for s in samples if s["artist"])
    if sum(count >= works for count in counts.values()) < 2:
        raise ValueError(
            f"{len(counts)} artists have {max(counts.values(), default=0)} works at most, and two are wanted with {works}: "
            "add pictures, or lower --works"
        )
    kept, taken = [], Counter[str]()
    for sample in sorted(samples, key=lambda s: s["split"] != "test"):
        if counts[sample["artist"]] >= works and taken[sample["artist"]] < most:
            taken[sample["artist"]] += 1
            kept.append(sample)
    return kept


def held_out(samples: Sequence[Sample]) -> Tensor:
    """Which works the classifier is measured on, [N] of bool."""
    fingerprints = [inspect(s["jpg"], 1)["fingerprint"] for s in samples]
    first = [s["split"] == "test" for s in samples]
    return torch.tensor(hold_out_works(fingerprints, [s["artist"] for s in samples], first))


@torch.inference_mode()
def looked_at(samples: Sequence[Sample], network: nn.Module, size: int, view: View, memory: Path) -> Tensor:
    """What the network makes of one view of each picture, [N, inputs]; read from the file if it is about the same."""
    keys = [sha256(s) for s in samples]
    what = hashlib.sha256(json.dumps([named(network), size, keys]).encode()).hexdigest()
    if memory.exists() and what in (kept := load_file(memory)):
        return kept[what]
    rows = []
    for key, sample in zip(tqdm(keys, memory.stem, unit="picture"), samples, strict=True):
        image = view(sample["jpg"], random.Random(f"{memory.stem} {key}"))
        rows.append(signature(network, image[None], size))
    found = torch.cat(rows)
    save_whole({what: found}, memory)
    return found


def save_whole(tensors: dict[str, Tensor], file: Path) -> None:
    """Writes beside and renames."""
    beside = file.with_suffix(".part")
    save_file(tensors, beside)
    beside.replace(file)


def fit(seen: Sequence[Tensor], target: Tensor, artists: list[str]) -> tuple[ArtistHead, float]:
    """Multinomial logistic regression in which each artist counts the same, and its decay.

    Args:
        seen: views, [N, inputs] each, the whole one first.
        target: [N], numbers of artists.
        artists: names.
    """
    aside = torch.arange(len(target)) % 5 == 0  # shards are mixed by chance
    heads = {d: fit_once([x[~aside] for x in seen], target[~aside], artists, d) for d in DECAYS}
    found = {d: balanced(right(heads[d](seen[-1][aside]), target[aside], 1), target[aside]) for d in DECAYS}
    best = max(DECAYS, key=found.__getitem__)
    return fit_once(seen, target, artists, best), best


def fit_once(seen: Sequence[Tensor], target: Tensor, artists: list[str], decay: float) -> ArtistHead:
    x, y = torch.cat(list(seen)), target.repeat(len(seen))
    head = ArtistHead(x.shape[1], artists)
    head.mean, head.scale = x.mean(0), x.std(0).clamp_min(1e-6)
    nn.init.zeros_(head.linear.weight)
    nn.init.zeros_(head.linear.bias)
    share = 1 / torch.bincount(y, minlength=len(artists)).clamp_min(1)
    optimizer = torch.optim.LBFGS(head.linear.parameters(), max_iter=150, line_search_fn="strong_wolfe")
    normal = (x - head.mean) / head.scale

    def loss() -> Tensor:
        optimizer.zero_grad()
        value = F.cross_entropy(head.linear(normal), y, weight=share) + decay * head.linear.weight.square().sum() / 2
        value.backward()
        return value

    optimizer.step(loss)  # type: ignore[arg-type]  # torch's stub wants a float
    return head.requires_grad_(False)


def right(logits: Tensor, target: Tensor, top: int) -> Tensor:
    """[N], 1 where the artist is among the first guesses."""
    return (logits.topk(min(top, logits.shape[1]), 1).indices == target[:, None]).any(1).float()


def balanced(figures: Tensor, target: Tensor) -> float:
    """Mean over artists of the mean over their works."""
    count = torch.bincount(target)
    return (torch.bincount(target, figures) / count.clamp_min(1))[count > 0].mean().item()


def score(logits: Tensor, target: Tensor, draws: int = 1000) -> dict[str, list[float]]:
    """Balanced top-1 and top-5 with the 95% interval of a bootstrap over each artist's works: [value, low, high]."""
    rng = torch.Generator().manual_seed(0)
    rows = [torch.nonzero(target == artist)[:, 0] for artist in target.unique()]
    found = {}
    for top in (1, 5):
        figures = right(logits, target, top)
        again = []
        for _ in range(draws):
            drawn = [figures[r[torch.randint(len(r), (len(r),), generator=rng)]].mean() for r in rows]
            again.append(torch.stack(drawn).mean())
        low, high = torch.stack(again).quantile(torch.tensor([0.025, 0.975])).tolist()
        found[f"top{top}"] = [balanced(figures, target), low, high]
    return found
