"""What is known of sends, by topic sent to; they may run on two threads."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING

from .histogram import FOLD_AT

if TYPE_CHECKING:
    from faust_otel.typing import Clock

    from .series import Attrs, Histograms

__all__ = ["OTHER_ERROR", "Send", "SentTopic", "Tally"]

#: ``error.type`` of a send whose outcome Faust told nobody.
OTHER_ERROR = "_OTHER"


class Tally:
    """A sum that several threads may add to without a lock: additions wait in a list."""

    __slots__ = ("_lock", "_pending", "_total")

    def __init__(self) -> None:
        self._pending: list[int] = []
        self._total = 0
        self._lock = Lock()

    def add(self, amount: int) -> None:
        """Add `amount`."""
        self._pending.append(amount)
        if len(self._pending) >= FOLD_AT:
            self.total()

    def total(self) -> int:
        """Return the sum of all additions."""
        with self._lock:
            size = len(self._pending)
            self._total += sum(self._pending[:size])
            del self._pending[:size]
            return self._total


class SentTopic:
    """Sends to one topic: how long each took, how they ended, their bytes."""

    __slots__ = ("_durations", "acknowledged", "bytes_out", "io_attrs", "topic")

    def __init__(self, topic: str | None, *, durations: Histograms, io_attrs: Attrs) -> None:
        self.topic = topic
        self._durations = durations
        #: Counts one send that the broker acknowledged, given its seconds.
        self.acknowledged = durations.get(TOPIC=topic, ERROR=None).add
        self.bytes_out = Tally()
        self.io_attrs = io_attrs

    def failed(self, seconds: float, error: str) -> None:
        """Count one send that was not acknowledged."""
        self._durations.get(TOPIC=self.topic, ERROR=error).add(seconds)

    def lost(self, seconds: float) -> None:
        """Count one send whose outcome nobody told; may be called wherever objects are freed."""
        self._durations.get(TOPIC=self.topic, ERROR=OTHER_ERROR).pending.append(seconds)


class Send:
    """One send between its hooks; `started` is monotonic, and None once it has ended.

    Faust loses the closing hook on several paths (``send(wait=True)`` failing, ``producer.send``
    raising at once, a raising callback, a cancelled future, the threaded producer's wait): when
    nobody holds the state any more, the send has ended with an outcome that nobody told.
    """

    __slots__ = ("_clock", "_topic", "started")

    def __init__(self, topic: SentTopic, clock: Clock) -> None:
        self._topic = topic
        self._clock = clock
        self.started: float | None = clock()

    def acknowledge(self) -> None:
        """Count the send as acknowledged, unless it has ended."""
        started, self.started = self.started, None
        if started is not None:
            self._topic.acknowledged(self._clock() - started)

    def fail(self, error: str) -> None:
        """Count the send as failed, unless it has ended."""
        started, self.started = self.started, None
        if started is not None:
            self._topic.failed(self._clock() - started, error)

    def __del__(self) -> None:
        started, self.started = self.started, None
        if started is not None:
            self._topic.lost(self._clock() - started)
