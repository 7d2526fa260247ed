"""What `/metrics` tells, in the words of Prometheus."""

from http import HTTPMethod

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)

SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 60)
SMOOTHING = 0.2  # weight of the latest painting in the mean, by which a refused client is told when to come again


class Figures:
    """Counts of one server; memory and CPU of its process are Prometheus's own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        self.requests = Counter(
            "txst_requests", "Answered requests", ("method", "path", "status"), registry=self.registry
        )
        self.seconds = Histogram(
            "txst_request_seconds",
            "From the first byte to the answer",
            ("path",),
            buckets=SECONDS,
            registry=self.registry,
        )
        self.painting = Histogram(
            "txst_painting_seconds",
            "Reading, painting and writing one picture, without the wait",
            buckets=SECONDS,
            registry=self.registry,
        )
        self.inside = Gauge("txst_inside", "Paintings that wait or are in work", registry=self.registry)
        self.mean = 1.0  # seconds of a painting

    def painted(self, seconds: float) -> None:
        """Counts a painting."""
        self.painting.observe(seconds)
        self.mean += SMOOTHING * (seconds - self.mean)

    def answered(self, method: str, path: str, status: int, seconds: float) -> None:
        """Counts a request; `path` is one of the interface's and a method that nobody knows is "other", so that there are few."""
        self.requests.labels(method if method in HTTPMethod.__members__ else "other", path, str(status)).inc()
        self.seconds.labels(path).observe(seconds)

    def text(self) -> bytes:
        """All of it, as Prometheus reads it."""
        return generate_latest(self.registry)
