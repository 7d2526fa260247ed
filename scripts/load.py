"""Loads a running server by Locust: was an answer lost or wrong, how long did answers take, how did the server's memory grow?

txst serve --no-page --model small --port 7900 --queue 8 --max-upload 8 &
python scripts/load.py http://127.0.0.1:7900 --max-upload 8

A third of the requests is bad: broken and hostile pictures, unknown styles and fields, files that are too large, clients that break off.
It ends with 1 if an answer is missing or another than it should be, or if the server is not idle and well afterwards.
"""

import argparse
import io
import random
import re
import socket
import struct
import sys
import zlib
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import gevent
import locust  # it patches the sockets, so it comes before what uses them
import requests
from locust.env import Environment
from PIL import Image

from txst.commands.jobs import SAMPLE

SIDES = (192, 256, 384, 512)  # pixels, longer side of the photos
STYLES = ({"style": "claude monet"}, {"style": "dark titian", "stroke": "2"}, {"mix": "monet:0.7, cubism:0.3"})
MEMORY = re.compile(r"^process_resident_memory_bytes (\S+)", re.MULTILINE)
Form = tuple[dict[str, Any], dict[str, Any], int]  # files, fields, the status of the answer


def photo(side: int) -> tuple[bytes, tuple[int, int]]:
    """The sample photo, that large, as a JPEG; and its size."""
    image, file = Image.open(SAMPLE), io.BytesIO()  # noqa: TID251 - our own
    image.thumbnail((side, side))
    image.save(file, "jpeg")
    return file.getvalue(), image.size


def bomb() -> bytes:
    """A small PNG that says that it has 3,600 megapixels."""
    header = b"IHDR" + struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + header + struct.pack(">I", zlib.crc32(header))


PHOTOS = [photo(side) for side in SIDES]
SOME = PHOTOS[1][0]


def bad_forms(upload: int) -> dict[str, Callable[[], Form]]:
    """What is refused; `upload` is in bytes."""
    return {
        "broken picture": lambda: ({"photo": SOME[:900]}, {"style": "titian"}, 422),
        "bomb": lambda: ({"photo": bomb()}, {"style": "titian"}, 422),
        "unknown style": lambda: ({"photo": SOME}, {"style": "zzyzx"}, 422),
        "unknown field": lambda: ({"photo": SOME}, {"style": "titian", "colur": "1"}, 422),
        "wrong number": lambda: ({"photo": SOME}, {"style": "titian", "stroke": "99"}, 422),
        "no photo": lambda: ({"style_image": SOME}, {}, 422),
        "too large": lambda: ({"photo": bytes(upload + 2**21)}, {"style": "titian"}, 413),
    }


