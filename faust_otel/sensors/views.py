"""What Faust, its pages and its users read from ``app.monitor`` as attributes, without asking.

The user guide documents these as the way to read a Monitor; `faust.web` and
`faust.sensors.metrics` read some more. All are views: assigning one on an instance shadows it
there, as it would with a plain attribute, and disturbs nothing here.
"""

from __future__ import annotations

from collections import Counter, deque
from typing import TYPE_CHECKING

from faust.sensors.monitor import TableState
from faust.types import TP

from faust_otel import attributes as key
from faust_otel import catalogue as c

from .kept import Keeper, view
from .partitions import InboundTimes

if TYPE_CHECKING:
    from faust_otel.state import Partition

__all__ = ["Total", "Views"]


class Total(int):
    """A total that Faust reads as an attribute and the contract calls as a method."""

    def __call__(self) -> int:
        """Return the total as a plain int."""
        return int(self)


class Views(Keeper):
    """Read-only attributes of Faust's Monitor, over `store` and `query`."""

    # -- messages

    @view
    def messages_active(self) -> int:
        """Messages taken and not yet acknowledged."""
        return sum(len(partition.active) for partition in self.__partitions())

    @view
    def messages_received_total(self) -> Total:
        """Messages received; also called, as a method, with the same answer."""
        return Total(self._faust_otel.query.total(c.CONSUMED))

    @view
    def messages_received_by_topic(self) -> Counter[str]:
        """Messages received, by topic."""
        return Counter(self._faust_otel.query.by(c.CONSUMED, key.TOPIC))

    @view
    def messages_s(self) -> int:
        """Messages received in the last second sampled."""
        return round(self._faust_otel.store.rates.last_second(0))

    @view
    def messages_sent(self) -> int:
        """Messages sent, those that failed included."""
        return self._faust_otel.query.total(c.SENT)

    @view
    def messages_sent_by_topic(self) -> Counter[str]:
        """Messages sent, by topic."""
        return Counter(self._faust_otel.query.by(c.SENT, key.TOPIC))

    @view
    def send_errors(self) -> int:
        """Messages that could not be sent."""
        points = self._faust_otel.query.points(c.SENT)
        return sum(int(count) for attrs, count in points if key.ERROR in attrs)

    # -- events

    @view
    def events_active(self) -> int:
        """Events in processing."""
        return self._faust_otel.query.total(c.EVENT_ACTIVE)

    @view
    def events_total(self) -> Total:
        """Events processed; also called, as a method, with the same answer."""
        return Total(self._faust_otel.query.total(c.EVENTS))

    @view
    def events_s(self) -> int:
        """Events processed in the last second sampled."""
        return round(self._faust_otel.store.rates.last_second(2))

    @view
    def events_by_stream(self) -> Counter[str]:
        """Events processed, by stream."""
        totals: Counter[str] = Counter()
        for cell in self._faust_otel.store.cells():
            totals[cell.label] += cell.ended
        return totals

    @view
    def events_by_task(self) -> Counter[str]:
        """Events processed, by agent, or by task where a stream has no agent."""
        totals: Counter[str] = Counter()
        for cell in self._faust_otel.store.cells():
            totals[cell.task] += cell.ended
        return totals

    @view
    def events_runtime(self) -> deque[float]:
        """Last processing times in seconds."""
        return self.__recent("event")

    @view
    def events_runtime_avg(self) -> float:
        """Mean of the last processing times in seconds."""
        return self._faust_otel.query.recent("event", "mean")

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
            for name, table in list(self._faust_otel.store.tables.items())
        }

    # -- latencies in seconds

    @view
    def commit_latency(self) -> deque[float]:
        """Last latencies of commits that had something to commit."""
        return self.__recent("commit")

    @view
    def send_latency(self) -> deque[float]:
        """Last latencies of sends that were acknowledged."""
        return self.__recent("send")

    @view
    def assignment_latency(self) -> deque[float]:
        """Last durations of partition assignments."""
        return self.__recent("assignment")

    @view
    def rebalance_return_latency(self) -> deque[float]:
        """Last durations of rebalances until partitions were assigned."""
        return self.__recent("rebalance_return")

    @view
    def rebalance_return_avg(self) -> float:
        """Mean of the last durations of rebalances until partitions were assigned."""
        return self._faust_otel.query.recent("rebalance_return", "mean")

    @view
    def rebalance_end_latency(self) -> deque[float]:
        """Last durations of rebalances until work went on."""
        return self.__recent("rebalance_end")

    @view
    def rebalance_end_avg(self) -> float:
        """Mean of the last durations of rebalances until work went on."""
        return self._faust_otel.query.recent("rebalance_end", "mean")

    @view
    def http_response_latency(self) -> deque[float]:
        """Last durations of web requests."""
        return self.__recent("http")

    @view
    def http_response_latency_avg(self) -> float:
        """Mean of the last durations of web requests."""
        return self._faust_otel.query.recent("http", "mean")

    # -- counts

    @view
    def assignments_completed(self) -> int:
        """Partition assignments that succeeded."""
        return self.__assignments(failed=False)

    @view
    def assignments_failed(self) -> int:
        """Partition assignments that failed."""
        return self.__assignments(failed=True)

    @view
    def rebalances(self) -> int:
        """Rebalances started."""
        return self._faust_otel.query.total(c.REBALANCES)

    @view
    def topic_buffer_full(self) -> Counter[TP]:
        """Times a buffer was full, by topic-partition."""
        return Counter(
            {TP(each.topic, each.partition): each.full for each in self.__partitions() if each.full}
        )

    @view
    def metric_counts(self) -> Counter[str]:
        """Counts of the app's own, added to with `count`."""
        return Counter(self._faust_otel.store.metric_counts)

    @view
    def http_response_codes(self) -> Counter[int]:
        """Web responses, by status code."""
        codes = self._faust_otel.query.by(c.HTTP_DURATION, key.HTTP_STATUS)
        return Counter({int(code): total for code, total in codes.items()})

    # -- offsets of the partitions assigned, by topic-partition

    @view
    def tp_committed_offsets(self) -> dict[TP, int]:
        """Offsets committed: the next to be read after a restart."""
        return self.__offsets("committed")

    @view
    def tp_read_offsets(self) -> dict[TP, int]:
        """Offsets of the last messages read."""
        return self.__offsets("read")

    @view
    def tp_end_offsets(self) -> dict[TP, int]:
        """Offsets that will be written next."""
        return self.__offsets("end")

    @view
    def stream_inbound_time(self) -> InboundTimes:
        """When the last event of a partition came in (monotonic): Faust's stall detection."""
        return InboundTimes(self._faust_otel.store)

    # -- windows

    @view
    def max_avg_history(self) -> int:
        """Observations that averages are made of."""
        return self._faust_otel.store.history.average

    @view
    def max_commit_latency_history(self) -> int:
        """Commit latencies that are kept."""
        return self._faust_otel.store.history.commit

    @view
    def max_send_latency_history(self) -> int:
        """Send latencies that are kept."""
        return self._faust_otel.store.history.send

    @view
    def max_assignment_latency_history(self) -> int:
        """Assignment latencies that are kept."""
        return self._faust_otel.store.history.assignment

    # -- helpers

    def __partitions(self) -> list[Partition]:
        return list(self._faust_otel.store.partitions.values())

    def __offsets(self, name: str) -> dict[TP, int]:
        return {
            TP(partition.topic, partition.partition): offset
            for partition in self.__partitions()
            if partition.assigned and (offset := getattr(partition, name)) is not None
        }

    def __assignments(self, *, failed: bool) -> int:
        points = self._faust_otel.query.points(c.ASSIGNMENT_DURATION)
        return sum(int(count) for attrs, count in points if (key.ERROR in attrs) is failed)

    def __recent(self, what: str) -> deque[float]:
        ring: deque[float] = getattr(self._faust_otel.store.recent, what)
        return deque(ring, ring.maxlen)
