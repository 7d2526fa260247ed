"""What can be measured on a picture and said in words, and how people put it.

A fact is `(kind, value)`: ("artist", "claude monet"), ("movement", "impressionism"), ("look", "dark"). A phrase is
a text with the facts that it claims; it fits a picture that has them all.
"""

import random
from collections.abc import Iterable, Mapping

import torch
from torch import Tensor

from txst.data.names import aliases
from txst.palette.looks import LOOKS

Fact = tuple[str, str]

HUES = {  # degrees of the colour circle, from and to
    "red": (345, 15), "orange": (15, 42), "yellow": (42, 70), "green": (70, 160), "turquoise": (160, 195),
    "blue": (195, 255), "violet": (255, 290), "pink": (290, 345),
}  # fmt: skip
SIDES = {  # measure -> the look above its upper quantile, the look below its lower one
    "light": ("bright", "dark"),
    "warmth": ("warm", "cold"),
    "chroma": ("vivid", "muted"),
    "activity": ("busy", "calm"),
    "scale": ("coarse", "fine"),
    "contrast": ("contrasted", "soft"),
    "greyness": ("monochrome", ""),
}
CLAIMED = 0.2  # share of the pictures at each end of a measure that a word is said of

TEMPLATES = {
    "artist": (
        "{}", "{}", "{} style", "in the style of {}", "a painting by {}", "painted by {}", "by {}", "like {}",
        "the art of {}", "as {} would paint it",
    ),
    "movement": ("{}", "{} painting", "{} art", "in the style of {}", "a {} picture"),
    "texture": ("{}", "{} texture", "{} pattern", "a {} surface", "something {}"),
    "look": ("{}", "{}", "{} colours", "{} tones", "a {} picture", "something {}", "{} painting", "very {}"),
}  # fmt: skip


def measure(picture: Tensor) -> dict[str, float]:
    """Figures of a picture [3, H, W] in [0, 1]: those of `SIDES`, and the share of each colour."""
    light = picture.mean(0)
    top, low = picture.max(0).values, picture.min(0).values
    chroma = top - low
    energies = []
    for block in (1, 8):
        plane = torch.nn.functional.avg_pool2d(light[None, None], block)[0, 0]
        energies.append(float(plane.diff(dim=0).abs().mean() + plane.diff(dim=1).abs().mean()))
    figures = {
        "light": float(light.mean()),
        "warmth": float((picture[0] - picture[2]).mean()),
        "chroma": float(chroma.mean()),
        "activity": energies[0],
        "scale": energies[1] / (energies[0] + 1e-3),
        "contrast": float(light.std()),
        "greyness": -float(chroma.quantile(0.9)),
    }
    hue = hue_of(picture)
    for name, (begin, end) in HUES.items():
        within = (hue >= begin) & (hue < end) if begin < end else (hue >= begin) | (hue < end)
        figures[name] = float((within & (chroma > 0.15)).float().mean())
    figures["brown"] = float(((hue >= 10) & (hue < 45) & (chroma > 0.1) & (top < 0.6)).float().mean())
    figures["black"], figures["white"] = (float((top < 0.15).float().mean()), float((low > 0.85).float().mean()))
    return figures


def hue_of(picture: Tensor) -> Tensor:
    """Angle on the colour circle of each pixel of [3, H, W], in degrees from 0 (red)."""
    red, green, blue = picture
    x, y = red - (green + blue) / 2, (green - blue) * 3**0.5 / 2
    return torch.rad2deg(torch.atan2(y, x)) % 360


def looks(figures: Mapping[str, list[float]]) -> list[set[str]]:
    """The looks of each of many pictures, each measure compared with that of the others.

    Args:
        figures: measure -> its value for every picture.
    """
    found: list[set[str]] = [set() for _ in next(iter(figures.values()))]
    for name, values in figures.items():
        ranks = torch.tensor(values).argsort().argsort() / max(len(values) - 1, 1)
        high, low = SIDES.get(name, (name, ""))
        for mine, rank, value in zip(found, ranks.tolist(), values, strict=True):
            if rank >= 1 - CLAIMED and value != 0:
                mine.add(high)
            elif rank <= CLAIMED and low:
                mine.add(low)
    return found


def phrase(facts: Iterable[Fact], rng: random.Random) -> tuple[str, frozenset[Fact]]:
    """A text about a picture, and what it claims: one fact, or two or three looks, or a name with a look."""
    facts = sorted(facts)
    names = [fact for fact in facts if fact[0] != "look"]
    seen = [fact for fact in facts if fact[0] == "look"]
    luck = rng.random()
    if names and (luck < 0.5 or not seen):
        chosen = [rng.choice(names)]
    elif names and luck < 0.65:
        chosen = [rng.choice(seen), rng.choice(names)]
    else:
        chosen = rng.sample(seen, min(len(seen), rng.choice((1, 1, 2, 3))))
    said = [spoken(fact, rng) for fact in chosen]
    template = rng.choice(TEMPLATES[chosen[-1][0]])
    joint = rng.choice((" ", ", ", " and ")) if len(said) > 1 else ""
    *first, last = said
    return " ".join([joint.join([*first, ""]).strip(), template.format(last)]).strip(), frozenset(chosen)


def spoken(fact: Fact, rng: random.Random) -> str:
    """One of the ways to say a fact."""
    kind, value = fact
    if kind == "look":
        return rng.choice(LOOKS[value])
    if kind == "artist":
        others = [alias for alias, name in aliases().items() if name == value]
        return rng.choice([value, value, value.split()[-1], *others])
    return value


def vocabulary(names: Iterable[str]) -> list[str]:
    """Every word that phrases about such names are made of."""
    texts = [*names, *(alias for alias, name in aliases().items() if name in set(names))]
    texts += [word for words in LOOKS.values() for word in words]
    texts += [t.replace("{}", "") for templates in TEMPLATES.values() for t in templates]
    return sorted({word for text in texts for word in text.split()})
