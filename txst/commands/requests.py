"""What the page's server takes of a request, and what it keeps of one that fails."""

from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any

from starlette.requests import ClientDisconnect

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

FORM = 2**20  # bytes of a request beside its file: the names and boundaries of a form, or the values of the controls


class TooLarge(Exception):
    """A request that goes on beyond what is taken."""


class BoundedRequests:
    """An ASGI middleware: no request is larger than one file, and of an upload that fails nothing stays on the disk.

    Gradio bounds each file of a request and not their sum, and where the disk is full it leaves what it has written of a file.

    Args:
        app: what answers.
        folder: to which files are uploaded: as plain files as long as they are being written.
        upload: bytes of a file.
    """

    def __init__(self, app: Any, folder: Path, upload: int) -> None:
        self.app, self.folder, self.upload = app, folder, upload
        self.uploading = 0  # requests

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        uploads = scope["path"].rstrip("/").endswith("/upload")
        most = FORM + (self.upload if uploads else 0)
        taken, answered = 0, False

        async def bounded() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > most:
                raise TooLarge
            return message

        async def noted(message: Message) -> None:
            nonlocal answered
            answered = True
            await send(message)

        failed: Exception | None = None
        self.uploading += uploads
        try:
            if length(scope) > most:
                raise TooLarge
            await self.app(scope, bounded, noted)
        except ClientDisconnect:  # nobody waits for an answer
            pass
        except (TooLarge, OSError) as error:
            if answered:
                raise
            failed = error
        finally:
            self.uploading -= uploads
            if uploads and not self.uploading:  # those that came through lie in folders by now
                for file in self.folder.iterdir():
                    if file.is_file():
                        file.unlink(missing_ok=True)
        if failed:
            await refuse(send, failed, most)


async def refuse(send: Send, failed: Exception, most: int) -> None:
    """Answers a request that was larger than `most` bytes, or that there was no room for."""
    if isinstance(failed, TooLarge):
        await say(send, 413, f"{(most - FORM or FORM) >> 20} MiB at most are taken in one request")
    else:
        await say(send, 507, "there is no room for it on the server's disk")


def length(scope: MutableMapping[str, Any]) -> int:
    """Bytes that a request says it has; 0 where it does not say."""
    said = dict(scope["headers"]).get(b"content-length", b"")
    return int(said) if said.isdigit() else 0


async def say(send: Send, status: int, reason: str) -> None:
    """Answers with a plain sentence."""
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": reason.encode()})
