"""What the producer hands to readers: temporality, times, shapes, and what it leaves out."""

from __future__ import annotations

import logging
from math import inf, nan
from typing import TYPE_CHECKING

import pytest
from opentelemetry.sdk.metrics.export import (
    AggregationTemporality,
    Gauge,
    Histogram,
    HistogramDataPoint,
    Metric,
    MetricsData,
    NumberDataPoint,
    ResourceMetrics,
    ScopeMetrics,
    Sum,
)
from opentelemetry.sdk.util.instrumentation import InstrumentationScope

from faust_otel import attributes as key
from faust_otel import catalogue as c
from faust_otel.pipeline import Producer
from faust_otel.pipeline.producer import View
from faust_otel.state import Store
from faust_otel.version import __version__

from .reading import MemoryReader, metrics, numbers, rebalance, series

if TYPE_CHECKING:
    from collections.abc import Callable

    from faust_otel.pipeline.own import OwnPipeline

    Open = Callable[..., OwnPipeline]

REBALANCES = c.REBALANCES.name
DURATION = c.RECOVERY_DURATION.name
GROUP = series({key.GROUP: "shop"})


@pytest.fixture
def store() -> Store:
    """A store that knows its app."""
    store = Store()
    store.identify(group="shop", app_id="shop")
    return store


def test_nothing_but_finite_numbers_is_handed_over(store: Store, opened: Open) -> None:
    """NaN and infinite values from a reading or a clock reach no reader."""
    reader = MemoryReader()
    opened(store).add(reader)
    values = {"good": 3, "nan": nan, "inf": inf, "-inf": -inf}
    store.readings[c.TABLE_SIZE] = [lambda: [({key.TABLE: n}, v) for n, v in values.items()]]
    for value in (nan, inf, 0.5):
        store.recoveries.get().add(value)
    found = numbers(reader.get_metrics_data())
    assert {series({key.TABLE: "good"}): 3} == found[c.TABLE_SIZE.name]
    assert [seen[:2] for seen in found[DURATION].values()] == [(1, 0.5)]


def test_a_metric_that_fails_is_said_once_and_left_out(
    store: Store, opened: Open, caplog: pytest.LogCaptureFixture
) -> None:
    """One source that raises is logged once, with its metric, and the others arrive."""
    reader = MemoryReader()
    opened(store).add(reader)
    rebalance(store)
    store.readings[c.TABLE_SIZE] = [lambda: 1 / 0]  # type: ignore[list-item, return-value]
    for _ in range(3):
        found = numbers(reader.get_metrics_data())
    assert (c.TABLE_SIZE.name in found, found[REBALANCES]) == (False, {GROUP: 1})
    assert [(logging.ERROR, c.TABLE_SIZE.name)] == [
        (record.levelno, record.args[0] if isinstance(record.args, tuple) else None)
        for record in caplog.records
    ]


def test_gauges_of_a_revoked_partition_vanish_and_counters_go_on(
    store: Store, opened: Open
) -> None:
    """The collection after a revocation has no offsets and lag of it, but what was received."""
    reader = MemoryReader()
    opened(store).add(reader)
    partition = store.partition("orders", 0)
    partition.received, partition.read, partition.end = 3, 2, 5
    partition.full, partition.committed = 1, 2
    before = numbers(reader.get_metrics_data())
    partition.revoke()
    after = numbers(reader.get_metrics_data())
    gauges = {c.LAG.name, c.DELAY.name, c.OFFSET.name}
    counters = (c.CONSUMED.name, c.BUFFER_FULL.name)
    assert gauges == gauges & set(before)
    assert set() == gauges & set(after)
    assert [before[name] for name in counters] == [after[name] for name in counters]
    assert list(after[c.ASSIGNED.name].values()) == [0]


def test_a_group_that_becomes_known_names_partitions_anew(opened: Open) -> None:
    """Partitions read before the app was known get its group at the next collection."""
    store = Store()
    reader = MemoryReader()
    opened(store).add(reader)
    store.partition("orders", 0).received += 1
    (before,) = numbers(reader.get_metrics_data())[c.CONSUMED.name]
    store.identify(group="shop", app_id="shop")
    (after,) = numbers(reader.get_metrics_data())[c.CONSUMED.name]
    assert (dict(before).get(key.GROUP), dict(after).get(key.GROUP)) == (None, "shop")


