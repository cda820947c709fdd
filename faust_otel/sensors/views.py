"""What Faust, its pages and its users read from ``app.monitor`` as attributes, without asking.

The user guide documents these as the way to read a Monitor; `faust.web` and
`faust.sensors.metrics` read some more. All are views: assigning one on an instance shadows it
there, as it would with a plain attribute, and disturbs nothing here.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from faust.sensors.monitor import TableState
from faust.types import TP

from faust_otel import attributes as key
from faust_otel import catalogue as c

if TYPE_CHECKING:
    from faust_otel.pipeline import Query
    from faust_otel.state import Partition, Store

__all__ = ["Total", "Views", "view"]

Value = TypeVar("Value")


class Total(int):
    """A total that Faust reads as an attribute and the contract calls as a method."""

    def __call__(self) -> int:
        """Return the total as a plain int."""
        return int(self)


class view(Generic[Value]):  # noqa: N801  used like `property`
    """A property that an instance may shadow."""

    def __init__(self, read: Callable[[Any], Value]) -> None:
        self._read = read
        self.__doc__ = read.__doc__

    def __get__(self, instance: Any, owner: type | None = None) -> Value:
        if instance is None:
            return self  # type: ignore[return-value]  # on the class, as property does
        return self._read(instance)


class Views:
    """Read-only attributes of Faust's Monitor, over `store` and `query`."""

    store: Store
    query: Query

    # -- messages

    @view
    def messages_active(self) -> int:
        """Messages taken and not yet acknowledged."""
        return sum(len(partition.active) for partition in self._partition_list())

    @view
    def messages_received_total(self) -> Total:
        """Messages received; also called, as a method, with the same answer."""
        return Total(self.query.total(c.CONSUMED))

    @view
    def messages_received_by_topic(self) -> Counter[str]:
        """Messages received, by topic."""
        return Counter(self.query.by(c.CONSUMED, key.TOPIC))

    @view
    def messages_s(self) -> int:
        """Messages received in the last second sampled."""
        return round(self.store.rates.last_second(0))

    @view
    def messages_sent(self) -> int:
        """Messages sent, those that failed included."""
        return self.query.total(c.SENT)

    @view
    def messages_sent_by_topic(self) -> Counter[str]:
        """Messages sent, by topic."""
        return Counter(self.query.by(c.SENT, key.TOPIC))

    @view
    def send_errors(self) -> int:
        """Messages that could not be sent."""
        return sum(value for attrs, value in self.query.points(c.SENT) if key.ERROR in attrs)  # type: ignore[misc]  # counts are ints

    # -- events

    @view
    def events_active(self) -> int:
        """Events in processing."""
        return self.query.total(c.EVENT_ACTIVE)

    @view
    def events_total(self) -> Total:
        """Events processed; also called, as a method, with the same answer."""
        return Total(self.query.total(c.EVENTS))

    @view
    def events_s(self) -> int:
        """Events processed in the last second sampled."""
        return round(self.store.rates.last_second(2))

    @view
    def events_by_stream(self) -> Counter[str]:
        """Events processed, by stream."""
        totals = Counter(self.store.stream_totals)
        for flow in list(self.store.flows.values()):
            totals[flow.label] += flow.ended()
        return totals

    @view
    def events_by_task(self) -> Counter[str]:
        """Events processed, by agent, or by task where a stream has no agent."""
        totals = Counter(self.store.task_totals)
        for flow in list(self.store.flows.values()):
            totals[flow.task] += flow.ended()
        return totals

    @view
    def events_runtime(self) -> deque[float]:
        """Last processing times in seconds."""
        return self._recent("event")

    @view
    def events_runtime_avg(self) -> float:
        """Mean of the last processing times in seconds."""
        return self.query.recent("event", "mean")

    # -- tables

    @view
    def tables(self) -> dict[str, TableState]:
        """Operations on tables, by table name."""
        return {
            name: TableState(
                name,  # type: ignore[arg-type]  # Faust keeps the table; the state outlives it
                keys_retrieved=table.gets,
                keys_updated=table.sets,
                keys_deleted=table.dels,
            )
            for name, table in list(self.store.tables.items())
        }

    # -- latencies in seconds

    @view
    def commit_latency(self) -> deque[float]:
        """Last latencies of commits that had something to commit."""
        return self._recent("commit")

    @view
    def send_latency(self) -> deque[float]:
        """Last latencies of sends that were acknowledged."""
        return self._recent("send")

    @view
    def assignment_latency(self) -> deque[float]:
        """Last durations of partition assignments."""
        return self._recent("assignment")

    @view
    def rebalance_return_latency(self) -> deque[float]:
        """Last durations of rebalances until partitions were assigned."""
        return self._recent("rebalance_return")

    @view
    def rebalance_return_avg(self) -> float:
        """Mean of the last durations of rebalances until partitions were assigned."""
        return self.query.recent("rebalance_return", "mean")

    @view
    def rebalance_end_latency(self) -> deque[float]:
        """Last durations of rebalances until work went on."""
        return self._recent("rebalance_end")

    @view
    def rebalance_end_avg(self) -> float:
        """Mean of the last durations of rebalances until work went on."""
        return self.query.recent("rebalance_end", "mean")

    @view
    def http_response_latency(self) -> deque[float]:
        """Last durations of web requests."""
        return self._recent("http")

    @view
    def http_response_latency_avg(self) -> float:
        """Mean of the last durations of web requests."""
        return self.query.recent("http", "mean")

    # -- counts

    @view
    def assignments_completed(self) -> int:
        """Partition assignments that succeeded."""
        return self._assignments(failed=False)

    @view
    def assignments_failed(self) -> int:
        """Partition assignments that failed."""
        return self._assignments(failed=True)

    @view
    def rebalances(self) -> int:
        """Rebalances started."""
        return self.query.total(c.REBALANCES)

    @view
    def topic_buffer_full(self) -> Counter[TP]:
        """Times a buffer was full, by topic-partition."""
        return Counter({tp: part.full for tp, part in self._by_tp() if part.full})

    @view
    def metric_counts(self) -> Counter[str]:
        """Counts of the app's own, added to with `count`."""
        return Counter(self.store.metric_counts)

    @view
    def http_response_codes(self) -> Counter[int]:
        """Web responses, by status code."""
        codes = self.query.by(c.HTTP_DURATION, key.HTTP_STATUS)
        return Counter({int(code): total for code, total in codes.items()})

    # -- offsets, by topic-partition

    @view
    def tp_committed_offsets(self) -> dict[TP, int]:
        """Offsets committed: the next to be read after a restart."""
        return {tp: part.committed for tp, part in self._assigned_by_tp() if part.committed is not None}

    @view
    def tp_read_offsets(self) -> dict[TP, int]:
        """Offsets of the last messages read."""
        return {tp: part.read for tp, part in self._assigned_by_tp() if part.read is not None}

    @view
    def tp_end_offsets(self) -> dict[TP, int]:
        """Offsets that will be written next."""
        return {tp: part.end for tp, part in self._assigned_by_tp() if part.end is not None}

    @view
    def stream_inbound_time(self) -> dict[TP, float]:
        """When the last event of a partition came in (monotonic): Faust's stall detection."""
        return {tp: part.inbound for tp, part in self._assigned_by_tp() if part.inbound is not None}

    # -- windows

    @view
    def max_avg_history(self) -> int:
        """Observations that averages are made of."""
        return self.store.history.average

    @view
    def max_commit_latency_history(self) -> int:
        """Commit latencies that are kept."""
        return self.store.history.commit

    @view
    def max_send_latency_history(self) -> int:
        """Send latencies that are kept."""
        return self.store.history.send

    @view
    def max_assignment_latency_history(self) -> int:
        """Assignment latencies that are kept."""
        return self.store.history.assignment

    # -- helpers

    def _partition_list(self) -> list[Partition]:
        return list(self.store.partitions.values())

    def _by_tp(self) -> Iterator[tuple[TP, Partition]]:
        for partition in self._partition_list():
            yield TP(partition.topic, partition.partition), partition

    def _assigned_by_tp(self) -> Iterator[tuple[TP, Partition]]:
        return ((tp, partition) for tp, partition in self._by_tp() if partition.assigned)

    def _assignments(self, *, failed: bool) -> int:
        points = self.query.points(c.ASSIGNMENT_DURATION)
        return sum(int(count) for attrs, count in points if (key.ERROR in attrs) is failed)

    def _recent(self, what: str) -> deque[float]:
        self.store.fold()
        ring: deque[float] = getattr(self.store.recent, what)
        return deque(ring, ring.maxlen)

    @staticmethod
    def by_topic(offsets: Mapping[TP, int]) -> dict[str, dict[int, int]]:
        """Return offsets by topic, then partition."""
        found: dict[str, dict[int, int]] = {}
        for tp, offset in offsets.items():
            found.setdefault(tp.topic, {})[tp.partition] = offset
        return found
