"""The last N latencies and totals: what queries about "recently" are answered from."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["History", "Rates", "Recent"]


@dataclass(frozen=True, slots=True)
class History:
    """How many observations each window keeps."""

    average: int = 100
    commit: int = 30
    send: int = 30
    assignment: int = 30


class Recent:
    """Rings of the most recent latencies in seconds, by what they measure."""

    __slots__ = (
        *("assignment", "commit", "event", "http"),
        *("rebalance_end", "rebalance_return", "send"),
    )

    def __init__(self, history: History) -> None:
        self.event: deque[float] = deque(maxlen=history.average)
        self.commit: deque[float] = deque(maxlen=history.commit)
        self.send: deque[float] = deque(maxlen=history.send)
        self.assignment: deque[float] = deque(maxlen=history.assignment)
        self.rebalance_return: deque[float] = deque(maxlen=history.average)
        self.rebalance_end: deque[float] = deque(maxlen=history.average)
        self.http: deque[float] = deque(maxlen=history.average)

    def __iter__(self) -> Iterator[tuple[str, list[float]]]:
        for name in self.__slots__:
            yield name, list(getattr(self, name))


class Rates:
    """Totals sampled once a second; a rate is the difference over the time between."""

    __slots__ = ("_lock", "_samples")

    def __init__(self, history: History, *, now: float) -> None:
        # A difference needs two.
        self._samples: deque[tuple[float, tuple[int, ...]]] = deque(maxlen=max(2, history.average))
        self._samples.append((now, (0, 0, 0)))
        self._lock = Lock()

    def sample(self, now: float, *, received: int, sent: int, events: int) -> None:
        """Keep these totals, unless the last ones are younger than a second."""
        with self._lock:  # whoever asks for a rate takes a sample, on its own thread
            if now - self._samples[-1][0] >= 1.0:
                self._samples.append((now, (received, sent, events)))

    def per_second(self, now: float, *, index: int, total: int) -> float:
        """Return the rate of total number `index` over the whole window, ending now."""
        at, totals = self._samples[0]
        return (total - totals[index]) / (now - at) if now > at else 0.0

    def last_second(self, index: int) -> float:
        """Return the rate of total number `index` between the last two samples."""
        if len(self._samples) < 2:  # noqa: PLR2004  a difference needs two
            return 0.0
        (then, before), (now, after) = self._samples[-2], self._samples[-1]
        return (after[index] - before[index]) / (now - then)
