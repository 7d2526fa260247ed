"""What is compared: each is `(photo, a real painting of the artist, the artist's name) -> picture`."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from glob import glob
from itertools import cycle
from pathlib import Path
from typing import Any, Protocol, cast

import numpy as np
import torch
from hydra import compose
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from txst.backends.pytorch import TorchBackend
from txst.evaluation.pairs import Pair
from txst.export.run import export_method
from txst.inference.stylist import Stylist
from txst.types import Controls

Repaint = Callable[[Image.Image, Image.Image], Image.Image]  # (picture, style picture) -> picture
# [1, 3, H, W] -> the same, with one style worked out; and where it runs
Network = tuple[Callable[[Tensor], Tensor], torch.device]


class Method(Protocol):
    """What a board compares: (photo, a real painting of the artist, the artist's name) -> picture."""

    baseline: bool  # it is there to compare with

    @property
    def driven_by(self) -> str:
        """What of the style it is given."""

    @property
    def repaint(self) -> Repaint | None:
        """Paints any picture after any other; None of a method that has no such thing."""

    @property
    def network(self) -> Callable[[Image.Image, str], Network] | None:
        """(painting, artist) -> what is timed; None of a method that is no network."""

    def __call__(self, photo: Image.Image, painting: Image.Image, artist: str) -> Image.Image: ...


class Real:
    """The artist's own work in the painted picture's place: the best that a metric can show. It is in no gallery."""

    driven_by = "the artist"
    baseline = True
    repaint = None
    network = None

    def __call__(self, photo: Image.Image, painting: Image.Image, artist: str) -> Image.Image:
        return painting


class Untouched:
    """The photo as it is: what a style has to be told from, and the most content that can be kept."""

    driven_by = "nothing"
    baseline = True
    network = None

    def __call__(self, photo: Image.Image, painting: Image.Image, artist: str) -> Image.Image:
        return photo

    def repaint(self, picture: Image.Image, style: Image.Image) -> Image.Image:
        return picture


class Colour:
    """The painting's colours on the photo and no stroke of it: the linear Monge-Kantorovitch map.

    Pitie and Kokaram, 2007, https://doi.org/10.1049/cp:20070055, eq. 6: of all linear maps that give the photo's pixels
    the painting's mean and covariance, the one that moves them least.
    """

    driven_by = "picture"
    baseline = True
    network = None

    def __call__(self, photo: Image.Image, painting: Image.Image, artist: str) -> Image.Image:
        return self.repaint(photo, painting)

    def repaint(self, picture: Image.Image, style: Image.Image) -> Image.Image:
        x, y = (np.asarray(p.convert("RGB")).reshape(-1, 3) / 255 for p in (picture, style))
        moved = (x - x.mean(0)) @ monge_kantorovitch(np.cov(x.T), np.cov(y.T)) + y.mean(0)
        pixels = (255 * moved.clip(0, 1)).round().astype(np.uint8)
        return Image.fromarray(pixels.reshape(picture.height, picture.width, 3))


def monge_kantorovitch(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """The symmetric map between Gaussians of these covariances: A^-1/2 (A^1/2 B A^1/2)^1/2 A^-1/2."""
    values, vectors = np.linalg.eigh(a)
    deviations = np.sqrt(values.clip(1e-6))  # grey photos have but one
    root, inverse = ((vectors * d) @ vectors.T for d in (deviations, 1 / deviations))
    values, vectors = np.linalg.eigh(root @ b @ root)
    return inverse @ ((vectors * np.sqrt(values.clip(0))) @ vectors.T) @ inverse


class Folder:
    """A model folder. Picture-driven models get the painting, the others the artist's name.

    Args:
        folder: see `scripts/export.py` and `scripts/import_weights.py`; None is the bundled model.
        show: whether a text-driven model is shown the painting, too, instead of the name.
        strength: 0 to 1.
        device: cuda, mps, cpu; "auto" takes the first of these that is there.
        style: a name that is painted whatever is asked for, of a model that knows none of the artists.
    """

    baseline = False

    def __init__(
        self,
        folder: str | Path | None = None,
        show: bool = False,
        strength: float = 1.0,
        device: str = "auto",
        style: str | None = None,
    ) -> None:
        self.stylist = Stylist.from_pretrained(folder, device, backend="torch")
        self.strength, self.style = strength, style
        reads = self.stylist.painter.reads
        own = style is not None or reads == {"fixed"}
        self.driven_by = "itself" if own else "picture" if show or "text" not in reads else "name"

    def __call__(self, photo: Image.Image, painting: Image.Image, artist: str) -> Image.Image:
        if self.driven_by != "name":
            return self.repaint(photo, painting)
        if not artist:
            raise ValueError(
                "this method needs the artist's name, and the paintings have no names: give a table (data.table)"
            )
        return self.stylist(photo, artist, strength=self.strength)

    def repaint(self, picture: Image.Image, style: Image.Image) -> Image.Image:
        if self.style is not None:
            return self.stylist(picture, self.style, strength=self.strength)
        shown = style if self.driven_by == "picture" or "image" in self.stylist.painter.reads else None
        return self.stylist(picture, style_image=shown, strength=self.strength)

    def network(self, painting: Image.Image, artist: str) -> Network:
        shown = painting if self.driven_by == "picture" else None
        named = artist if self.driven_by == "name" else self.style
        prepared = self.stylist.styles.encode(named, shown)
        backend = cast(TorchBackend, self.stylist.painter)
        return lambda image: backend.model(image, prepared, Controls(self.strength)).image, backend.device


class OnePerArtist:
    """A model folder for each of a few artists, whose style is in the weights: NAME_ARTIST, as scripts/train_methods.py writes them.

    Args:
        folders: a pattern of paths.
        device: see Folder.

    Raises:
        FileNotFoundError: there are none.
    """

    baseline = False
    driven_by = "itself"
    repaint = None

    def __init__(self, folders: str, device: str = "auto") -> None:
        found = sorted(glob(folders))
        if not found:
            raise FileNotFoundError(
                f"no folder {folders}: python scripts/train_methods.py 'methods=[johnson]' makes them"
            )
        self.by_artist = {Path(f).name.rpartition("_")[2]: Folder(f, device=device) for f in found}

    def learnt(self, pairs: Sequence[Pair]) -> list[Pair]:
        """The same photos, each with the first work in the list by one of its artists, in turn.

        Raises:
            ValueError: the list has none of the artists.
        """
        first: dict[str, Pair] = {}
        for pair in pairs:
            first.setdefault(dashed(pair.artist), pair)
        own = [first[name] for name in self.by_artist if name in first]
        if not own:
            raise ValueError(f"the list of pairs has no work by {', '.join(self.by_artist)}")
        return [
            replace(other, photo=pair.photo, label=pair.label) for pair, other in zip(pairs, cycle(own), strict=False)
        ]

    def __call__(self, photo: Image.Image, painting: Image.Image, artist: str) -> Image.Image:
        """White for an artist who was not learnt: there is nothing to show."""
        own = self.by_artist.get(dashed(artist))
        return own(photo, painting, artist) if own else Image.new("RGB", photo.size, "white")

    def network(self, painting: Image.Image, artist: str) -> Network:
        return next(iter(self.by_artist.values())).network(painting, artist)


class Optimised(Folder):
    """Each picture optimised under losses: nothing is trained, and a picture takes minutes.

    Args:
        overrides: of the config.
        folder: where the method is written as a model folder; an earlier one is replaced.
        strength: 0 to 1.
        device: see Folder.
        program: the config, `optimise` or `clipstyler`.
    """

    def __init__(
        self,
        overrides: Sequence[str],
        folder: str | Path,
        strength: float = 1.0,
        device: str = "auto",
        program: str = "optimise",
    ) -> None:
        super().__init__(export_method(compose(program, list(overrides)), folder), strength=strength, device=device)


def dashed(artist: str) -> str:
    """The name in a folder's."""
    return artist.replace(" ", "-")


class OtherArtist:
    """The best method in the style of an artist other than the one it is compared with: the part of a style figure that any painting gets.

    Args:
        of: a method that was listed before it; None takes the best of those that are no baselines.
    """

    baseline = True
    network = None

    def __init__(self, of: str | None = None) -> None:
        self.of = of
        self.method: Any = None  # set by the board, once the others are measured
        self.repaint: Repaint | None = None

    def take(self, name: str, method: Any) -> None:
        self.of, self.method, self.repaint = name, method, method.repaint

    @property
    def driven_by(self) -> str:
        return f"{self.of}, wrong {self.method.driven_by}"

    def __call__(self, photo: Image.Image, painting: Image.Image, artist: str) -> Image.Image:
        return self.method(photo, painting, artist)
