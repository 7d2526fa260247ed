"""The interface: `/v1/paint`, `/v1/styles`, `/v1/describe`, `/healthz`, `/metrics`, and `/openapi.json`, which describes them."""

import asyncio
import json
import re
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import Depends, FastAPI, Query, Request, Response
from fastapi.security import HTTPBearer
from prometheus_client import CONTENT_TYPE_LATEST
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

import txst
from txst.commands.errors import Stopped
from txst.commands.styles import kinds, search
from txst.inference.styles import LONGEST
from txst.inference.stylist import Stylist
from txst.service.errors import HANDLERS
from txst.service.fields import FIELDS, REPEATED, PaintFields
from txst.service.figures import Figures
from txst.service.limits import Limits
from txst.service.painting import Painted, paint

NOTICES = "X-Txst-Notices"


class Problem(BaseModel):
    """Why there is no answer."""

    detail: str = Field(description="One sentence: what is wrong, and the remedy.")
    request_id: str = Field(description="As in the header X-Request-ID and in the server's log.")


class Styles(BaseModel):
    """What the model knows by name."""

    model: str
    styles: dict[str, dict[str, list[str]]] = Field(
        description="artists, movements, media, textures, words -> movement of artists, of others an empty name -> names"
    )


class Described(BaseModel):
    """What the model understands of a style."""

    style: str
    understood: str


class Health(BaseModel):
    """That the server answers."""

    status: str
    version: str
    model: str


Answers = dict[int | str, dict[str, Any]]  # status -> its description in OpenAPI


def problems(meanings: dict[int, str]) -> Answers:
    """The answers that are no success, with what each means."""
    return {status: {"model": Problem, "description": meaning} for status, meaning in meanings.items()}


COMMON = problems(
    {408: "The request did not arrive in time.", 413: "The request is too large.", 422: "It cannot be meant."}
)
HEADERS = {
    "X-Request-ID": {"schema": {"type": "string"}, "description": "The client's, or one of the server's."},
    NOTICES: {
        "schema": {"type": "string"},
        "description": "A JSON list: what was understood of the style, and what is not used.",
    },
    "Content-Disposition": {"schema": {"type": "string"}, "description": "The name of the result, with its controls."},
}
PAINTED: Answers = {
    200: {
        "description": "The painting, in the photo's exact size.",
        "headers": HEADERS,
        "content": {
            f"image/{kind}": {"schema": {"type": "string", "format": "binary"}}
            for kind in ("jpeg", "png", "webp", "tiff")
        },
    },
    429: {
        "model": Problem,
        "description": "The queue is full.",
        "headers": {"Retry-After": {"schema": {"type": "integer"}, "description": "Seconds."}},
    },
    **problems(
        {
            400: "The body is no form.",
            415: "The body is no multipart/form-data.",
            503: "The server is ending.",
            504: "It was not painted in time.",
            507: "The server has no room for it.",
        }
    ),
}


async def only_known_parameters(request: Request) -> None:
    """The same for what is in the address."""
    known = [field.alias for field in request.scope["route"].dependant.query_params]
    there = f"there are {', '.join(known)}" if known else "fields come in the form"
    for name in request.query_params:
        if name not in known:
            raise HTTPException(422, f"the address takes no parameter {name!r}; {there}")
        if len(request.query_params.getlist(name)) > 1:
            raise HTTPException(422, f"{name} is given several times, and taken once")


async def only_known_fields(request: Request) -> None:
    """Refuses what would be dropped without a word: unknown fields, fields without a value, and those given twice."""
    if not request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        raise HTTPException(415, "the photo comes in a form: send multipart/form-data")
    form = await request.form()
    for name in form:
        values = form.getlist(name)
        if name not in FIELDS:
            raise HTTPException(422, f"there is no field {name!r}; there are {', '.join(FIELDS)}")
        if len(values) > 1 and name not in REPEATED:
            raise HTTPException(422, f"{name} is given {len(values)} times, and taken once")
        if "" in values:
            raise HTTPException(422, f"{name} has no value: leave it out, or give it one")


