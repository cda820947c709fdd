"""What is known of one topic-partition: counts that stay, offsets that go with its assignment."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .histogram import Histogram
    from .series import Attrs

__all__ = ["Fetch", "Partition"]


class Fetch:
    """One fetched batch: offsets `first` to `last`, with the timestamps of both ends.

    `at` is monotonic, the timestamps are seconds since the epoch.
    """

    __slots__ = ("at", "first", "first_timestamp", "last")

    def __init__(self, first: int, last: int, *, at: float, first_timestamp: float) -> None:
        self.first, self.last, self.at = first, last, at
        self.first_timestamp = first_timestamp


class Partition:
    """Counts and offsets of one topic-partition.

    `received` and `bytes_in` never go down. `read`, `end` (next offset to be written), `committed`
    (next offset to be read after a restart) and `active` are of the present assignment.
    """

    __slots__ = (
        "active",
        "assigned",
        "attrs",
        "behind_since",
        "bytes_in",
        "committed",
        "end",
        "fetched_at",
        "fetched_upto",
        "fetches",
        "full",
        "inbound",
        "key",
        "offset_attrs",
        "partition",
        "poll_attrs",
        "read",
        "received",
        "topic",
        "waited",
    )

    def __init__(self, topic: str, partition: int, *, waits: Histogram) -> None:
        self.topic, self.partition = topic, partition
        self.key = (topic, partition)
        self.waited = waits.pending.append
        self.received = 0
        self.bytes_in = 0
        #: Times the buffer of this partition was full.
        self.full = 0
        self.assigned = True
        # Built by the pipeline when it first reads this partition.
        self.attrs: Attrs | None = None
        self.poll_attrs: Attrs | None = None
        self.offset_attrs: tuple[Attrs, Attrs, Attrs] | None = None
        self._unassign()

    def _unassign(self) -> None:
        self.read: int | None = None
        self.end: int | None = None
        self.committed: int | None = None
        #: Offset to record timestamp of the messages taken and not yet acknowledged, oldest first.
        self.active: dict[int, float | None] = {}
        #: When the last event came in: what Faust's own stall detection asks for (monotonic).
        self.inbound: float | None = None
        self.fetches: deque[Fetch] = deque()
        self.fetched_at = 0.0
        self.fetched_upto = -1
        self.behind_since: float | None = None

    def revoke(self) -> None:
        """End the assignment: offsets, lag and messages in work are another worker's now."""
        self.assigned = False
        self._unassign()

    def fetched(self, fetch: Fetch) -> None:
        """Note a batch that the consumer handed to the worker."""
        if self.fetches and fetch.first <= self.fetches[-1].last:
            self.fetches.clear()  # it went back: what waited is gone
            self.fetched_upto = -1
        self.fetches.append(fetch)

    def take(self, offset: int) -> None:
        """Find the batch of `offset`, the first one of its batch to be taken."""
        fetches = self.fetches
        while fetches and fetches[0].last < offset:
            fetches.popleft()
        if fetches and fetches[0].first <= offset:
            self.fetched_at, self.fetched_upto = fetches[0].at, fetches[0].last
        else:
            self.fetched_at, self.fetched_upto = 0.0, offset

    def lag(self) -> int | None:
        """Return the messages between the last one read and the end, None while unknown."""
        read, end = self.read, self.end
        if read is None or end is None:
            return None
        return max(0, end - (read + 1))

    def delay(self, wall: float) -> float | None:
        """Return the age in seconds of the oldest message not processed yet, None while unknown.

        From record timestamps where a message was fetched; for messages still on the broker, the
        time since the worker was seen to be behind: a lower bound that goes on growing.
        """
        lag = self.lag()
        if lag is None:
            return None
        if not lag:
            self.behind_since = None
        elif self.behind_since is None:
            self.behind_since = wall
        oldest = self._oldest_timestamp()
        if oldest is None:
            oldest = self.behind_since
        return 0.0 if oldest is None else max(0.0, wall - oldest)

    def _oldest_timestamp(self) -> float | None:
        try:
            oldest = next(iter(self.active.values()), None)
        except RuntimeError:  # the event loop took a message meanwhile: it is not the oldest
            oldest = next(iter(list(self.active.values())), None)
        if oldest is not None:
            return oldest
        read = self.read
        waiting = (f.first_timestamp for f in list(self.fetches) if read is None or f.last > read)
        return next(waiting, None)
