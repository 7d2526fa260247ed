"""What visitors of the page have asked for and not got yet."""

import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from txst.commands.requests import say

FETCHING = 2  # seconds in which a visitor fetches the file of a painting after being told of it


class Visits:
    """An ASGI app: the page, with a count of the streams by which Gradio tells visitors what becomes of their paintings.

    Gradio keeps such a stream open as long as something that its visitor asked for waits or is in work.
    """

    def __init__(self, page: Any) -> None:
        self.page = page
        self.streams = 0
        self.told = -float(FETCHING)  # when the latest stream ended

    async def __call__(
        self,
        scope: MutableMapping[str, Any],
        receive: Callable[[], Awaitable[Any]],
        send: Callable[[Any], Awaitable[None]],
        ending: bool,
    ) -> None:
        """Passes a request on; what would begin something is refused where the server is ending."""
        method, path = scope.get("method"), scope.get("path", "")
        if ending and method == "POST":
            await say(send, 503, "the server is ending")
            return
        streams = method == "GET" and (path.endswith("/queue/data") or "/gradio_api/call/" in path)
        self.streams += streams
        try:
            await self.page(scope, receive, send)
        finally:
            self.streams -= streams
            if streams:
                self.told = time.monotonic()

    def busy(self) -> bool:
        """Whether a visitor waits for a painting, or fetches it."""
        return self.streams > 0 or time.monotonic() < self.told + FETCHING
