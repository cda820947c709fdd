"""Questions to the in-memory reader."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from faust_otel import attributes as key
from faust_otel import catalogue as c
from faust_otel.state import Store

from .reading import MemoryReader, metrics
from .script import Clock

if TYPE_CHECKING:
    from collections.abc import Callable

    from faust_otel.pipeline import Query
    from faust_otel.pipeline.own import OwnPipeline


@pytest.fixture
def clock() -> Clock:
    """A clock that is moved by hand."""
    return Clock()


@pytest.fixture
def store(clock: Clock) -> Store:
    """A store with two exceptions of an agent on a topic and one without, and two recoveries."""
    store = Store(clock=clock)
    store.agent_exceptions.get(AGENT="ship", TOPIC="orders", ERROR="KeyError").value += 2
    store.agent_exceptions.get(AGENT="ship", TOPIC=None, ERROR="KeyError").value += 1
    for seconds in (0.25, 0.75):
        store.recoveries.get().add(seconds)
    return store


@pytest.fixture
def query(store: Store, opened: Callable[[Store], OwnPipeline]) -> Query:
    """Questions to the store."""
    return opened(store).query


def test_totals_are_of_the_series_that_carry_the_labels(query: Query) -> None:
    """Without labels a total is of all series, with them of those that have these values."""
    totals = [
        query.total(c.AGENT_EXCEPTIONS),
        query.total(c.AGENT_EXCEPTIONS, TOPIC="orders"),
        query.total(c.AGENT_EXCEPTIONS, TOPIC="orders", AGENT="bill"),
    ]
    assert totals == [3, 2, 0]


def test_sums_by_an_attribute_leave_out_series_without_it(query: Query) -> None:
    """A series without the attribute is in no sum by it."""
    assert query.by(c.AGENT_EXCEPTIONS, key.TOPIC) == {"orders": 2}
    assert query.by(c.AGENT_EXCEPTIONS, key.AGENT) == {"ship": 3}


def test_a_histogram_is_its_count_or_its_whole_point(query: Query) -> None:
    """Points give a histogram's count, distributions its data point."""
    ((_, point),) = query.distributions(c.RECOVERY_DURATION)
    assert query.points(c.RECOVERY_DURATION) == [({}, 2)]
    assert (point.count, point.min, point.max, point.sum) == (2, 0.25, 0.75, 1.0)


def test_an_answer_cannot_be_used_to_change_what_was_counted(query: Query) -> None:
    """Attributes in an answer are a copy."""
    query.points(c.AGENT_EXCEPTIONS)[0][0].clear()
    assert query.total(c.AGENT_EXCEPTIONS, AGENT="ship") == 3


def test_what_was_never_observed_is_zero(query: Query) -> None:
    """Totals, rates and latencies of what has not happened are 0 and 0.0."""
    assert query.recent("send", "mean") == query.rate(0) == 0.0
    assert (query.total(c.SENT), query.by(c.SENT, key.TOPIC)) == (0, {})


def test_recent_latencies_are_for_queries_only(
    store: Store, opened: Callable[[Store], OwnPipeline]
) -> None:
    """Mean and greatest of the last latencies are answered, and handed to no reader."""
    store.recent.assignment.extend((0.25, 0.75))
    pipeline, reader = opened(store), MemoryReader()
    pipeline.add(reader)
    statistics = [pipeline.query.recent("assignment", name) for name in ("mean", "max")]
    assert statistics == [0.5, 0.75]
    assert c.RECENT_LATENCY.name not in metrics(reader.get_metrics_data())
    assert c.WORKER_INFO.name in metrics(reader.get_metrics_data())


def test_a_rate_is_of_the_time_between(query: Query, store: Store, clock: Clock) -> None:
    """Messages received over the seconds since the first sample."""
    store.partition("orders", 0).received += 20
    clock.sleep(8.0)
    assert query.rate(0) == 2.5
