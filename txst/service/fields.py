"""The form of `POST /v1/paint`: fields that are called as the options of `txst PHOTO...`, and mean the same."""

import io
from argparse import Namespace
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Annotated, Any, Literal

from fastapi import File, Form, UploadFile
from pydantic import Field
from pydantic.json_schema import SkipJsonSchema

from txst.commands.arguments import RequestedStyle, controls, requested_styles
from txst.inference.styles import LONGEST, ONE

MOST = 32  # regions, and files beside the photo
Nothing = SkipJsonSchema[None]  # what a form leaves out is not there, and never null
Extension = Literal["jpg", "png", "webp", "tiff"]
Name = Annotated[str, Field(max_length=LONGEST)]  # of a style
Mixture = Annotated[str, Field(max_length=4 * LONGEST)]
Short = Annotated[str, Field(max_length=255)]  # a number, or a file's name


def number(description: str, **schema: Any) -> Any:
    """A field whose range the schema tells and painting checks, so that its error is that of the command line."""
    return Form(description=description, json_schema_extra=schema)


@dataclass(kw_only=True)
class PaintFields:
    """What is painted, and how; docs/CONTROLS.md shows the controls."""

    photo: Annotated[UploadFile, File(description="The picture to paint.")]
    style: Annotated[
        Name | Nothing,
        Form(description="An artist, a movement, a medium or a texture, with words for the look: dark monet."),
    ] = None
    style_image: Annotated[UploadFile | Nothing, File(description="A picture in the style, instead of a name.")] = None
    mix: Annotated[
        Mixture | Nothing,
        Form(description="Several styles with weights: van gogh:0.7, ukiyo-e:0.3; @NAME is one of the files."),
    ] = None
    variation: Annotated[int, number("1 paints after another work of the artist, and so on.", minimum=0)] = 0
    nearest: Annotated[bool, Form(description="If a style is unknown, paint in the nearest known one.")] = False
    strength: Annotated[
        Short, Form(description="0 (the photo) to 1, also 50%; or the name of one of the files, a mask: white is 1.")
    ] = "1"
    colour: Annotated[Short, Form(description="content (0, the photo's colours), style (1), or a number between.")] = (
        "style"
    )
    stroke: Annotated[float, number("2 makes strokes twice as large; 0 paints a large photo in its own size.", minimum=0, maximum=32)] = 1.0  # fmt: skip
    fineness: Annotated[
        Short | Nothing,
        Form(
            description="Of a model that chooses strokes by place: 0 (broad) to 1 (fine), or the name of one of the files, a mask."
        ),
    ] = None
    detail: Annotated[float, number("How much of the photo's fine detail to keep.", minimum=0, maximum=1)] = 0.0
    region: Annotated[
        list[Annotated[str, Form(max_length=2 * LONGEST)]],
        Form(
            default_factory=list,
            description="MASK=STYLE paints the white part of a mask, one of the files, in another style (@NAME: a picture of the files).",
            max_length=MOST,
        ),
    ]
    reference_frame: Annotated[
        UploadFile | Nothing, File(description="Of a video, the frame whose feature statistics all frames take.")
    ] = None
    shape: Annotated[bool, Form(description="The thing in the photo takes the shape of that in the style picture.")] = (
        False
    )
    mask: Annotated[UploadFile | Nothing, File(description="For shape: a mask, white on the thing in the photo.")] = (
        None
    )
    style_mask: Annotated[
        UploadFile | Nothing, File(description="For shape: a mask, white on the thing in the style picture.")
    ] = None
    max_side: Annotated[
        Annotated[int, Field(ge=1)] | Nothing,
        Form(description="Shrink a photo whose longer side has more pixels than this."),
    ] = None
    strip: Annotated[
        bool, Form(description="Leave out EXIF, XMP, resolution, colour profile, and what made the result.")
    ] = False
    format: Annotated[
        Extension | Nothing,
        Form(description="Of the answer; without it jpg for a photo named .jpg, and png for others."),
    ] = None
    files: Annotated[
        list[UploadFile],
        File(
            default_factory=list,
            description="Masks and pictures that strength, fineness, mix and region name.",
            max_length=MOST,
        ),
    ]

    def style_and_controls(self) -> tuple[RequestedStyle, dict[str, Any]]:
        """What the command line makes of the same options; files are their names.

        Raises:
            ValueError: something cannot be meant.
        """
        args = Namespace(
            style=given(self.style),
            style_image=given(path_of(self.style_image)),
            mix=given(self.mix),
            variation=self.variation,
            nearest=self.nearest,
            strength=self.strength,
            colour=self.colour,
            stroke=self.stroke,
            fineness=self.fineness,
            detail=self.detail,
            region=self.region,
            reference_frame=path_of(self.reference_frame),
            shape=self.shape,
            mask=path_of(self.mask),
            style_mask=path_of(self.style_mask),
            max_side=self.max_side,
            keyframes=None,
        )
        styles = list(requested_styles(args))
        if len(styles) > 1:
            raise ValueError(ONE)
        return styles[0], controls(args)

    def extension(self) -> str:
        """The ending of the result's name."""
        if self.format:
            return self.format
        return "jpg" if PurePath(name_of(self.photo)).suffix.lower() in (".jpg", ".jpeg", ".jfif") else "png"


FIELDS = tuple(PaintFields.__dataclass_fields__)
REPEATED = ("region", "files")
ONES = ("style_image", "reference_frame", "mask", "style_mask")  # files beside the photo with fields of their own


def given(value: Any) -> list[Any]:
    return [] if value is None else [value]


def name_of(upload: UploadFile) -> str:
    """The name that a client gave a file, without folders; never empty."""
    return PurePath((upload.filename or "").replace("\\", "/")).name or "picture"


def path_of(upload: UploadFile | None) -> Path | None:
    return None if upload is None else Path(name_of(upload))


class Uploads:
    """The files that `strength`, `mix` and `region` name, read when they are wanted.

    Raises:
        ValueError: two of them have one name.
    """

    def __init__(self, files: list[UploadFile]) -> None:
        self.files = {name_of(upload): upload for upload in files}
        self.used: set[str] = set()
        if len(self.files) < len(files):
            raise ValueError("two of the files have one name: mask and style could not tell them apart")

    def put_in(self, value: Any) -> Any:
        """An argument of `Stylist.paint` with the files in place of their names."""
        if isinstance(value, (list, tuple)):
            return type(value)(self.put_in(part) for part in value)
        return self.opened(value.name) if isinstance(value, Path) else value

    def opened(self, name: str) -> io.BytesIO:
        """The bytes of a file, under its name."""
        if name not in self.files:
            raise ValueError(f"{name!r} is named, and not sent: add the picture to the files under this name")
        self.used.add(name)
        return opened(self.files[name])

    def unused(self) -> Iterator[str]:
        """Names of those that nothing has named."""
        return iter(sorted(self.files.keys() - self.used))


def opened(upload: UploadFile) -> io.BytesIO:
    """The bytes of an upload, under its name."""
    upload.file.seek(0)
    buffer = io.BytesIO(upload.file.read())
    buffer.name = name_of(upload)
    return buffer
