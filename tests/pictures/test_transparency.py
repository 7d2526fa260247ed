"""Masks with transparency, and pictures with hidden pixels: what is hidden has no part, whatever it holds."""

import io

import numpy as np
import pytest
from PIL import Image

from txst.data.pictures import cut, inspect, to_jpeg
from txst.evaluation.sources import square
from txst.images import contact_sheet
from txst.inference.composing import as_mask
from txst.inference.photo import Photo
from txst.inference.styles import style_picture
from txst.pictures.limits import PictureError, PictureWarning
from txst.pictures.transparency import filled

SIZE = (40, 30)
HALF = np.zeros((30, 40), np.uint8)
HALF[:, :20] = 255
KINDS = [
    "RGBA",
    "LA",
    "palette with alpha",
    "palette with one hidden colour",
    "grey with one hidden grey",
    "RGB with one hidden colour",
    "16 bits",
]


def encoded(image, **options):
    data = io.BytesIO()
    image.save(data, "PNG", **options)
    return data.getvalue()


def of_kind(kind, grey, alpha):
    """A PNG of greys [H, W], of which those with an alpha of 0 are hidden in that way."""
    if kind in ("RGBA", "LA"):
        channels = [grey] * (3 if kind == "RGBA" else 1)
        return encoded(Image.fromarray(np.dstack([*channels, alpha])))
    if kind == "16 bits":
        deep = np.where(alpha, np.minimum(grey.astype(np.uint16) * 257, 65534), 65535)
        return encoded(Image.fromarray(deep.astype(np.uint16)), transparency=65535)
    index = np.where(alpha, np.where(grey > 127, 1, 0), 2).astype(np.uint8)
    if kind.startswith("palette"):
        image = Image.fromarray(index).convert("P")
        image.putpalette([0, 0, 0, 255, 255, 255, 99, 99, 99])
        return encoded(image, transparency=b"\xff\xff\0" if kind == "palette with alpha" else 2)
    levels = np.array([0, 255, 99], np.uint8)[index]
    if kind.startswith("grey"):
        return encoded(Image.fromarray(levels), transparency=99)
    return encoded(Image.fromarray(levels).convert("RGB"), transparency=(99, 99, 99))


@pytest.mark.parametrize("kind", KINDS)
def test_alpha_multiplies_a_mask_however_it_is_stored(kind):
    white = np.zeros((30, 40), np.uint8)
    white[:15] = 255  # white above, black below; and the right half is hidden
    mask = as_mask(of_kind(kind, white, HALF), SIZE)
    assert np.array_equal(mask > 127, (white > 0) & (HALF > 0))


@pytest.mark.parametrize("kind", [k for k in KINDS if "hidden" not in k or "palette" in k])
@pytest.mark.parametrize("grey", [0, 255])
def test_where_the_visible_part_has_one_colour_alpha_alone_is_the_mask(kind, grey):
    assert np.array_equal(as_mask(of_kind(kind, np.full((30, 40), grey, np.uint8), HALF), SIZE) > 127, HALF > 127)


def test_alpha_in_between_is_strength_in_between_and_rounding_of_a_soft_brush_is_no_second_colour():
    alpha = np.tile(np.arange(40, dtype=np.uint8) * 6, (30, 1))
    red = np.dstack([np.full((30, 40, 3), (224, 32, 32), np.uint8), alpha])
    red[:, 1:5, :3] += 9  # hardly visible
    assert np.array_equal(as_mask(Image.fromarray(red), SIZE), alpha)
    mixed = np.dstack([np.full((30, 40, 3), 128, np.uint8), alpha])
    mixed[0, 39, :3] = 255
    assert np.abs(as_mask(Image.fromarray(mixed), SIZE)[1:].astype(int) - alpha[1:] * (128 / 255)).max() <= 1


def test_an_opaque_mask_is_as_white_as_it_is():
    for grey in (2, 128, 255):
        opaque = Image.new("RGBA", SIZE, (grey, grey, grey, 255))
        assert np.unique(as_mask(opaque, SIZE)).tolist() == [grey]


