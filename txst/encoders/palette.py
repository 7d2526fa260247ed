"""A palette: codes of real paintings, kept under names. A text picks one painting's code with a little of its neighbours'.

The mean of all of an artist's paintings is bland; one of them, typical and in colour, is not.
"""

import difflib

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from txst.data.phrases import LOOKS
from txst.encoders.words import Words
from txst.text import canonical, clean

CERTAINTY = 10.0  # merit that a cosine of 1 is worth


class Palette(nn.Module):
    """Text -> code; the code of a picture is read by the model itself.

    Args:
        width: D of a code.
        entries: N, number of codes.
        names: of artists and of textures.
        movements: of painting.
        blend: codes that are mixed: the chosen one and its nearest among those that it was chosen from.
        words: a text tower, for prompts that say more than a name; None knows names alone.
    """

    bundled = True
    codes: Tensor  # [N, D], unit length
    name: Tensor  # [N], index in `names`
    movement: Tensor  # [N], index in `movements`, or -1
    merit: Tensor  # [N], how well the painting stands for its name

    def __init__(
        self,
        width: int,
        entries: int,
        names: list[str],
        movements: list[str],
        blend: int = 3,
        words: Words | None = None,
    ) -> None:
        super().__init__()
        self.width, self.blend = width, blend
        self.names, self.movements = list(names), list(movements)
        self.register_buffer("codes", torch.zeros(entries, width))
        self.register_buffer("merit", torch.zeros(entries))
        self.register_buffer("name", torch.zeros(entries, dtype=torch.int64))
        self.register_buffer("movement", torch.full((entries,), -1))
        self.words = words
        if words is not None:
            self.place = nn.Sequential(nn.Linear(width, 256), nn.ReLU(), nn.Linear(256, words.width))

    def forward(self, image: Tensor) -> Tensor:
        """[B, 3, H, W] -> [B, D] of zeros: nothing is known of a picture here."""
        return image.new_zeros(len(image), self.width)

    def picture(self, codes: Tensor) -> Tensor:
        """Codes of pictures [B, D] -> their places among the texts, unit length."""
        return F.normalize(self.place(codes * self.width**0.5), dim=-1)

    def text(self, prompts: list[str], variation: int = 0) -> Tensor:
        """Texts -> codes [B, D], unit length.

        Args:
            prompts: each with an artist, a movement or a texture that the palette holds (case, accents and forms of
                the name do not count), with words for how the picture shall look, or with both.
            variation: 0 takes the painting that fits best, 1 the next, and so on, round and round.

        Raises:
            ValueError: nothing in a prompt is known; it names the nearest.
        """
        return torch.stack([self.mix(*self.find(prompt), variation) for prompt in prompts])

    def find(self, prompt: str) -> tuple[Tensor, Tensor]:
        """Indices [n] of the codes that a prompt may mean, and how well each fits, [n]."""
        name = canonical(prompt)
        rows = self.named(name)
        looks = self.words is not None and any(f" {word} " in f" {clean(prompt)} " for word in known_looks())
        if rows is None and not looks:
            near = difflib.get_close_matches(name, [*self.names, *self.movements], 3, 0.4)
            hint = f"the nearest known: {', '.join(near)}" if near else self.some()
            raise ValueError(f"this model knows no style {prompt!r}; {hint}")
        if rows is None:
            rows = torch.arange(len(self.codes), device=self.codes.device)
        fit = self.merit[rows].float()
        if looks and self.words is not None:
            fit = fit + CERTAINTY * (self.picture(self.codes[rows].float()) @ self.words([clean(prompt)])[0])
        return rows, fit

    def named(self, name: str) -> Tensor | None:
        for known, owner in ((self.names, self.name), (self.movements, self.movement)):
            if found := matching(name, known):
                return (owner == known.index(found)).nonzero()[:, 0]
        return None

    def some(self) -> str:
        words = f", and words like {', '.join(list(LOOKS)[:6])}" if self.words is not None else ""
        return f"known are {', '.join(self.names[:8])}, ...{words}"

    def mix(self, rows: Tensor, fit: Tensor, variation: int) -> Tensor:
        codes = self.codes[rows].float()
        chosen = codes[fit.argsort(descending=True)[variation % len(rows)]]
        near, which = (codes @ chosen).topk(min(self.blend, len(rows)))
        weights = ((near - 1) / 0.1).softmax(0)  # the chosen one itself has a similarity of 1
        return F.normalize(weights @ codes[which], dim=0)


def known_looks() -> set[str]:
    """The words for looks."""
    return {word for words in LOOKS.values() for word in words}


def matching(name: str, known: list[str]) -> str | None:
    """The known name that is meant: itself, one that the text contains, the only one with that surname, or a slip of the pen."""
    if name in known:
        return name
    inside = [k for k in known if f" {k} " in f" {name} "]
    if inside:
        return max(inside, key=len)
    last = [k for k in known if len(k.split()[-1]) > 3 and f" {k.split()[-1]} " in f" {name} "]
    if len(last) == 1:
        return last[0]
    return next(iter(difflib.get_close_matches(name, known, 1, 0.85)), None)
