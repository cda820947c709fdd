"""Values on their way into the SDK's histograms, which take 8 us for each of them.

A thousand values that were counted by the event loop's thread would hold it up for too long, so
they wait for a thread of ours or for the next collection, whichever comes first.
"""

from __future__ import annotations

from collections import deque
from os import getpid
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING, Any

from .breath import breathing
from .failures import Failures

if TYPE_CHECKING:
    from faust_otel.state import Attrs
    from faust_otel.words import Metric

__all__ = ["Recording"]

#: The thread is woken for so many values, or so many batches; it ends after some seconds of peace.
MANY_VALUES, MANY_BATCHES = 256, 16
PEACE = 5.0
#: With so many batches waiting, who adds one more records them all.
TOO_MANY_BATCHES = 32
#: Below a millisecond of the SDK's time, then other threads have a turn.
VALUES_AT_A_TIME = 100


class Recording:
    """Takes values from any thread; `instruments` are the SDK's histograms by metric."""

    def __init__(self, instruments: dict[Metric, Any]) -> None:
        self._instruments = instruments
        self._failures = Failures()
        self._begin()

    def _begin(self) -> None:
        self._pid = getpid()
        self._waiting: deque[tuple[Metric, Attrs, list[float]]] = deque()
        self._draining = Lock()
        self._wake = Event()
        self._thread: Thread | None = None

    def _see_to_fork(self) -> None:
        if self._pid != getpid():
            self._begin()  # in the child: what waited is the parent's, and so may be the lock

    def add(self, metric: Metric, attrs: Attrs, *, values: list[float]) -> None:
        """Have `values` recorded, soon."""
        self._see_to_fork()
        self._waiting.append((metric, attrs, values))
        batches = len(self._waiting)
        if batches > TOO_MANY_BATCHES:
            self.drain()
        elif len(values) >= MANY_VALUES or batches >= MANY_BATCHES:
            self._wake.set()
            if self._thread is None or not self._thread.is_alive():
                self._thread = Thread(target=self._run, name="faust-otel-histograms", daemon=True)
                self._thread.start()

    def drain(self) -> None:
        """Record what waits now; when this returns, all added before it is recorded.

        No more than that: a collection must end, however fast values come.
        """
        self._see_to_fork()
        with self._draining:
            for _ in range(len(self._waiting)):
                metric, attrs, values = self._waiting.popleft()
                try:
                    for value in breathing(values, every=VALUES_AT_A_TIME):
                        self._instruments[metric].record(value, attrs)
                except Exception:  # noqa: BLE001  said, with its traceback
                    self._failures.say(metric)

    def _run(self) -> None:
        while self._wake.wait(PEACE):
            self._wake.clear()
            self.drain()