def torch_of(kind):
    def tensor(array):
        torch = pytest.importorskip("torch")
        return torch.from_numpy(array).to(getattr(torch, kind))

    return tensor


NUMBERS = {
    "bool": lambda m: m,
    "0 and 1": lambda m: m.astype(np.uint8),
    "0 and 255": lambda m: m.astype(np.uint8) * 255,
    "int64 of 0 and 1": lambda m: m.astype(np.int64),
    "uint16 of 0 and 255": lambda m: m.astype(np.uint16) * 255,
    "float32": lambda m: m.astype(np.float32),
    "float64": lambda m: m.astype(np.float64),
    "one channel": lambda m: m[..., None],
    "RGBA": lambda m: np.dstack([np.zeros((*m.shape, 3), np.uint8), m.astype(np.uint8) * 255]),
    "bool tensor": torch_of("bool"),
    "bfloat16 tensor": torch_of("bfloat16"),
    "int tensor": torch_of("int32"),
    "tensor of a channel": lambda m: torch_of("float32")(m[None]),
    "batch of one": lambda m: torch_of("bool")(m[None, None]),
    "PIL of 1 bit": Image.fromarray,
    "PIL of 0 and 1": lambda m: Image.fromarray(m.astype(np.uint8)),
    "PNG of 0 and 1": lambda m: encoded(Image.fromarray(m.astype(np.uint8))),
    "PNG of 0 and 1 in 16 bits": lambda m: encoded(Image.fromarray(m.astype(np.uint16))),
    "open file": lambda m: io.BytesIO(encoded(Image.fromarray(m))),
}


@pytest.mark.parametrize("kind", NUMBERS)
def test_a_mask_may_be_numbers_of_any_type(kind):
    assert np.array_equal(as_mask(NUMBERS[kind](HALF > 0), SIZE), HALF)


def test_numbers_that_are_no_mask_are_refused_and_a_black_one_is_said():
    for wrong, says in ((HALF.astype(int) * 2, "lie between 0 and 510"), (HALF - 1.0, "floats"), (None, "no None")):
        with pytest.raises(PictureError, match=says):
            as_mask(wrong, SIZE)
    with pytest.warns(PictureWarning, match="black all over"):
        as_mask(np.zeros((30, 40), bool), SIZE)


def cutouts(mode="RGBA", seed=0):
    """The same visible ellipse twice, with black and with white hidden behind it."""
    y, x = np.mgrid[0:90, 0:120]
    seen = ((x - 60) / 40) ** 2 + ((y - 45) / 30) ** 2 < 1
    colours = np.random.default_rng(seed).integers(0, 256, (90, 120, 3), dtype=np.uint8)
    for hidden in (0, 255):
        pixels = np.where(seen[..., None], colours, hidden).astype(np.uint8)
        image = Image.fromarray(np.dstack([pixels, seen * np.uint8(255)]))
        yield image.convert("LA") if mode == "LA" else image


def as_palette(image):
    """A palette PNG whose hidden entry has the colour that is hidden."""
    pixels, seen = np.asarray(image)[..., 0] // 86, np.asarray(image)[..., 3] > 0
    hidden = int(np.asarray(image)[0, 0, 0])
    index = np.where(seen, pixels, 3).astype(np.uint8)
    out = Image.fromarray(index).convert("P")
    out.putpalette([10, 20, 30, 90, 60, 80, 250, 240, 90, hidden, hidden, hidden])
    return Image.open(io.BytesIO(encoded(out, transparency=b"\xff\xff\xff\0")))


