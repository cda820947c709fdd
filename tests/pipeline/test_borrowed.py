"""On somebody else's MeterProvider: what its readers see, and what must not depend on it."""

from __future__ import annotations

import gc
import weakref

import pytest

from faust_otel import attributes as key
from faust_otel import catalogue as c
from faust_otel.state import Store

from .providers import Given, rebalance, shop
from .reading import DELTA, MemoryReader, numbers, series

REBALANCES = c.REBALANCES.name
DURATION = c.RECOVERY_DURATION.name
GROUP = series({key.GROUP: "shop"})


@pytest.fixture
def given() -> Given:
    """A provider with a reader of totals."""
    return Given()


def test_what_waits_in_histograms_is_recorded_in_the_same_collection(given: Given) -> None:
    """Each collection holds every value measured before it, once."""
    store = shop()
    given.pipeline(store)
    for count in (1, 2, 3):
        assert [(count, count * 0.25)] == [seen[:2] for seen in given.numbers()[DURATION].values()]
        rebalance(store)


def test_a_reader_of_deltas_is_handed_differences() -> None:
    """The SDK makes deltas of our totals, and of what is recorded."""
    given = Given(temporality=DELTA)
    store = shop()
    given.pipeline(store)
    seen = []
    for times in (2, 3):
        found = given.numbers()
        seen.append((found[REBALANCES][GROUP], found[DURATION][()][0]))
        rebalance(store, times)
    assert seen == [(1, 1), (2, 2)]


def test_two_apps_on_one_provider_are_summed_and_answer_for_themselves(given: Given) -> None:
    """Sums of two apps add up in the reader, and each app's queries say its own."""
    stores = shop("a", rebalances=2), shop("b", rebalances=3)
    pipelines = [given.pipeline(store) for store in stores]
    found = given.numbers()
    assert (found[REBALANCES][GROUP], found[DURATION][()][0]) == (5, 5)
    assert [pipeline.query.total(c.REBALANCES) for pipeline in pipelines] == [2, 3]


def test_two_apps_are_one_process(given: Given) -> None:
    """Memory of the process is not counted once for each of its apps."""
    pipelines = [given.pipeline(shop(app)) for app in ("a", "b")]
    memory = given.numbers()[c.MEMORY_USAGE.name][()]
    assert memory < 1.5 * pipelines[0].query.total(c.MEMORY_USAGE)


def test_two_monitors_of_one_app_are_counted_once(given: Given) -> None:
    """Monitors of one app count the same, so the provider's readers are told by one of them."""
    stores = shop("a", rebalances=2), shop("a", rebalances=2)
    pipelines = [given.pipeline(store) for store in stores]
    found = given.numbers()
    assert (found[REBALANCES][GROUP], found[DURATION][()][0]) == (2, 2)
    for metric in (c.REBALANCES, c.RECOVERY_DURATION):
        assert [pipeline.query.total(metric) for pipeline in pipelines] == [2, 2]
    assert given.numbers()[DURATION][()][0] == 2


def test_a_monitor_that_is_gone_is_read_no_more(given: Given) -> None:
    """The provider keeps no store alive, and the others go on to be read."""
    gone, stays = shop("a", rebalances=2), shop("b", rebalances=3)
    given.pipeline(stays)
    given.pipeline(gone)
    seen = weakref.ref(gone)
    del gone
    gc.collect()
    assert (seen(), given.numbers()[REBALANCES][GROUP]) == (None, 3)
    later = shop("c")
    given.pipeline(later)
    assert given.numbers()[REBALANCES][GROUP] == 4


def test_a_store_that_begins_anew_is_read_on(given: Given) -> None:
    """Opened again after its store was cleared, as in a forked child, a pipeline counts once."""
    store = shop(rebalances=3)
    given.pipeline(store)
    assert given.numbers()[DURATION][()][0] == 3
    store.clear()
    given.pipeline(store)
    rebalance(store, 2)
    found = given.numbers()
    # What the SDK's own histogram has recorded stays, here as in a child.
    assert (found[REBALANCES][GROUP], found[DURATION][()][0]) == (2, 5)


def test_a_provider_that_is_gone_is_kept_by_nobody() -> None:
    """Our instruments do not keep a user's provider alive."""
    given = Given(shutdown_on_exit=False)
    pipeline = given.pipeline(shop())
    seen = weakref.ref(given.provider)
    del given, pipeline
    gc.collect()
    assert seen() is None


def test_more_than_two_thousand_series_are_answered(given: Given) -> None:
    """At most the provider's own readers fold what is beyond their limit into one series."""
    store = Store()
    for number in range(2500):
        store.partition("orders", number).received += 1
    pipeline = given.pipeline(store)
    reader = MemoryReader()
    pipeline.add(reader)
    total = pipeline.query.total(c.CONSUMED)
    ours = numbers(reader.get_metrics_data())[c.CONSUMED.name]
    assert (total, len(ours)) == (2500, 2500)
    assert sum(given.numbers()[c.CONSUMED.name].values()) == 2500


def test_a_metric_that_fails_is_said_once_and_left_out(
    given: Given, caplog: pytest.LogCaptureFixture
) -> None:
    """One source that raises is logged once, by us and not by the SDK, and the others arrive."""
    store = shop()
    store.readings[c.TABLE_SIZE] = [lambda: 1 / 0]  # type: ignore[list-item, return-value]
    given.pipeline(store)
    for _ in range(3):
        found = given.numbers()
    assert (c.TABLE_SIZE.name in found, found[REBALANCES][GROUP]) == (False, 1)
    assert [record.name for record in caplog.records] == ["faust_otel.pipeline.failures"]


def test_histograms_get_the_group_once_it_is_known(given: Given) -> None:
    """Values measured after the app became known are recorded with its group."""
    store = Store()
    given.pipeline(store)
    histogram = store.processing.get(TOPIC="orders", AGENT=None, ERROR=None)
    histogram.add(0.25)
    given.numbers()
    store.identify(group="shop", app_id="shop")
    histogram.add(0.25)
    groups = [dict(each).get(key.GROUP) for each in given.numbers()[c.PROCESS_DURATION.name]]
    assert groups == [None, "shop"]