class Client(locust.HttpUser):
    """A client that paints; every third time it is a bad one."""

    wait_time = locust.constant_pacing(0.1)
    key = ""
    upload = 0

    def on_start(self) -> None:
        self.bad = bad_forms(self.upload)
        if self.key:
            self.client.headers["Authorization"] = f"Bearer {self.key}"

    @locust.task(2)
    def paint(self) -> None:
        data, size = random.choice(PHOTOS)
        self.send("paint", ({"photo": data}, random.choice(STYLES), 200), size)

    @locust.task(1)
    def misbehave(self) -> None:
        name = random.choice([*self.bad, "breaks off", "breaks off while it waits"])
        if name in self.bad:
            self.send(name, self.bad[name]())
        else:
            self.break_off(after=0.3 if "waits" in name else 0)

    def send(self, name: str, form: Form, size: tuple[int, int] | None = None) -> None:
        """Sends a form and looks at the answer; a full queue is waited for."""
        files, fields, status = form
        named = {field: (f"{field}.jpg", data) for field, data in files.items()}
        with self.client.post("/v1/paint", files=named, data=fields, name=name, catch_response=True) as answer:
            if answer.status_code == 429:
                answer.request_meta["name"] = "(queue full)"
                answer.success()
                gevent.sleep(int(answer.headers["Retry-After"]))
            elif answer.status_code != status or "X-Request-ID" not in answer.headers:
                answer.failure(f"{answer.status_code} in place of {status}: {answer.text[:200] or answer.error}")
            elif size and Image.open(io.BytesIO(answer.content)).size != size:  # noqa: TID251 - painted by us
                answer.failure("a painting of another size")
            else:
                answer.success()

    def break_off(self, after: float) -> None:
        """Sends half of a form, or all of it, and is gone."""
        url, form = urlsplit(self.host or ""), {"photo": SOME}
        whole: Any = requests.Request("POST", f"{self.host}/v1/paint", files=form, data={"style": "titian"}).prepare()
        key = {"Authorization": f"Bearer {self.key}"} if self.key else {}
        named = {"Host": url.netloc, **whole.headers, **key}
        head = "\r\n".join(["POST /v1/paint HTTP/1.1", *(": ".join(pair) for pair in named.items()), "", ""])
        body = whole.body if after else whole.body[: len(whole.body) // 2]
        with socket.create_connection((url.hostname or "", url.port or 80)) as client:
            client.sendall(head.encode() + body)
            gevent.sleep(after)


def figures(url: str, key: str) -> str:
    """What the server tells of itself."""
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    return requests.get(f"{url}/metrics", headers=headers, timeout=60).text


def megabytes(url: str, key: str) -> float:
    """The server's memory."""
    found = MEMORY.search(figures(url, key))
    return float(found[1]) / 1e6 if found else 0


def load(url: str, clients: int, seconds: float, key: str) -> tuple[Environment, list[float]]:
    """Runs the clients; the statistics, and the server's memory in MB twice a second."""
    environment = Environment(user_classes=[Client], host=url)
    runner = environment.create_local_runner()
    runner.start(clients, spawn_rate=clients)
    memory, passed = [], gevent.spawn(gevent.sleep, seconds)
    while not passed.ready():
        memory.append(megabytes(url, key))
        gevent.sleep(0.5)
    environment.stop_timeout = 90
    runner.stop()  # when those that wait have their answers
    return environment, memory


def table(environment: Environment) -> list[str]:
    """Markdown: a row for each kind of request."""
    rows = ["| request | answers | failed | p50 | p95 | longest |", "|---|---|---|---|---|---|"]
    for entry in sorted(environment.stats.entries.values(), key=lambda entry: entry.name != "paint"):
        times = [entry.get_response_time_percentile(share) for share in (0.5, 0.95)] + [entry.max_response_time]
        shown = " | ".join(f"{time / 1000:.2f} s" for time in times)
        rows.append(f"| {entry.name} | {entry.num_requests} | {entry.num_failures} | {shown} |")
    return rows


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url", help="of the server, like http://127.0.0.1:7900")
    parser.add_argument("--clients", type=int, default=16, help="at the same time (default: 16)")
    parser.add_argument("--seconds", type=float, default=120, help="(default: 120)")
    parser.add_argument("--max-upload", type=int, default=64, help="MiB, as of txst serve (default: 64)")
    parser.add_argument("--key", default="", help="one of the server's keys")
    args = parser.parse_args()
    url = args.url.rstrip("/")
    Client.key, Client.upload = args.key, args.max_upload * 2**20
    environment, memory = load(url, args.clients, args.seconds, args.key)
    gevent.sleep(1)
    print("\n".join(table(environment)))
    for error in environment.stats.errors.values():
        print(f"{error.occurrences} times {error.name}: {error.error}", file=sys.stderr)
    painted = environment.stats.get("paint", "POST")
    print(f"\n{painted.num_requests / args.seconds:.2f} paintings/s by {args.clients} clients in {args.seconds:g} s")
    print(
        f"memory of the server: {memory[0]:.0f} MB at first, {memory[-1]:.0f} MB at last, {max(memory):.0f} MB at most"
    )
    idle = "txst_inside 0.0" in figures(url, args.key)
    well = requests.get(f"{url}/healthz", timeout=60).status_code == 200
    print(f"afterwards the server is {'idle' if idle else 'still busy'} and {'well' if well else 'not well'}")
    return int(bool(environment.stats.total.num_failures) or not (idle and well and painted.num_requests))


if __name__ == "__main__":
    sys.exit(main())
