"""What stands before the interface: keys, limits of size, time and queue, request ids, the log, and clients that break off."""

import asyncio
import json
import logging
import re
import time
import uuid
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from math import ceil
from typing import Any

from starlette.exceptions import HTTPException

from txst.commands.requests import FORM, length
from txst.files.printable import printable
from txst.service.errors import FAILED
from txst.service.figures import Figures
from txst.service.keys import Keys
from txst.service.limits import ARRIVING, LINGER, PATIENCE, SLOWEST, Limits
from txst.service.visits import Visits

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Refusal = tuple[int, str, dict[str, str]]

LOG = logging.getLogger("txst.service")
PAINT = "/v1/paint"
OPEN = ("/healthz",)  # without a key
PATHS = (PAINT, "/v1/styles", "/v1/describe", "/healthz", "/metrics", "/openapi.json")
ID = re.compile(r"[\w.:-]{1,64}", re.ASCII)  # of a request, as a client may name it
GONE = 499  # in the log and the figures, as nginx calls it: the client broke off


class Gate:
    """An ASGI app: the interface behind its limits, and the page, if there is one, for all other paths."""

    def __init__(self, interface: Any, page: Any, limits: Limits, keys: Keys, figures: Figures) -> None:
        self.interface, self.page = interface, page
        self.limits, self.keys, self.figures = limits, keys, figures
        self.inside = 0  # paintings that wait or are in work
        self.arriving = 0  # requests for them that have not arrived as a whole
        self.visits = Visits(page) if page else None
        self.ending = False  # no further painting begins

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        if scope["type"] == "http" and (path in PATHS or path.startswith("/v1/") or self.page is None):
            await Exchange(self, scope, receive, send).run()
        elif self.visits:
            await self.visits(scope, receive, send, self.ending)
        else:
            await self.interface(scope, receive, send)

    def busy(self) -> bool:
        """Whether there is a painting that has not reached its client."""
        return bool(self.inside or self.arriving or (self.visits and self.visits.busy()))

    def enter(self, count: int) -> None:
        """So many more paintings wait or are in work, or fewer."""
        self.inside += count
        self.figures.inside.set(self.inside)

    def soon(self) -> int:
        """Seconds until there will be room in the queue, roughly."""
        return max(1, ceil(self.figures.mean))


