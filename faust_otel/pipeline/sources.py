"""One small function per metric: from the store to points. The catalogue says the rest.

All have the same signature, so that observable instruments and the producer read alike. A point is
a pair of attributes and value; the attributes of a series are one dictionary for its whole life.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from math import isfinite
from typing import TYPE_CHECKING

from faust_otel import attributes as key
from faust_otel import catalogue as c
from faust_otel.state import CELL, Histogram, Store
from faust_otel.state.series import Attrs, Counts, label

from .breath import breathing
from .process import PROCESS_SOURCES

if TYPE_CHECKING:
    from faust_otel.state import Partition
    from faust_otel.words import Metric

__all__ = ["NUMBERS", "Point", "histograms", "numbers"]

Point = tuple[Attrs, "int | float"]
Source = Callable[[Store], Iterable[Point]]


#: A collection pauses after so many points (about 2 us each), or histograms (up to 100 us).
POINTS_AT_A_TIME, HISTOGRAMS_AT_A_TIME = 250, 10


def numbers(store: Store, metric: Metric) -> Iterator[Point]:
    """Yield the points of a counter, gauge or up-down counter; never NaN nor infinite."""
    source = NUMBERS.get(metric)
    points = _readings(store, metric) if source is None else source(store)
    for point in breathing(points, every=POINTS_AT_A_TIME):
        if isfinite(point[1]):
            yield point


def histograms(store: Store, metric: Metric) -> Iterator[Histogram]:
    """Yield the histograms of a metric."""
    for family in store.histograms(metric):
        yield from breathing(family, every=HISTOGRAMS_AT_A_TIME)


def _partitions(store: Store) -> list[Partition]:
    found = list(store.partitions.values())
    for partition in found:
        if partition.attrs is None:
            _name(partition, store.group)
    return found


def _name(partition: Partition, group: str | None) -> None:
    values = {
        key.SYSTEM: "kafka",
        key.OPERATION: "poll",
        key.TOPIC: partition.topic,
        key.PARTITION: str(partition.partition),
        key.GROUP: group,
    }
    partition.attrs = label(c.LAG, values)
    partition.poll_attrs = label(c.CONSUMED, values)
    read, committed, end = (
        label(c.OFFSET, {**values, key.OFFSET_TYPE: kind}) for kind in ("read", "committed", "end")
    )
    partition.offset_attrs = (read, committed, end)


def _consumed(store: Store) -> Iterator[Point]:
    for partition in _partitions(store):
        if partition.received and partition.poll_attrs is not None:
            yield partition.poll_attrs, partition.received


def _sent(store: Store) -> Iterator[Point]:
    for histogram in store.sends:
        attrs = {name: value for name, value in histogram.attrs.items() if name in c.SENT.keys}
        yield attrs, histogram.total()


def _events(store: Store) -> Iterator[Point]:
    totals: dict[int, int] = {}
    for cell in store.cells():
        totals[id(cell.series)] = totals.get(id(cell.series), 0) + cell.ended
    for series in store.event_series():
        yield series.attrs, totals.get(id(series), 0)


def _active(store: Store) -> Iterator[Point]:
    totals = {id(work): work.held for work in store.works()}
    for flow in list(store.flows.values()):
        state = None if flow.finished() else flow.active()
        if state is not None:
            worked_on = id(state[CELL].work)
            totals[worked_on] = totals.get(worked_on, 0) + 1
    for work in store.works():
        yield work.active_attrs, totals.get(id(work), 0)


def _io(store: Store) -> Iterator[Point]:
    received: dict[str, int] = {}
    for partition in list(store.partitions.values()):
        received[partition.topic] = received.get(partition.topic, 0) + partition.bytes_in
    for topic, size in received.items():
        if size:
            yield {key.TOPIC: topic, key.IO_DIRECTION: "receive"}, size
    for sent in list(store.sent.values()):
        yield sent.io_attrs, sent.bytes_out.total()


def _lag(store: Store) -> Iterator[Point]:
    for partition in _partitions(store):
        lag = partition.lag() if partition.assigned else None
        if lag is not None and partition.attrs is not None:
            yield partition.attrs, lag


def _delay(store: Store) -> Iterator[Point]:
    wall = store.wall()
    for partition in _partitions(store):
        delay = partition.delay(wall) if partition.assigned else None
        if delay is not None and partition.attrs is not None:
            yield partition.attrs, delay


def _offsets(store: Store) -> Iterator[Point]:
    for partition in _partitions(store):
        if not partition.assigned or partition.offset_attrs is None:
            continue
        offsets = partition.read, partition.committed, partition.end
        for attrs, offset in zip(partition.offset_attrs, offsets, strict=True):
            if offset is not None:
                yield attrs, offset


def _assigned(store: Store) -> Iterator[Point]:
    totals: dict[str, int] = {}
    for partition in list(store.partitions.values()):
        totals[partition.topic] = totals.get(partition.topic, 0) + partition.assigned
    for topic, total in totals.items():
        yield label(c.ASSIGNED, {key.TOPIC: topic, key.GROUP: store.group}), total


def _buffer_full(store: Store) -> Iterator[Point]:
    totals: dict[str, int] = {}
    for partition in list(store.partitions.values()):
        if partition.full:
            totals[partition.topic] = totals.get(partition.topic, 0) + partition.full
    for topic, total in totals.items():
        yield {key.TOPIC: topic}, total


def _table_operations(store: Store) -> Iterator[Point]:
    for table in list(store.tables.values()):
        yield from zip(table.attrs, table.counts(), strict=True)


def _rebalance_active(store: Store) -> Iterator[Point]:
    yield label(c.REBALANCE_ACTIVE, {key.GROUP: store.group}), store.rebalancing


def _recent(store: Store) -> Iterator[Point]:
    for name, values in store.recent:
        if values:
            yield {key.RECENT: name, key.STATISTIC: "mean"}, sum(values) / len(values)
            yield {key.RECENT: name, key.STATISTIC: "max"}, max(values)


def _info(store: Store) -> Iterator[Point]:
    values = {key.APP_ID: store.app_id, key.FAUST_VERSION: store.faust_version}
    yield label(c.WORKER_INFO, values), 1


def _readings(store: Store, metric: Metric) -> Iterator[Point]:
    for reading in list(store.readings.get(metric, ())):
        for labels, value in reading():
            yield label(metric, labels), value


def _count(name: str) -> Source:
    """Return the source of the family of counters that the store keeps as `name`."""

    def source(store: Store) -> Iterator[Point]:
        family: Counts = getattr(store, name)
        for series in family:
            yield series.attrs, series.value

    return source


NUMBERS: dict[Metric, Source] = {
    c.CONSUMED: _consumed,
    c.SENT: _sent,
    c.EVENTS: _events,
    c.EVENT_ACTIVE: _active,
    c.CLIENT_IO: _io,
    c.LAG: _lag,
    c.DELAY: _delay,
    c.OFFSET: _offsets,
    c.ASSIGNED: _assigned,
    c.BUFFER_FULL: _buffer_full,
    c.TABLE_OPERATIONS: _table_operations,
    c.REBALANCE_ACTIVE: _rebalance_active,
    c.RECENT_LATENCY: _recent,
    c.WORKER_INFO: _info,
    c.COMMIT_NOOPS: _count("commit_noops"),
    c.DECODE_ERRORS: _count("decode_errors"),
    c.AGENT_EXCEPTIONS: _count("agent_exceptions"),
    c.AGENT_RESTARTS: _count("agent_restarts"),
    c.REBALANCES: _count("rebalances"),
    c.SENSOR_ERRORS: _count("sensor_errors"),
    **PROCESS_SOURCES,
}
