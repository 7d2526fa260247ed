"""A palette as a module, with the towers that texts and codes are compared by, for training and for export."""

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from txst.palette import lookup
from txst.palette.codes import Array
from txst.palette.text_encoder import TextEncoder


class Palette(nn.Module):
    """Text -> code, as `txst.palette.lookup.Palette` picks it; the code of a picture is read by the model itself.

    Args:
        width: D of a code.
        entries: N, number of codes.
        names: of artists and of textures.
        movements: of painting.
        textures: those of the names that are no artist's.
        blend: codes that are mixed.
        words: a text tower, for prompts that say more than a name; None knows names alone.
        domains: the codes are those of styles that a model is told by number: each is of the name at its place, and 1 there alone.
    """

    bundled = True
    reads_text = True
    codes: Tensor  # [N, D], unit length
    name: Tensor  # [N], index in `names`
    movement: Tensor  # [N], index in `movements`, or -1
    score: Tensor  # [N], how well the painting stands for its name

    def __init__(
        self,
        width: int,
        entries: int,
        names: list[str],
        movements: list[str],
        textures: list[str] | None = None,
        blend: int = 3,
        words: TextEncoder | None = None,
        domains: bool = False,
    ) -> None:
        super().__init__()
        self.width, self.blend = width, blend
        for said in (names, movements, textures or ()):
            lookup.check_names(said if isinstance(said, str) else list(said))
        self.names, self.movements, self.textures = list(names), list(movements), list(textures or ())
        self.register_buffer("codes", torch.zeros(entries, width))
        self.register_buffer("score", torch.zeros(entries))
        self.register_buffer("name", torch.zeros(entries, dtype=torch.int64))
        self.register_buffer("movement", torch.full((entries,), -1))
        if domains:
            self.codes, self.name = torch.eye(entries, width), torch.arange(entries)
        self.words: Any = words
        if words is not None:
            self.place = nn.Sequential(nn.Linear(width, 256), nn.ReLU(), nn.Linear(256, words.width))

    def forward(self, image: Tensor) -> Tensor:
        """[B, 3, H, W] -> [B, D] of zeros: nothing is known of a picture here."""
        return image.new_zeros(len(image), self.width)

    def picture(self, codes: Tensor) -> Tensor:
        """Codes of pictures [B, D] -> their places among the texts, unit length."""
        return F.normalize(self.place(codes * self.width**0.5), dim=-1)

    def text(self, prompts: list[str], variation: int = 0) -> Tensor:
        """Texts -> codes [B, D], unit length; see `txst.palette.lookup.Palette.text`."""
        plain = self.plain()
        rows = [torch.from_numpy(plain.text(prompt, variation)) for prompt in prompts]
        return torch.stack(rows).to(self.codes.device)

    def plain(self, embed: Callable[[str], Array] | None = None) -> lookup.Palette:
        """The same, as it is now, without torch.

        Args:
            embed: text -> code [D] of the kind that the pictures have, where an embedder has both.
        """
        codes, score, name, movement = (
            x.detach().cpu().numpy() for x in (self.codes.float(), self.score.float(), self.name, self.movement)
        )
        fits = self.fits if self.words else None if embed is None else lambda text, codes: codes @ embed(text)
        known = (self.names, self.movements, name, movement, score, self.textures)
        return lookup.Palette(codes, *known, self.blend, fits, embed)

    @torch.no_grad()
    def fits(self, text: str, codes: Array) -> Array:
        """Cosines [n] between a text and the places of codes [n, D]."""
        numbers = torch.tensor([self.words.numbers(text)], device=self.codes.device)
        return self.fit(numbers, torch.from_numpy(codes).to(self.codes.device)).cpu().numpy()

    def fit(self, numbers: Tensor, codes: Tensor) -> Tensor:
        """The same of the numbers of a text's byte pairs, [1, L] and [n, D] -> [n]."""
        return self.picture(codes) @ self.words.read(numbers)[0]