def test_more_than_two_thousand_series_stay_apart(opened: Open) -> None:
    """No series is folded into an overflow series, however many there are."""
    store = Store()
    pipeline = opened(store)
    reader = MemoryReader()
    pipeline.add(reader)
    for number in range(3000):
        store.partition("orders", number).received += number
    found = numbers(reader.get_metrics_data())[c.CONSUMED.name]
    assert (2999, sum(range(3000))) == (len(found), sum(found.values()))
    assert sum(range(3000)) == pipeline.query.total(c.CONSUMED)


def test_the_whole_structure_of_what_a_reader_is_handed(store: Store) -> None:
    """Metrics are in the producer's order and carry name, unit, description, times and values."""
    start, now = store.start_time_ns, store.start_time_ns + 10**9
    rebalance(store, 2)
    store.rebalancing = 1
    store.readings[c.TABLE_SIZE] = [lambda: [({key.TABLE: "stock"}, 8)]]
    carried = [c.REBALANCES, c.REBALANCE_ACTIVE, c.RECOVERY_DURATION, c.TABLE_SIZE, c.EVENTS]
    cumulative = AggregationTemporality.CUMULATIVE
    below = sum(bound < 0.25 for bound in c.RECOVERY_DURATION.bounds)
    counts = [0] * (len(c.RECOVERY_DURATION.bounds) + 1)
    counts[below] = 2
    group = {key.GROUP: "shop"}
    assert [
        Metric(
            "faust.rebalances",
            "Rebalances started.",
            "{rebalance}",
            Sum([NumberDataPoint(group, start, now, 2)], cumulative, is_monotonic=True),
        ),
        Metric(
            "faust.rebalance.active",
            "1 while a rebalance is going on, else 0.",
            "{rebalance}",
            Sum([NumberDataPoint(group, start, now, 1)], cumulative, is_monotonic=False),
        ),
        Metric(
            "faust.table.recovery.duration",
            "Recovery of all tables, from its start to its end.",
            "s",
            Histogram(
                [
                    HistogramDataPoint(
                        attributes={},
                        start_time_unix_nano=start,
                        time_unix_nano=now,
                        count=2,
                        sum=0.5,
                        bucket_counts=tuple(counts),
                        explicit_bounds=c.RECOVERY_DURATION.bounds,
                        min=0.25,
                        max=0.25,
                    )
                ],
                cumulative,
            ),
        ),
        Metric(
            "faust.table.size",
            "Keys in a table, where counting them is cheap (memory store).",
            "{key}",
            Gauge([NumberDataPoint({key.TABLE: "stock"}, None, now, 8)]),  # type: ignore[arg-type]  # as the SDK itself does
        ),
    ] == Producer(store, carries=carried).produce(now, View())


def test_the_envelope_of_what_a_reader_is_handed(store: Store, opened: Open) -> None:
    """All metrics are in one scope with version and schema URL, under the pipeline's resource."""
    pipeline = opened(store)
    reader = MemoryReader()
    pipeline.add(reader)
    data = reader.get_metrics_data()
    assert data is not None
    scope = InstrumentationScope("faust_otel", __version__, c.SCHEMA_URL)
    found = list(metrics(data).values())
    assert (
        MetricsData(
            [ResourceMetrics(pipeline.resource, [ScopeMetrics(scope, found, c.SCHEMA_URL)], "")]
        )
        == data
    )


def test_a_reader_of_ours_that_is_connected_to_nothing_is_the_reader_it_was() -> None:
    """Without a producer, a bridge reader hands over what the SDK observed."""
    from opentelemetry.sdk.metrics import MeterProvider

    reader = MemoryReader()
    MeterProvider(metric_readers=[reader]).get_meter("mine").create_counter("mine").add(3)
    assert numbers(reader.get_metrics_data()) == {"mine": {(): 3}}
