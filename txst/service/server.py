"""Runs the app of `txst serve` until it is closed, and finishes what is in work then."""

import errno
import socket
import threading
import time
from typing import Any

import uvicorn

from txst.service.gate import Gate

PORTS = range(7860, 7960)
GRACE = 5  # seconds for answers to reach their clients once all is painted


class Server:
    """A running server.

    Args:
        gate: the app.
        host: address to listen on.
        port: None takes the first free one of `PORTS`.
        turn: is held while a picture is painted.
        page: Gradio's, where there is one; it keeps streams open until it is closed.

    Raises:
        OSError: the port is taken, or the address is not this machine's.
    """

    def __init__(self, gate: Gate, host: str, port: int | None, turn: threading.Lock, page: Any = None) -> None:
        self.gate, self.turn, self.page = gate, turn, page
        self.socket = bound(host.strip("[]"), port)
        self.port: int = self.socket.getsockname()[1]
        shown = "localhost" if host == "0.0.0.0" else f"[{host.strip('[]')}]" if ":" in host else host
        self.local_url = f"http://{shown}:{self.port}/"
        config = uvicorn.Config(
            gate, log_level="warning", access_log=False, server_header=False, timeout_graceful_shutdown=GRACE
        )
        self.server = uvicorn.Server(config)
        # signals come to the main thread, which waits; there they end the command and all that it has opened
        self.ended = threading.Event()  # a thread whose join a signal breaks off counts as ended, in Python 3.11
        threading.Thread(target=self.run, daemon=True).start()
        while not self.server.started and not self.ended.is_set():
            time.sleep(0.01)

    def run(self) -> None:
        """Serves, in a thread."""
        try:
            self.server.run(sockets=[self.socket])
        finally:
            self.ended.set()

    def wait(self) -> None:
        """Until the server ends by itself, which it does where it fails."""
        while not self.ended.wait(0.5):
            pass

    def close(self) -> None:
        """Takes no further paintings, finishes those that wait or are in work, the page's too, and ends."""
        self.gate.ending = True
        until = time.monotonic() + self.gate.limits.seconds
        while (self.gate.busy() or self.turn.locked()) and time.monotonic() < until:
            if self.ended.wait(0.05):
                return
        if self.page:
            self.page.close(verbose=False)
        self.server.should_exit = True
        self.ended.wait()


def bound(host: str, port: int | None) -> socket.socket:
    """A socket that listens."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for candidate in [port] if port else PORTS:
        try:
            return socket.create_server((host, candidate), family=family, backlog=1024)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                continue
            raise OSError(f"cannot listen on {host}: {error.strerror or error}") from error
    taken = f"port {port} is taken" if port else f"the ports from {PORTS[0]} to {PORTS[-1]} are taken"
    raise OSError(f"{taken} by another program: name another one with --port")
