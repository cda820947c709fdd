"""The query API of the contract: exact answers for known hook calls."""

from __future__ import annotations

from typing import Any

import pytest

from faust_otel import Monitor
from tests.sensors.script import HandClock, Script

TOTALS = {
    "messages_received_total": 5,
    "messages_sent_total": 3,
    "events_total": 4,
    "tables_contains_total": 0,
    "tables_get_total": 3,
    "tables_set_total": 2,
    "tables_del_total": 1,
    "assignment_error_total": 1,
    "rebalances_total": 2,
    "topic_buffer_full_total": 3,
}
LATENCIES = {
    "commit_latency_avg": 0.5,
    "commit_latency_max": 0.75,
    "send_latency_avg": 0.25,
    "send_latency_max": 0.375,
    "assignment_latency_avg": 0.5,
    "rebalance_return_latency_avg": 1.5,
}
RATES = ("messages_received_per_second", "messages_sent_per_second", "events_per_second")


def answers(monitor: Monitor, names: Any) -> dict[str, Any]:
    """Return what `monitor` answers to each of `names`."""
    return {name: getattr(monitor, name)() for name in names}


async def test_each_query_tells_what_the_hooks_were_told() -> None:
    """Totals are exact ints and latencies exact means and maxima of a script of hook calls."""
    clock = HandClock()
    monitor = Monitor(clock=clock)
    script = Script(monitor, clock=clock)
    script.play()

    assert answers(monitor, TOTALS) == TOTALS
    assert answers(monitor, LATENCIES) == LATENCIES
    assert {type(value) for value in answers(monitor, TOTALS).values()} == {int}


def test_a_fresh_monitor_answers_zero() -> None:
    """Before anything happened totals are the int 0, rates and latencies the float 0.0."""
    monitor = Monitor()
    assert answers(monitor, TOTALS) == dict.fromkeys(TOTALS, 0)
    found = answers(monitor, (*LATENCIES, *RATES))
    assert found == dict.fromkeys((*LATENCIES, *RATES), 0.0)
    assert {type(value) for value in found.values()} == {float}


async def test_a_rate_is_the_total_over_the_time_since() -> None:
    """10 events in the 4 s of a monitor's life are 2.5 per second, sends and messages likewise."""
    clock = HandClock()
    monitor = Monitor(clock=clock)
    script = Script(monitor, clock=clock)
    for _ in range(10):
        script.event(0.25)
    for _ in range(6):
        script.send(0.25)

    assert answers(monitor, RATES) == {
        "messages_received_per_second": 2.5,
        "messages_sent_per_second": 1.5,
        "events_per_second": 2.5,
    }


async def test_a_rate_forgets_what_is_older_than_its_window() -> None:
    """With max_avg_history=3 a burst 3 samples ago is no more part of the rate."""
    clock = HandClock()
    monitor = Monitor(clock=clock, max_avg_history=3)
    script = Script(monitor, clock=clock)
    for _ in range(30):
        script.event(0.0)
    rates = []
    for _ in range(5):
        clock.pass_(1.0)
        rates.append(monitor.events_per_second())

    assert rates == [30.0, 15.0, 0.0, 0.0, 0.0]


async def test_latencies_are_of_the_last_observations() -> None:
    """The windows count observations: averages and maxima forget those before the last N."""
    clock = HandClock()
    monitor = Monitor(
        clock=clock,
        max_avg_history=1,
        max_commit_latency_history=2,
        max_send_latency_history=3,
        max_assignment_latency_history=2,
    )
    script = Script(monitor, clock=clock)
    for seconds in (8.0, 4.0, 2.0, 1.0):
        script.commit(seconds)
        script.send(seconds)
        script.assign(seconds)
        script.rebalance(seconds, 0.0)

    assert (monitor.commit_latency_avg(), monitor.commit_latency_max()) == (1.5, 2.0)
    assert monitor.send_latency_avg() == pytest.approx(7 / 3)
    assert monitor.send_latency_max() == 4.0
    assert monitor.assignment_latency_avg() == 1.5
    assert monitor.rebalance_return_latency_avg() == 1.0


async def test_totals_that_faust_reads_are_ints_that_can_be_called() -> None:
    """messages_received_total and events_total are ints as attributes, and the same when called."""
    clock = HandClock()
    monitor = Monitor(clock=clock)
    Script(monitor, clock=clock).event(0.5)

    for total in (monitor.messages_received_total, monitor.events_total):
        assert isinstance(total, int)
        assert (total, total(), total + 1, f"{total}") == (1, 1, 2, "1")
        assert type(total()) is int


def test_key_in_table_is_counted_where_it_is_told() -> None:
    """on_table_contains, which the probe of a running app calls, is what contains counts."""
    monitor = Monitor()
    for _ in range(4):
        monitor.on_table_contains("orders", "key")

    assert monitor.tables_contains_total() == 4


def test_the_windows_are_told() -> None:
    """The histories are properties with the contract's defaults, and what was given."""
    names = [
        *("max_avg_history", "max_commit_latency_history"),
        *("max_send_latency_history", "max_assignment_latency_history"),
    ]
    assert [getattr(Monitor(), name) for name in names] == [100, 30, 30, 30]
    given = {name: number for number, name in enumerate(names, 5)}
    monitor = Monitor(**given)  # type: ignore[arg-type]  # ints, all of them
    assert {name: getattr(monitor, name) for name in names} == given
