"""A tiny labelled set, drawn: photos that ship inside scikit-image, and paintings of them in eight manners.

It is for the demo and for trying things out: small, the same on every machine, and free of any download.
"""

from importlib.util import find_spec
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps
from tqdm import tqdm

from txst.pictures.formats import open_picture_file

try:
    from txst.synthetic.drawing import Pixels
    from txst.synthetic.styles import MANNERS
except ModuleNotFoundError as missing:  # scipy, which comes with scikit-image
    raise ModuleNotFoundError(f"drawing needs {missing.name}: pip install 'txst[demo]'") from missing

# painted when the training is over; never drawn over and never trained on
HELD_OUT = ("astronaut", "chelsea", "coins", "retina")
FILES = {  # photos in scikit-image's wheel with something to see in every corner
    "astronaut": "astronaut.png",  # public domain, NASA
    "cameraman": "camera.png",  # CC0, Lav Varshney; grey
    "chelsea": "chelsea.png",  # CC0, Stefan van der Walt
    "coffee": "coffee.png",  # CC0, Rachel Michetti
    "coins": "coins.png",  # no known copyright restrictions, Brooklyn Museum; grey
    "motorcycle": "motorcycle_left.png",  # Middlebury stereo set 2014, D. Scharstein et al.
    "retina": "retina.jpg",  # CC0, Mikael Haggstrom
    "rocket": "rocket.jpg",  # public domain, SpaceX
    "tissue": "ihc.png",  # no known copyright restrictions, Center for Microscopy and Molecular Imaging
}
CLOSE = {"face": ("astronaut", (130, 0), 200), "eye": ("chelsea", (110, 40), 200)}  # photo, corner (x, y), side


def photos() -> dict[str, Pixels]:
    """The photos by name, [H, W, 3] RGB; read from scikit-image's files, never from the network."""
    package = find_spec("skimage")  # finds the files without importing the library
    if package is None or package.origin is None:
        raise ModuleNotFoundError("the demo's photos come with scikit-image: pip install 'txst[demo]'")
    folder = Path(package.origin).parent / "data"
    if missing := [file for file in FILES.values() if not (folder / file).is_file()]:
        raise FileNotFoundError(f"scikit-image has no {missing} in {folder}: pip install -U 'txst[demo]'")
    return {name: np.asarray(open_picture_file(folder / file).convert("RGB")) for name, file in FILES.items()}


def unseen(size: int) -> dict[str, Pixels]:
    """The held-out photos, and two of them close to, as squares [size, size, 3]."""
    found = photos()
    squares = {name: Image.fromarray(found[name]) for name in HELD_OUT}
    for name, (photo, (x, y), side) in CLOSE.items():
        squares[name] = squares[photo].crop((x, y, x + side, y + side))
    return {
        name: np.asarray(ImageOps.fit(photo, (size, size), Image.Resampling.LANCZOS)) for name, photo in squares.items()
    }


def glimpse(photo: Pixels, size: int, rng: np.random.Generator) -> Pixels:
    """A random square of a photo, [size, size, 3], perhaps mirrored, in a light of its own."""
    height, width = photo.shape[:2]
    side = int(min(height, width) * rng.uniform(0.45, 1))
    top, left = rng.integers(height - side + 1), rng.integers(width - side + 1)
    square = Image.fromarray(photo[top : top + side, left : left + side])
    picture = np.asarray(square.resize((size, size), Image.Resampling.LANCZOS)) / 255
    lit = picture ** rng.uniform(0.7, 1.3) * rng.uniform(0.85, 1.15, 3)
    return np.clip(255 * lit[:, :: rng.choice((-1, 1))], 0, 255).astype(np.uint8)


def draw(out: str | Path, paintings: int = 24, size: int = 192, seed: int = 0, crops: int = 64) -> None:
    """Writes the set as JPEG files, in the layouts that scripts/make_shards.py reads.

    Each picture depends on the seed, its manner and its number alone.

    Args:
        out: folder; gets `wikiart/Drawn/MANNER_NUMBER.jpg` (layout wikiart: the manner is the artist) and
            `photos/NUMBER.jpg` (layout coco).
        paintings: number of them in each manner.
        size: side of each picture, in pixels.
        seed: of everything that is random.
        crops: number of photos.
    """
    sources = [photo for name, photo in photos().items() if name not in HELD_OUT]
    jobs = [(manner, n) for manner in (*MANNERS, None) for n in range(crops if manner is None else paintings)]
    for manner, number in tqdm(jobs, desc="drawing", unit="picture"):
        turn = len(MANNERS) if manner is None else list(MANNERS).index(manner)
        rng = np.random.default_rng([seed, turn, number])
        picture = glimpse(sources[number % len(sources)], size, rng)
        if manner is None:
            save(picture, Path(out, "photos", f"{number + 1:03}.jpg"))
        else:
            picture = picture[..., rng.permutation(3)]  # warm photos would make each manner look warm
            file = Path(out, "wikiart", "Drawn", f"{manner.replace(' ', '-')}_{number + 1:03}.jpg")
            save(MANNERS[manner](picture, rng), file)


def painted_files(out: str | Path, manner: str) -> list[Path]:
    """The paintings that `draw` has written in a manner."""
    return sorted(Path(out, "wikiart", "Drawn").glob(f"{manner.replace(' ', '-')}_*.jpg"))


def save(picture: Pixels, file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(picture).save(file, quality=92, subsampling=0)
