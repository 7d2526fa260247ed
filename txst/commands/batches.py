"""Pictures painted in batches of one size, while others are decoded and encoded."""

import io
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from itertools import groupby
from pathlib import Path
from typing import Any

from txst.data.foreign_shards import ENDINGS
from txst.files.metadata import open_header
from txst.files.note import note_of
from txst.images import PictureError, Pixels, as_file, to_srgb
from txst.inference.composing import Settings, compose_batch
from txst.inference.photo import Photo
from txst.inference.stylist import Stylist
from txst.painting import made_by

AHEAD = 3  # batches that are decoded before one is painted, or encoded after it
Sample = dict[str, Any]  # `__key__`, and the files of a sample by their endings
Failures = dict[str, str]  # key -> reason
Numbered = tuple[int, Photo]  # of a sample
JPEG = Path("painted.jpg")


class Batches:
    """Paints the pictures of samples, all in one style.

    Pillow decodes and encodes without Python's lock, so its workers are threads.

    Args:
        stylist: the model.
        asked: the style, as arguments of `Stylist`.
        settings: the controls.
        max_side: larger pictures are shrunk to it.
        strip: whether the pictures say nothing beside their pixels.
        size: pictures of a batch, at most.
        workers: threads that decode and encode.
    """

    def __init__(
        self,
        stylist: Stylist,
        asked: Mapping[str, Any],
        settings: Settings,
        max_side: int | None = None,
        strip: bool = False,
        size: int = 16,
        workers: int = 4,
    ) -> None:
        self.painter, self.settings, self.max_side, self.strip, self.size = (
            stylist.painter,
            settings,
            max_side,
            strip,
            size,
        )
        names = {"style": "text", "style_image": "image"}
        self.style = stylist.styles.encode(**{names.get(name, name): value for name, value in asked.items()})
        controls: dict[str, Any] = {
            name: getattr(settings, name) for name in ("strength", "colour", "stroke", "detail")
        }
        controls |= {"max_side": max_side, "strip": strip, "precision": (stylist.opened_by or [""])[-1]}
        self.says = made_by("", stylist.name, None, {**asked, **controls})
        self.pool = ThreadPoolExecutor(workers)

    def painted(self, samples: Sequence[Sample], failures: Failures, step: Callable[[], object]) -> list[Sample]:
        """The samples in their order, with a painted `jpg` in place of their picture, and their other files as they were.

        Args:
            samples: undecoded.
            failures: those that cannot be painted are left out, and noted here.
            step: is called for each picture.
        """
        files: dict[int, Future[bytes]] = {}
        encoding: deque[list[Future[bytes]]] = deque()
        for batch in self.decoded(samples, failures):
            for (number, photo), pixels in zip(batch, self.painted_together(batch, samples, failures), strict=True):
                step()
                if pixels is not None:
                    files[number] = self.pool.submit(self.encoded, photo, pixels, samples[number]["__key__"])
            encoding.append([files[number] for number, _ in batch if number in files])
            if len(encoding) > AHEAD:  # or pixels would fill the memory where encoding is slower than painting
                wait(encoding.popleft())
        done = []
        for number, future in sorted(files.items()):
            sample = samples[number]
            try:
                others = {name: value for name, value in sample.items() if name != ending_of(sample)}
                done.append({**others, "jpg": future.result()})
            except PictureError as error:
                failures[sample["__key__"]] = str(error)
        return done

    def decoded(self, samples: Sequence[Sample], failures: Failures) -> Iterator[list[Numbered]]:
        """Batches of photos of one size, each with its number; some are decoded before they are wanted."""
        waiting: deque[list[tuple[int, Future[Photo]]]] = deque()
        order = sorted(range(len(samples)), key=lambda number: header_size(samples[number]))
        for _, same in groupby(order, key=lambda number: header_size(samples[number])):
            numbers = list(same)
            for at in range(0, len(numbers), self.size):
                batch = numbers[at : at + self.size]
                waiting.append([(number, self.pool.submit(self.photo, samples[number])) for number in batch])
                if len(waiting) > AHEAD:
                    yield from self.of_one_size(waiting.popleft(), samples, failures)
        while waiting:
            yield from self.of_one_size(waiting.popleft(), samples, failures)

    def of_one_size(
        self, decoding: Sequence[tuple[int, Future[Photo]]], samples: Sequence[Sample], failures: Failures
    ) -> Iterator[list[Numbered]]:
        """The photos of a batch, apart where their headers did not tell their sizes, as of those that are turned."""
        photos: list[Numbered] = []
        for number, future in decoding:
            try:
                photos.append((number, future.result()))
            except PictureError as error:
                failures[samples[number]["__key__"]] = str(error)
        photos.sort(key=lambda one: one[1].size)
        for _, same in groupby(photos, key=lambda one: one[1].size):
            yield list(same)

    def painted_together(
        self, batch: Sequence[Numbered], samples: Sequence[Sample], failures: Failures
    ) -> list[Pixels | None]:
        """Paints photos of one size; where that fails, one by one, to find out whose fault it is."""
        try:
            return [*compose_batch(self.painter, [photo for _, photo in batch], self.style, self.settings)]
        except PictureError as error:
            if len(batch) == 1:
                failures[samples[batch[0][0]]["__key__"]] = str(error)
                return [None]
            return [pixels for one in batch for pixels in self.painted_together([one], samples, failures)]

    def photo(self, sample: Sample) -> Photo:
        """The picture of a sample."""
        found = picture_in(sample)
        if found is None:
            raise PictureError(f"no picture: none of {', '.join(ENDINGS)}")
        named = io.BytesIO(found)
        named.name = sample["__key__"]
        return Photo.open(named, self.max_side)

    def encoded(self, photo: Photo, pixels: Pixels, key: str) -> bytes:
        """A painting as a JPEG that says what made it."""
        image = photo.image(pixels)
        if not self.strip:
            return as_file(image, JPEG, note=note_of({**self.says, "photo": key}), metadata=photo.metadata)
        image = to_srgb(image)
        image.info = {}
        return as_file(image, JPEG)


def picture_in(sample: Sample) -> bytes | None:
    """The undecoded picture of a sample."""
    return sample.get(ending_of(sample))


def ending_of(sample: Sample) -> str:
    """The ending of its picture; of several, as where a mask lies beside a photo, the first of `ENDINGS`. Empty: there is none."""
    return next((ending for ending in ENDINGS if ending in sample), "")


def header_size(sample: Sample) -> tuple[int, int]:
    """Width and height that the header of its picture tells; of none that can be read 0."""
    try:
        with open_header(io.BytesIO(picture_in(sample) or b"")) as image:
            return image.size
    except Exception:  # what is wrong with it is said when it is decoded
        return 0, 0