class Interface:
    """The answers of one model.

    Args:
        stylist: the model.
        turn: is held while a picture is painted, by the page too.
        figures: for `/metrics`.
        is_ending: whether the server begins no further painting.
    """

    def __init__(self, stylist: Stylist, turn: threading.Lock, figures: Figures, is_ending: Callable[[], bool]) -> None:
        self.stylist, self.turn, self.figures, self.is_ending = stylist, turn, figures, is_ending
        self.painter = ThreadPoolExecutor(1, "painter")  # in the order in which they were asked for

    async def paint(self, request: Request, fields: Annotated[PaintFields, Depends()]) -> Response:
        """Paints a photo. Fields are called as the options of the command line, and mean the same."""
        stop = threading.Event()
        work = request.scope["txst.work"] = self.painter.submit(self.work, fields, stop)
        try:
            painted = await asyncio.wrap_future(work)
        finally:
            stop.set()
        plain = re.sub(r"[^\w.,+=-]", "_", painted.name, flags=re.ASCII)  # curl reads no other
        said = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(painted.name)}"
        headers = {"Content-Disposition": said}
        if painted.notices:
            headers[NOTICES] = json.dumps(painted.notices)
        return Response(painted.data, media_type=painted.media_type, headers=headers)

    def work(self, fields: PaintFields, stop: threading.Event) -> Painted:
        """Paints, and counts it."""
        while not self.turn.acquire(timeout=0.1):  # the page paints
            if stop.is_set():
                raise Stopped
        try:
            begun = time.monotonic()
            painted = paint(self.stylist, fields, stop)
            self.figures.painted(time.monotonic() - begun)
        finally:
            self.turn.release()
        return painted

    def styles(
        self,
        find: Annotated[str, Query(max_length=LONGEST, description="A part of a name, spelling or movement.")] = "",
    ) -> Styles:
        """The styles that the model knows by name; none of a model that reads any text."""
        palette = self.stylist.painter.palette
        found = {kind: search(palette, kind, names, find) for kind, names in kinds(palette).items()} if palette else {}
        return Styles(model=self.stylist.name, styles={kind: groups for kind, groups in found.items() if groups})

    def describe(
        self,
        style: Annotated[str, Query(min_length=1, max_length=LONGEST, description="As for /v1/paint.")],
        nearest: Annotated[bool, Query(description="Take the nearest known style for an unknown one.")] = False,
    ) -> Described:
        """What the model understands of a style, without painting; what it cannot paint is refused as /v1/paint does."""
        self.stylist.styles.encode(style, nearest=nearest)
        return Described(style=style, understood=self.stylist.describe(style, nearest))

    def health(self) -> Health:
        """Whether the server takes work; it needs no key."""
        if self.is_ending():
            raise HTTPException(503, "the server is ending")
        return Health(status="ok", version=txst.__version__, model=self.stylist.name)

    def metrics(self) -> Response:
        """Counts and times, for Prometheus."""
        return Response(self.figures.text(), media_type=CONTENT_TYPE_LATEST)


def build(interface: Interface, limits: Limits, with_keys: bool) -> FastAPI:
    """The interface as an app. Nothing of it asks another server, so its description has no page of its own."""
    app = FastAPI(
        title="txst",
        version=txst.__version__,
        summary="Text-driven style transfer.",
        description=f"A request to paint has {limits.upload >> 20} MiB at most, and its answer within {limits.seconds:g} s. "
        f"One picture is painted at a time, and {limits.queue} wait at most.",
        docs_url=None,
        redoc_url=None,
        exception_handlers=HANDLERS,
    )
    key = [Depends(HTTPBearer(auto_error=False, description="A key of the server's file."))] if with_keys else []
    known = Depends(only_known_parameters)
    no_key = problems({401: "The key is missing or wrong."}) if with_keys else {}
    app.post(
        "/v1/paint",
        dependencies=[*key, known, Depends(only_known_fields)],
        response_class=Response,
        responses={**COMMON, **PAINTED, **no_key},
    )(interface.paint)
    asks: dict[str, Any] = {"dependencies": [*key, known], "responses": {**COMMON, **no_key}}
    app.get("/v1/styles", **asks)(interface.styles)
    app.get("/v1/describe", **asks)(interface.describe)
    app.get("/healthz", responses=problems({503: "The server is ending."}))(interface.health)
    app.get(
        "/metrics",
        response_class=Response,
        responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}, **no_key},
        dependencies=key,
    )(interface.metrics)
    return app
