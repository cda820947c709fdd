"""What is known of one topic-partition: counts that stay, offsets that go with its assignment."""

from __future__ import annotations

from collections import deque
from math import inf
from typing import TYPE_CHECKING
from weakref import ref

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from .histogram import Histogram
    from .series import Attrs
    from .work import Held

__all__ = ["Fetch", "Partition"]

#: More ends than this that are still ahead are thinned out, the oldest is kept.
ENDS_KEPT = 32


class Fetch:
    """One fetched batch: offsets `first` to `last`, with the timestamp of the first record.

    `at` is monotonic, the timestamp is in seconds since the epoch, and not above 0 while unknown.
    """

    __slots__ = ("at", "first", "first_timestamp", "last")

    def __init__(self, first: int, last: int, *, at: float, first_timestamp: float) -> None:
        self.first, self.last, self.at = first, last, at
        self.first_timestamp = first_timestamp


class Partition:
    """Counts and offsets of one topic-partition.

    `received` and `bytes_in` never go down. `read`, `end` (next offset to be written), `committed`
    (next offset to be read after a restart), `position` (next offset that the consumer fetches,
    noted while nothing it fetched waits here) and `active` are of the present assignment.
    """

    __slots__ = (
        "_ends",
        "active",
        "assigned",
        "attrs",
        "bytes_in",
        "committed",
        "end",
        "fetched_at",
        "fetched_upto",
        "fetches",
        "full",
        "held",
        "inbound",
        "key",
        "offset_attrs",
        "partition",
        "poll_attrs",
        "position",
        "read",
        "received",
        "skipped",
        "taken_timestamp",
        "topic",
        "waited",
        "waiting_since",
    )

    def __init__(self, topic: str, partition: int, *, waits: Histogram) -> None:
        self.topic, self.partition = topic, partition
        self.key: tuple[str | None, int] = (topic, partition)
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
        self.position: int | None = None
        self.skipped: set[int] = set()
        #: Offset to record timestamp of the messages taken and not yet acknowledged, oldest first.
        self.active: dict[int, float | None] = {}
        #: Offset to what lives on the events of streams that acknowledge by hand.
        self.held: dict[int, list[ref[Held]]] = {}
        #: When the last event came in: what Faust's own stall detection asks for (monotonic).
        self.inbound: float | None = None
        self.fetches: deque[Fetch] = deque()
        self.fetched_at = 0.0
        self.fetched_upto = -1
        #: When the message taken last was fetched, until a stream begins with it; 0.0 is unknown.
        self.waiting_since = 0.0
        #: Record timestamp of the message taken last.
        self.taken_timestamp: float | None = None
        # Ends that were seen and when (since the epoch), of those still ahead of us.
        self._ends: tuple[tuple[int, float], ...] = ()

    def assign(self) -> None:
        """Begin an assignment, unless one is going on: nothing of an earlier one is left."""
        if not self.assigned:
            self._unassign()
        self.assigned = True

    def revoke(self) -> None:
        """End the assignment: offsets, lag and messages in work are another worker's now."""
        self.assigned = False
        self._unassign()

    def hold(self, offset: int, held: Held) -> None:
        """Have `held` told when the message at `offset` is acknowledged."""
        self.held.setdefault(offset, []).append(ref(held))

    def acknowledged(self, offset: int) -> None:
        """Note that all streams have done with a message; again does nothing."""
        self.active.pop(offset, None)
        if self.held:
            for each in self.held.pop(offset, ()):
                held = each()
                if held is not None:
                    held.acknowledged()

    def fetched(self, fetch: Fetch) -> None:
        """Note a batch that the consumer handed to the worker."""
        upto = self.fetches[-1].last if self.fetches else self.fetched_upto
        if fetch.first <= upto:
            self.fetches = deque()  # it went back: what waited is gone
            self.fetched_upto = -1
        if self.position is not None and fetch.first < self.position:
            self.position = None
        if self.end is not None and self.end <= fetch.last:
            self.end = fetch.last + 1  # it was asked for before these were written
        self.fetches.append(fetch)

    def take(self, offset: int) -> None:
        """Find the batch of `offset`, the first one of its batch to be taken.

        Raises TypeError for what is no offset.
        """
        if not isinstance(offset, int):
            raise TypeError(f"an offset is an int, not {offset!r}")
        fetches = self.fetches
        while fetches and fetches[0].last < offset:
            fetches.popleft()
        if fetches and fetches[0].first <= offset:
            self.fetched_at, self.fetched_upto = fetches[0].at, fetches[0].last
        else:
            self.fetched_at, self.fetched_upto = 0.0, offset

    def skip(self, offset: int) -> None:
        """Note a message that no stream will take: it could not be decoded."""
        read = -1 if self.read is None else self.read
        self.skipped = {offset, *(each for each in self.skipped if each > read)}

    def upcoming(self) -> int | None:
        """Return the offset of the message to be taken next, None while unknown.

        Not always the one after the last that was read: the marker of a transaction has an offset
        too, and some messages are skipped.
        """
        read, fetches = self.read, self.fetches
        if read is not None:
            upcoming: int | None = max(read + 1, self.position or 0)
        elif fetches:
            upcoming = fetches[0].first
        else:
            upcoming = self.committed if self.position is None else self.position
        while upcoming in self.skipped:
            upcoming = (upcoming or 0) + 1
        return upcoming

    def waits(self) -> bool:
        """Tell whether messages that were fetched wait to be taken."""
        fetches, upcoming = self.fetches, self.upcoming()
        return bool(fetches) and (upcoming is None or fetches[-1].last >= upcoming)

    def lag(self) -> int | None:
        """Return the messages between the next to be taken and the end, None while unknown."""
        upcoming, end = self.upcoming(), self.end
        if upcoming is None or end is None:
            return None
        return max(0, end - upcoming)

    def delay(self, wall: float) -> float | None:
        """Return the age in seconds of the oldest message not processed yet, None while unknown.

        From record timestamps where a message was fetched. For one still on the broker, the time
        since an end beyond it was first seen here: a lower bound, as good as this is asked often.
        """
        upcoming, end = self.upcoming(), self.end
        if upcoming is None or end is None:
            return None
        behind_since = self._behind_since(upcoming, end, wall=wall)
        oldest = self._oldest_taken()
        if oldest is None:
            oldest = self._oldest_waiting(upcoming)
        if oldest is None:
            oldest = behind_since
        return 0.0 if oldest is None else max(0.0, wall - oldest)

    def _behind_since(self, upcoming: int, end: int, *, wall: float) -> float | None:
        """Return when the message `upcoming` was first seen to exist, None when it does not."""
        # Replaced whole: readers on several threads may each lose an entry, and no more.
        ends = tuple(seen for seen in self._ends if upcoming < seen[0] <= end)
        if upcoming < end and (not ends or ends[-1][0] < end):
            ends = (*ends[:: 2 if len(ends) >= ENDS_KEPT else 1], (end, wall))
        self._ends = ends
        return ends[0][1] if ends else None

    def _oldest_taken(self) -> float | None:
        # A copy: the event loop takes and acknowledges meanwhile.
        return min(_timestamps(list(self.active.values())), default=None)

    def _oldest_waiting(self, upcoming: int) -> float | None:
        """Return the timestamp of the first message that waits, or of one before it."""
        for fetch in list(self.fetches):
            if fetch.last >= upcoming:
                taken = self.taken_timestamp if fetch.first < upcoming else None  # in part
                return max(_timestamps((fetch.first_timestamp, taken)), default=None)
        return None


def _timestamps(values: Iterable[object]) -> Iterator[float]:
    """Yield those that are known: a producer may leave it out, which Kafka shows as -1."""
    for value in values:
        if isinstance(value, (int, float)) and 0 < value < inf:
            yield value
