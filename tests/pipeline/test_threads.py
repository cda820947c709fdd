"""Readers on their own threads, while hooks run on others."""

from __future__ import annotations

import asyncio
import sys
from contextlib import contextmanager
from itertools import count
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

import pytest
from faust.types.tuples import TP
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

from faust_otel import Monitor, catalogue
from faust_otel.pipeline import breath
from faust_otel.pipeline.breath import breathing
from faust_otel.words import Kind

from .reading import DELTA, MemoryReader, metrics, numbers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

COUNTERS = {m.name for m in catalogue.METRICS if m.kind is Kind.COUNTER}
ROUNDS = 400
PARTITIONS = 40


class Event_:  # noqa: N801  Faust's own is an extension type that wants an app
    """An event as hooks look at it."""

    def __init__(self, message: Any) -> None:
        self.message = message


class Message:
    """A message as hooks look at it."""

    timestamp = 1.0
    serialized_key_size, serialized_value_size = 3, 5


class Stream:
    """A stream as hooks look at it."""

    enable_acks = True
    should_stop = False


def wild(monitor: Monitor) -> None:
    """Call hooks for new topics, streams and partitions all the time."""
    message = Message()
    for round_ in range(ROUNDS):
        stream = Stream()
        topic = f"topic-{round_ % 20}"
        for number in range(PARTITIONS):
            tp = TP(topic, number)
            event = Event_(message)
            monitor.on_message_in(tp, round_, message)
            state = monitor.on_stream_event_in(tp, round_, stream, event)
            monitor.on_stream_event_out(tp, round_, stream, event, state)
            monitor.on_message_out(tp, round_, message)
            monitor.on_send_completed(None, monitor.on_send_initiated(None, topic, None, 1, 2))
        stream.should_stop = True
        monitor.on_table_get(f"table-{round_ % 7}", "a")
        monitor.store.partition(topic, round_ % PARTITIONS).revoke()


@contextmanager
def switching_often() -> Iterator[None]:
    """Have threads take turns a hundred times as often as usual."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(5e-5)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


def together(work: Callable[[], None], *others: Callable[[], None]) -> None:
    """Do `work` while each of `others` is done again and again, each on a thread of its own.

    Each is done at least twice, however slow the machine. Raises what any of the others raised.
    """
    ended = Event()
    raised: list[BaseException] = []

    def again(other: Callable[[], None]) -> None:
        try:
            for done in count(1):
                other()
                if ended.is_set() and done > 1:
                    break
        except BaseException as exc:  # noqa: BLE001  raised below
            raised.append(exc)

    threads = [Thread(target=again, args=(other,)) for other in others]
    for thread in threads:
        thread.start()
    try:
        work()
    finally:
        ended.set()
        for thread in threads:
            thread.join()
    if raised:
        raise raised[0]


class Watch:
    """Collects from a reader, and looks whether what it is handed can be."""

    def __init__(self, reader: Any) -> None:
        self._reader = reader
        self._last: dict[Any, Any] = {}

    def __call__(self) -> None:
        """Collect once; no total goes back, and no histogram is torn."""
        for name, metric in metrics(self._reader.get_metrics_data()).items():
            for point in metric.data.data_points:
                if hasattr(point, "bucket_counts"):
                    assert sum(point.bucket_counts) == point.count, name
                elif name in COUNTERS:
                    at = (name, *sorted((point.attributes or {}).items()))
                    assert self._last.get(at, 0) <= point.value, at
                    self._last[at] = point.value


@pytest.mark.parametrize("given", [False, True])
def test_readers_see_no_torn_value_while_hooks_run_wildly(*, given: bool) -> None:
    """Nothing raises, no total goes back, no histogram is torn, and the end is exact."""
    theirs = InMemoryMetricReader()
    monitor = Monitor(meter_provider=MeterProvider(metric_readers=[theirs]) if given else None)
    reader, delta = MemoryReader(), MemoryReader(DELTA)
    monitor.pipeline.add(reader)
    monitor.pipeline.add(delta)
    summed = {"faust.events": 0, "messaging.process.duration": 0}

    def sum_deltas() -> None:
        found = metrics(delta.get_metrics_data())
        for name in summed:
            if name in found:
                points = found[name].data.data_points
                summed[name] += sum(p.value if hasattr(p, "value") else p.count for p in points)

    watches = [Watch(reader), *([Watch(theirs)] if given else [])]
    with switching_often():
        together(lambda: wild(monitor), *watches, sum_deltas)
    sum_deltas()
    total = ROUNDS * PARTITIONS
    found = numbers(reader.get_metrics_data())
    assert [total] * 3 == [
        int(monitor.messages_received_total()),
        int(monitor.events_total()),
        monitor.messages_sent_total(),
    ]
    assert total == sum(found["faust.events"].values())
    assert {"faust.events": total, "messaging.process.duration": total} == summed
    if given:
        their = numbers(theirs.get_metrics_data())
        assert total == sum(seen[0] for seen in their["messaging.process.duration"].values())


def test_everything_can_be_asked_while_hooks_run_wildly() -> None:
    """Queries on other threads raise nothing, and totals never go back."""
    monitor = Monitor()
    seen = [0]

    def ask() -> None:
        seen.append(int(monitor.messages_received_total()))
        assert seen[-2] <= seen[-1]
        monitor.asdict()
        monitor.events_per_second()
        monitor.send_latency_max()

    with switching_often():
        together(lambda: wild(monitor), ask)
    assert len(seen) > 2


def test_a_collection_lets_others_run_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a reader's thread there is a pause after every so many, on the main thread none."""
    slept: list[float] = []
    monkeypatch.setattr(breath, "sleep", slept.append)
    found: list[list[int]] = [list(breathing(range(10), every=3))]
    assert slept == []
    thread = Thread(target=lambda: found.append(list(breathing(range(10), every=3))))
    thread.start()
    thread.join()
    assert ([list(range(10))] * 2, [breath.BREATH] * 3) == (found, slept)


async def test_an_event_loop_is_not_held_up_while_its_monitor_is_collected() -> None:
    """With 40,000 series collected on another thread again and again, the loop goes on."""
    monitor = Monitor()
    reader = MemoryReader()
    monitor.pipeline.add(reader)
    for number in range(10_000):
        partition = monitor.store.partition("orders", number)
        partition.received, partition.read, partition.end = 1, 1, 5
    await asyncio.to_thread(reader.get_metrics_data)
    collecting = asyncio.ensure_future(asyncio.to_thread(reader.get_metrics_data))
    turns = 0
    while not collecting.done():
        await asyncio.sleep(0)
        turns += 1
    assert turns > 100