@pytest.mark.parametrize("kind", ["RGBA", "LA", "palette", "array", "floats", "PNG"])
@pytest.mark.parametrize("largest", [None, 50])
def test_what_a_cutout_hides_never_reaches_the_model(kind, largest):
    make = {
        "LA": lambda image: image.convert("LA"),
        "palette": as_palette,
        "array": np.asarray,
        "floats": lambda image: np.asarray(image) / 255,
        "PNG": encoded,
    }.get(kind, lambda image: image)
    black, white = (Photo.open(make(image), largest) for image in cutouts())
    assert np.array_equal(black.pixels, white.pixels)
    assert np.array_equal(black.scaled(0.5).pixels, white.scaled(0.5).pixels)
    visible = black.alpha == 255
    assert np.array_equal(black.pixels[visible], black.stored[visible])


@pytest.mark.parametrize("kind", ["RGBA", "LA", "palette"])
def test_what_a_style_picture_hides_and_its_margins_have_no_part_in_the_style(kind):
    make = {"palette": as_palette, "LA": lambda image: image.convert("LA")}.get(kind, lambda image: image)
    black, white = (style_picture(make(image), 64) for image in cutouts())
    assert np.array_equal(black, white)
    picture = Image.fromarray(np.random.default_rng(0).integers(0, 256, (60, 80, 3), dtype=np.uint8))
    framed = Image.new("RGBA", (200, 150))
    framed.paste(picture, (50, 40))
    assert np.abs(style_picture(framed, 64) - style_picture(picture, 64)).max() <= 1.5 / 255


DATA_DOORS = {
    "fingerprint": lambda data: inspect(data, 1)["fingerprint"],
    "packed into a shard": lambda data: to_jpeg(data, 0),
    "shrunk into a shard": lambda data: to_jpeg(data, 30),
    "read from a shard": lambda data: cut(data, 32, 40, None).numpy().tobytes(),
    "measured": lambda data: square(data, 32).tobytes(),
    "shown on a sheet": lambda data: contact_sheet([[Image.open(io.BytesIO(data))]], 64, ["a"], []).tobytes(),
}


@pytest.mark.parametrize("door", DATA_DOORS)
def test_what_is_hidden_is_white_in_training_measuring_and_on_sheets(door):
    black, white = (DATA_DOORS[door](encoded(image)) for image in cutouts())
    assert black == white


def test_hidden_pixels_take_the_colours_of_those_near_them():
    pixels = np.zeros((40, 300, 3), np.uint8)
    pixels[:, :100], pixels[:, 200:] = (200, 40, 40), (40, 40, 200)
    alpha = np.zeros((40, 300), np.uint8)
    alpha[:, :100] = alpha[:, 200:] = 255
    spread = filled(pixels, alpha).astype(int)
    assert np.abs(spread[:, 100:110] - (200, 40, 40)).max() < 40
    assert np.abs(spread[:, 190:200] - (40, 40, 200)).max() < 40
    assert np.abs(np.diff(spread, axis=1)).max() < 20  # and no edge that a model would paint
    assert np.unique(filled(pixels, alpha * 0)).size == 1  # nothing is visible


def test_large_pictures_are_filled_from_a_small_copy_and_opaque_ones_are_left_alone():
    pixels = np.full((30, 2000, 3), 90, np.uint8)
    alpha = np.full((30, 2000), 255, np.uint8)
    assert filled(pixels, alpha) is pixels
    alpha[:, 300:1700] = 0
    pixels[alpha == 0] = 255
    assert np.abs(filled(pixels, alpha).astype(int) - 90).max() <= 2


@pytest.mark.parametrize("kind", ["L", "RGB"])
def test_a_hidden_colour_is_applied_before_a_picture_is_shrunk(kind):
    """Else its edges would be mixed, and no pixel of them hidden any more."""
    levels = Image.fromarray(np.where(HALF, 200, 99).astype(np.uint8)).convert(kind)
    small = Photo.open(encoded(levels, transparency=99 if kind == "L" else (99, 99, 99)), 20)
    assert small.alpha is not None
    assert np.array_equal(small.alpha[:, [0, -1]], np.tile([255, 0], (15, 1)))
    assert np.abs(small.pixels[small.alpha > 20].astype(int) - 200).max() <= 12
