"""Results that are kept for when they are asked for again: the latest, and none that was begun before the last `clear`."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

Value = TypeVar("Value")
LEAST = 4096  # bytes that each counts as, for its key


class Kept(Generic[Value]):
    """Values by key; those that were asked for longest ago make room. Any thread may ask.

    Args:
        most: bytes of all values together.
        size: value -> bytes.
    """

    def __init__(self, most: int, size: Callable[[Value], int]) -> None:
        self.most, self.size = most, size
        self.lock = Lock()
        self.values: OrderedDict[Hashable, Value] = OrderedDict()
        self.bytes = 0
        self.generation = 0  # goes up with every `clear`

    def get(self, key: Hashable, make: Callable[[], Value]) -> Value:
        """The value of that key, made where there is none; two threads may make it at the same time."""
        with self.lock:
            if key in self.values:
                self.values.move_to_end(key)
                return self.values[key]
            generation = self.generation
        value = make()
        with self.lock:
            if generation == self.generation and key not in self.values:
                self.values[key] = value
                self.bytes += self.cost(value)
                while self.bytes > self.most:
                    self.bytes -= self.cost(self.values.popitem(last=False)[1])
        return value

    def clear(self) -> None:
        """Forgets all values, those too that are being made at this moment."""
        with self.lock:
            self.generation += 1
            self.values.clear()
            self.bytes = 0

    def cost(self, value: Value) -> int:
        return max(LEAST, self.size(value))
