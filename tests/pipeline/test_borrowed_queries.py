"""Queries on somebody else's MeterProvider: answered whatever that provider does."""

from __future__ import annotations

import logging
from threading import Event, Thread
from time import monotonic
from typing import TYPE_CHECKING, Any

import pytest
from opentelemetry import metrics as api
from opentelemetry.metrics import Observation
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.view import DropAggregation, View

from faust_otel import Monitor
from faust_otel import catalogue as c
from faust_otel.pipeline import open_pipeline
from faust_otel.pipeline.borrowed import BorrowedPipeline
from faust_otel.pipeline.own import OwnPipeline
from faust_otel.state import Store

from .providers import Given, shop
from .reading import wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator

REBALANCES = c.REBALANCES.name


@pytest.fixture
def given() -> Given:
    """A provider with a reader of totals."""
    return Given()


def test_queries_do_not_depend_on_views() -> None:
    """A user who drops our metrics at the provider is answered all the same."""
    given = Given(views=[View(instrument_name="*", aggregation=DropAggregation())])
    pipeline = given.pipeline(shop())
    assert (given.numbers(), pipeline.query.total(c.REBALANCES)) == ({}, 1)


def test_queries_are_answered_after_the_end(given: Given) -> None:
    """Stopped, and on a provider that was shut down early, a monitor still answers."""
    monitor = Monitor(meter_provider=given.provider)
    monitor.on_rebalance_start(None)
    monitor.pipeline.start()
    monitor.shutdown()
    answers = [monitor.rebalances_total()]
    given.provider.shutdown()
    monitor.on_rebalance_start(None)
    answers.append(monitor.rebalances_total())
    assert answers == [1, 2]


def test_a_provider_that_was_shut_down_before_is_no_error(
    given: Given, caplog: pytest.LogCaptureFixture
) -> None:
    """On a provider that is shut down already, queries are answered and nothing raises."""
    given.provider.shutdown()
    monitor = Monitor(meter_provider=given.provider)
    monitor.on_rebalance_start(None)
    assert monitor.rebalances_total() == 1
    monitor.shutdown()
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


def test_totals_are_there_for_a_reader_after_the_stop(given: Given) -> None:
    """What was counted can be read from the provider after the monitor was stopped."""
    monitor = Monitor(meter_provider=given.provider)
    monitor.pipeline.start()
    monitor.on_rebalance_start(None)
    monitor.shutdown()
    assert given.numbers()[REBALANCES] == {(): 1}


def test_a_callback_of_the_users_may_ask_and_even_open_a_monitor(given: Given) -> None:
    """A query inside a collection of the same provider is answered, also when it is the first."""
    monitors = [Monitor(meter_provider=given.provider) for _ in range(2)]
    monitors[0].pipeline.start()
    for monitor in monitors:
        monitor.on_rebalance_start(None)
    answers: list[int] = []

    def ask(_: Any) -> Iterator[Observation]:
        answers.extend(monitor.rebalances_total() for monitor in monitors)
        yield Observation(1)

    given.provider.get_meter("mine").create_observable_gauge("mine", [ask])
    collected = Thread(target=given.numbers, daemon=True)
    collected.start()
    collected.join(20.0)
    assert (answers, collected.is_alive()) == ([1, 1], False)
    wait_for(lambda: given.numbers()[REBALANCES][()] == 2)


def test_a_provider_busy_with_a_slow_callback_holds_up_nobody(given: Given) -> None:
    """While a collection hangs in somebody's callback, a monitor starts and answers."""
    entered, may_end = Event(), Event()

    def slow(_: Any) -> Iterator[Observation]:
        entered.set()
        may_end.wait()
        yield Observation(1)

    given.provider.get_meter("mine").create_observable_gauge("mine", [slow])
    collecting = Thread(target=given.numbers, daemon=True)
    collecting.start()
    assert entered.wait(20.0)
    begun = monotonic()
    monitor = Monitor(meter_provider=given.provider)
    monitor.pipeline.start()
    monitor.on_rebalance_start(None)
    answer = monitor.rebalances_total()
    flushed = monitor.force_flush(0.2)
    taken = monotonic() - begun
    may_end.set()
    collecting.join()
    assert (answer, flushed, taken < 2.0) == (1, False, True)


def test_flush_has_the_provider_export_and_tells_what_it_raised(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Flush is the provider's, with its failure as False, and stop says what took too long."""

    class Busy(MeterProvider):
        flushed: list[float]
        does: Any = None

        def force_flush(self, timeout_millis: float = 10_000) -> bool:
            self.flushed.append(timeout_millis)
            return bool(self.does())

    provider = Busy()
    provider.flushed = []
    monitor = Monitor(meter_provider=provider)
    never = Event()
    seen = []
    for does in (lambda: True, lambda: False, lambda: 1 / 0):
        provider.does = does
        seen.append(monitor.force_flush(2.0))
    provider.does = never.wait
    monitor.shutdown(0.1)
    never.set()
    assert (seen, provider.flushed) == ([True, False, False], [2000.0] * 3 + [100.0])
    assert caplog.records[-1].message == "the last metrics were not exported within 0.1 s"


def test_which_pipeline_is_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    """The provider given, else a global one that is configured, else a pipeline of our own."""
    configured = MeterProvider()
    with monkeypatch.context() as patch:
        kinds = [
            type(open_pipeline(Store(), meter_provider=each))
            for each in (None, configured, api.NoOpMeterProvider())
        ]
        patch.setattr("faust_otel.pipeline.pipeline.get_meter_provider", lambda: configured)
        kinds.append(type(open_pipeline(Store())))
    assert [OwnPipeline, BorrowedPipeline, BorrowedPipeline, BorrowedPipeline] == kinds


def test_a_provider_that_cannot_be_flushed_needs_no_flush() -> None:
    """A provider without force_flush, which the API does not ask for, is taken as flushed."""
    monitor = Monitor(meter_provider=api.NoOpMeterProvider())
    monitor.on_rebalance_start(None)
    assert (monitor.rebalances_total(), monitor.force_flush()) == (1, True)
    monitor.shutdown()
