"""A palette: codes of real paintings, kept under names. A name becomes one painting's code with a little of its neighbours'.

The mean of all of an artist's paintings is bland; one of them, typical and in colour, is not.
"""

import difflib

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from txst.text import canonical


class Palette(nn.Module):
    """Text -> code; the code of a picture is read by the model itself.

    Args:
        width: D of a code.
        entries: N, number of codes.
        names: of artists and of textures.
        movements: of painting.
        blend: codes that are mixed: the chosen one and its nearest under the same name.
    """

    bundled = True
    codes: Tensor  # [N, D], unit length
    name: Tensor  # [N], index in `names`
    movement: Tensor  # [N], index in `movements`, or -1
    merit: Tensor  # [N], how well the painting stands for its name

    def __init__(
        self, width: int, entries: int, names: list[str], movements: list[str], blend: int = 3
    ) -> None:
        super().__init__()
        self.width, self.blend = width, blend
        self.names, self.movements = list(names), list(movements)
        self.register_buffer("codes", torch.zeros(entries, width))
        self.register_buffer("merit", torch.zeros(entries))
        self.register_buffer("name", torch.zeros(entries, dtype=torch.int64))
        self.register_buffer("movement", torch.full((entries,), -1))

    def forward(self, image: Tensor) -> Tensor:
        """[B, 3, H, W] -> [B, D] of zeros: nothing is known of a picture here."""
        return image.new_zeros(len(image), self.width)

    def text(self, prompts: list[str], variation: int = 0) -> Tensor:
        """Names -> codes [B, D], unit length.

        Args:
            prompts: each an artist, a movement or a texture that the palette holds; case, accents and forms of
                the name do not count, and words around it neither.
            variation: 0 takes the painting that stands best for the name, 1 the next, and so on, round and round.

        Raises:
            ValueError: nothing of that name is known; it names the nearest.
        """
        return torch.stack([self.mix(self.find(prompt), variation) for prompt in prompts])

    def find(self, prompt: str) -> Tensor:
        """Indices [n] of the codes under a name."""
        name = canonical(prompt)
        for known, owner in ((self.names, self.name), (self.movements, self.movement)):
            if found := matching(name, known):
                return (owner == known.index(found)).nonzero()[:, 0]
        near = difflib.get_close_matches(name, [*self.names, *self.movements], 3, 0.4)
        hint = (
            f"the nearest known: {', '.join(near)}" if near else f"known are {', '.join(self.names[:8])}, ..."
        )
        raise ValueError(f"this model knows no style {prompt!r}; {hint}")

    def mix(self, rows: Tensor, variation: int) -> Tensor:
        codes = self.codes[rows].float()
        chosen = codes[self.merit[rows].argsort(descending=True)[variation % len(rows)]]
        near, which = (codes @ chosen).topk(min(self.blend, len(rows)))
        weights = ((near - 1) / 0.1).softmax(0)  # the chosen one itself has a similarity of 1
        return F.normalize(weights @ codes[which], dim=0)


def matching(name: str, known: list[str]) -> str | None:
    """The known name that is meant: itself, one that the text contains, the only one with that surname, or a slip of the pen."""
    if name in known:
        return name
    inside = [k for k in known if f" {k} " in f" {name} "]
    if inside:
        return max(inside, key=len)
    surname = [k for k in known if k.split()[-1] == name]
    if len(surname) == 1:
        return surname[0]
    return next(iter(difflib.get_close_matches(name, known, 1, 0.85)), None)
