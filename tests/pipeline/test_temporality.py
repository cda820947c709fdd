"""Totals and deltas, explicit and exponential buckets: each reader as it prefers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from opentelemetry.sdk.metrics import Histogram as HistogramInstrument
from opentelemetry.sdk.metrics.view import ExponentialBucketHistogramAggregation

from faust_otel import attributes as key
from faust_otel import catalogue as c
from faust_otel.state import Store

from .reading import DELTA, MemoryReader, metrics, numbers, point, rebalance, series

if TYPE_CHECKING:
    from collections.abc import Callable

    from faust_otel.pipeline.own import OwnPipeline

    Open = Callable[..., OwnPipeline]

REBALANCES = c.REBALANCES.name
DURATION = c.RECOVERY_DURATION.name


@pytest.fixture
def store() -> Store:
    """A store that knows its app."""
    store = Store()
    store.identify(group="shop", app_id="shop")
    return store


def test_each_reader_has_its_own_deltas(store: Store, opened: Open) -> None:
    """Two readers of deltas at different intervals and one of totals are each handed their own."""
    pipeline = opened(store)
    often, seldom, total = MemoryReader(DELTA), MemoryReader(DELTA), MemoryReader()
    for reader in (often, seldom, total):
        pipeline.add(reader)
    seen: list[tuple[str, int, int]] = []
    for round_ in range(1, 5):
        rebalance(store, round_)
        due = [("often", often), ("total", total)] + [("seldom", seldom)] * (round_ % 2 == 0)
        for name, reader in due:
            found = metrics(reader.get_metrics_data())
            (counted,), (timed,) = (found[n].data.data_points for n in (REBALANCES, DURATION))
            seen.append((name, counted.value, timed.count))
    assert [
        *[("often", 1, 1), ("total", 1, 1), ("often", 2, 2), ("total", 3, 3), ("seldom", 3, 3)],
        *[("often", 3, 3), ("total", 6, 6), ("often", 4, 4), ("total", 10, 10), ("seldom", 7, 7)],
    ] == seen


def test_deltas_have_buckets_and_extremes_of_their_interval(store: Store, opened: Open) -> None:
    """A histogram's delta holds sum, buckets, least and greatest of its own interval only."""
    reader = MemoryReader(DELTA)
    opened(store).add(reader)
    recovery = store.recoveries.get()
    seen = []
    for values in ((0.25, 8.0), (0.5, 0.75)):
        for value in values:
            recovery.add(value)
        found = point(reader, DURATION)
        seen.append((found.count, found.sum, found.min, found.max, sum(found.bucket_counts)))
    assert seen == [(2, 8.25, 0.25, 8.0, 2), (2, 1.25, 0.5, 0.75, 2)]


def test_delta_intervals_touch_and_totals_begin_with_the_store(store: Store, opened: Open) -> None:
    """A delta starts where the one before ended, and every total at the store's own start."""
    pipeline = opened(store)
    delta, total = MemoryReader(DELTA), MemoryReader()
    pipeline.add(delta)
    pipeline.add(total)
    spans: dict[str, list[tuple[int, int]]] = {}
    for _ in range(3):
        rebalance(store)
        for which, reader in (("delta", delta), ("total", total)):
            found = metrics(reader.get_metrics_data())
            for name in (REBALANCES, DURATION):
                (one,) = found[name].data.data_points
                spans.setdefault(f"{which} {name}", []).append(
                    (one.start_time_unix_nano, one.time_unix_nano)
                )
    start = store.start_time_ns
    for name, found_spans in spans.items():
        ends = [end for _, end in found_spans]
        starts = [start, *ends[:-1]] if name.startswith("delta") else [start] * 3
        assert [*zip(starts, ends, strict=True)] == found_spans, name
        assert sorted(set(ends)) == ends, name


def test_a_histogram_without_news_has_no_delta(store: Store, opened: Open) -> None:
    """An interval in which nothing was measured has no point in a reader of deltas."""
    reader = MemoryReader(DELTA)
    opened(store).add(reader)
    rebalance(store)
    assert point(reader, DURATION) is not None
    assert point(reader, DURATION) is None


def test_series_told_apart_only_by_their_keys_have_their_own_deltas(opened: Open) -> None:
    """Two series with equal values under different keys do not share what was handed over."""
    store = Store()
    reader = MemoryReader(DELTA)
    opened(store).add(reader)
    store.decode_errors.get(TOPIC="key", DECODE_PART=None).value += 5
    store.decode_errors.get(TOPIC=None, DECODE_PART="key").value += 7
    assert {
        series({key.TOPIC: "key"}): 5,
        series({key.DECODE_PART: "key"}): 7,
    } == numbers(reader.get_metrics_data())[c.DECODE_ERRORS.name]


def test_exponential_histograms_hold_every_value(store: Store, opened: Open) -> None:
    """A reader that prefers exponential buckets gets all values, also those folded before it."""
    pipeline = opened(store)
    exponential: Any = {HistogramInstrument: ExponentialBucketHistogramAggregation()}
    total = MemoryReader(preferred_aggregation=exponential)
    delta = MemoryReader(DELTA, preferred_aggregation=exponential)
    pipeline.add(total)
    pipeline.add(delta)
    for number in range(3000):  # more than wait to be counted before anybody reads
        store.processing.get(TOPIC="t", AGENT="a", ERROR=None).add(number / 1000)
    seen = []
    for reader in (total, delta):
        data = metrics(reader.get_metrics_data())[c.PROCESS_DURATION.name].data
        (one,) = data.data_points
        buckets = sum(one.positive.bucket_counts) + one.zero_count
        seen.append((data.aggregation_temporality.name, one.count, buckets, one.min, one.max))
    assert seen == [
        ("CUMULATIVE", 3000, 3000, 0.0, 2.999),
        ("DELTA", 3000, 3000, 0.0, 2.999),
    ]
