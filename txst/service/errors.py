"""Errors as answers: the sentence of the command line, as JSON."""

import errno
from collections.abc import Callable
from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from txst.model_folder.config import ModelFolderError

FAILED = "the server failed; its log says more under this id"


def refused(request: Request, status: int, detail: str, headers: Any = None) -> JSONResponse:
    request.scope["txst.detail"] = detail
    content = {"detail": detail, "request_id": request.scope.get("txst.id", "")}
    return JSONResponse(content, status, dict(headers or {}))


async def on_http_error(request: Request, error: Any) -> JSONResponse:
    return refused(request, error.status_code, error.detail, error.headers)


async def on_wrong_field(request: Request, error: Any) -> JSONResponse:
    said = [
        f"{wrong['loc'][-1] if len(wrong['loc']) < 3 else wrong['loc'][1]}: {wrong['msg']}"
        for wrong in error.errors()
        if wrong["type"] != "none_required"  # a field that may be left out is none, which says nothing to a client
    ]
    return refused(request, 422, "; ".join(said))


async def on_wrong_value(request: Request, error: Any) -> JSONResponse:
    return refused(request, 422, str(error).replace(" (PIL.Image.MAX_IMAGE_PIXELS)", ""))


async def on_broken_model(request: Request, error: Any) -> JSONResponse:
    raise error  # no client can mend it: it is a failure of the server


async def on_no_memory(request: Request, error: Any) -> JSONResponse:
    return refused(request, 413, "too large for the memory of the server: shrink it (max_side=...)")


async def on_full_disk(request: Request, error: Any) -> JSONResponse:
    if error.errno not in (errno.ENOSPC, errno.EDQUOT):
        raise error
    return refused(request, 507, "there is no room for it on the server's disk")


async def on_failure(request: Request, _: Exception) -> JSONResponse:
    return refused(request, 500, FAILED)


HANDLERS: dict[Any, Callable[[Request, Any], Any]] = {
    HTTPException: on_http_error,
    RequestValidationError: on_wrong_field,
    ValueError: on_wrong_value,
    ModelFolderError: on_broken_model,
    MemoryError: on_no_memory,
    OSError: on_full_disk,
    Exception: on_failure,
}