class Exchange:
    """One request and its answer."""

    def __init__(self, gate: Gate, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        self.gate, self.scope, self._receive, self._send = gate, scope, receive, send
        self.headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        given = self.headers.get("x-request-id", "")
        self.id = scope["txst.id"] = given if ID.fullmatch(given) else uuid.uuid4().hex
        self.paints = scope["path"] == PAINT and scope["method"] == "POST"
        self.most = FORM + (gate.limits.upload if self.paints else 0)
        self.key: int | None = None
        self.taken = self.given = self.status = 0  # bytes in, bytes out
        self.read = False  # the whole request
        self.waits = False  # in the queue, or is in work
        self.left = False  # the client
        self.deadline = asyncio.timeout(gate.limits.seconds)
        self.begun = time.monotonic()
        self.work: asyncio.Task[None] | None = None
        self.watch: asyncio.Task[None] | None = None

    async def run(self) -> None:
        """Answers, whatever happens, and writes a line into the log."""
        try:
            async with self.deadline:
                await self.answer()
        except TimeoutError:
            await self.late()
        except Exception:
            LOG.exception("%s failed", self.id)
            if not self.status:
                await self.say(500, FAILED)
        finally:
            await self.end()
            self.note(time.monotonic() - self.begun)

    async def answer(self) -> None:
        """Refuses the request, or passes it on."""
        if refusal := self.refusal():
            await self.say(*refusal)
            return
        self.gate.arriving += self.paints
        try:
            self.work = asyncio.create_task(self.gate.interface(self.scope, self.receive, self.send))
            await asyncio.wait({self.work})
            if not self.left:
                self.work.result()  # or what failed
        finally:
            work = self.scope.get("txst.work")
            if not self.waits:
                self.gate.arriving -= self.paints
            elif work and not work.done():  # what nobody waits for any more keeps its place as long as it computes
                loop = asyncio.get_running_loop()
                work.add_done_callback(lambda _: loop.is_closed() or loop.call_soon_threadsafe(self.gate.enter, -1))
            else:
                self.gate.enter(-1)

    def arrived(self) -> None:
        """Puts a painting into the queue."""
        if self.gate.inside > self.gate.limits.queue:
            status, said, headers = self.full(self.gate.inside, "wait")
            raise HTTPException(status, said, headers)
        self.waits = True
        self.gate.arriving -= 1
        self.gate.enter(1)

    def full(self, count: int, do: str) -> Refusal:
        return 429, f"{count} paintings {do} already: ask again later", {"retry-after": str(self.gate.soon())}

    def refusal(self) -> Refusal | None:
        """Status, sentence and headers, where the request is not even read."""
        gate, path = self.gate, self.scope["path"]
        if gate.keys.file is not None and path not in OPEN:
            scheme, _, key = self.headers.get("authorization", "").partition(" ")
            self.key = gate.keys.line_of(key.strip()) if scheme.lower() == "bearer" else None
            if self.key is None:
                said = "a key is needed: send it as Authorization: Bearer KEY"
                return 401, said, {"www-authenticate": "Bearer"}
        if length(self.scope) > self.most:
            return 413, self.too_large(), {}
        if self.paints and gate.ending:
            return 503, "the server is ending: ask again, another one may answer", {"retry-after": "5"}
        if self.paints and gate.inside > gate.limits.queue:
            return self.full(gate.inside, "wait")
        if self.paints and gate.inside + gate.arriving > gate.limits.queue + ARRIVING:
            return self.full(gate.inside + gate.arriving, "wait or arrive")
        return None

    def too_large(self) -> str:
        return f"{(self.most - FORM or FORM) >> 20} MiB at most are taken in one request"

    async def receive(self) -> Message:
        """The next part of the request; after its last one, whether the client is still there is watched."""
        if self.read:
            if self.watch:
                await self.watch
            return {"type": "http.disconnect"}
        try:
            async with asyncio.timeout(self.begun + PATIENCE + self.taken / SLOWEST - time.monotonic()):
                message = await self._receive()
        except TimeoutError:
            said = f"the request arrives too slowly: send {SLOWEST >> 10} KiB a second, after the first {PATIENCE} s"
            raise HTTPException(408, said) from None
        self.taken += len(message.get("body", b""))
        if message["type"] == "http.disconnect":
            self.left = True
        elif self.taken > self.most:
            raise HTTPException(413, self.too_large())
        elif not message.get("more_body"):
            self.read = True
            if self.paints:
                self.arrived()
            self.watch = asyncio.create_task(self.disconnected())
        return message

    async def disconnected(self) -> None:
        """Waits until the client breaks off: nobody wants the answer then."""
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self.left = not self.status
        if self.left and self.work:
            self.work.cancel()

    async def send(self, message: Message) -> None:
        """Sends a part of the answer. Before its end the rest of the request is read, or the client might not see it."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            if not self.deadline.expired():
                self.deadline.reschedule(None)
            message["headers"] = [*message.get("headers", ()), (b"x-request-id", self.id.encode())]
            if not self.read and self.headers.get("content-length", "") != "0" and self.scope["method"] == "POST":
                message["headers"].append((b"connection", b"close"))
        else:
            self.given += len(message.get("body", b""))
            if not message.get("more_body") and not self.read and self.scope["method"] == "POST":
                await self._send({**message, "more_body": True})
                await self.linger()
                message = {"type": "http.response.body", "body": b""}
        await self._send(message)

    async def linger(self) -> None:
        """Reads what the client still sends, for some seconds."""
        with suppress(TimeoutError):
            async with asyncio.timeout(LINGER):
                while (message := await self._receive()).get("more_body"):
                    self.taken += len(message.get("body", b""))

    async def say(self, status: int, detail: str, headers: dict[str, str] | None = None) -> None:
        """Answers with a sentence."""
        self.scope["txst.detail"] = detail
        body = json.dumps({"detail": detail, "request_id": self.id}).encode()
        named = {"content-type": "application/json", "content-length": str(len(body)), **(headers or {})}
        lines = [(name.encode(), value.encode()) for name, value in named.items()]
        await self.send({"type": "http.response.start", "status": status, "headers": lines})
        await self.send({"type": "http.response.body", "body": body})

    async def late(self) -> None:
        """Answers where the time is up."""
        await self.end()
        within = f"within {self.gate.limits.seconds:g} s"
        if self.read:
            await self.say(504, f"not painted {within}: ask again later, or for a smaller picture (max_side=...)")
        else:
            await self.say(408, f"the request did not arrive {within}")

    async def end(self) -> None:
        """Stops what is still being done for the request."""
        tasks = [task for task in (self.work, self.watch) if task and not task.done()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def note(self, seconds: float) -> None:
        """A line for the log, and the figures."""
        status = GONE if self.left else self.status
        path, method = self.scope["path"], self.scope["method"]
        self.gate.figures.answered(method, path if path in PATHS else "other", status, seconds)
        key = f" key={self.key}" if self.key else ""
        detail = f" {self.scope['txst.detail']}" if "txst.detail" in self.scope else ""
        line = f"{self.id} {method} {path} {status} in={self.taken} out={self.given} {seconds:.3f}s{key}{detail}"
        LOG.info("%s", printable(line, lines=False))
