"""`Monitor`: its arguments, and where and how long it lives."""

from __future__ import annotations

import asyncio
import gc
import itertools
import os
import re
import subprocess
import sys
import threading
import weakref
from typing import Any

import pytest
from opentelemetry.metrics import NoOpMeterProvider
from opentelemetry.sdk.metrics import MeterProvider

from faust_otel import ConfigurationError, Monitor
from faust_otel.sensors.kept import kept
from tests.sensors.script import HandClock, Script

HISTORIES = [
    *("max_avg_history", "max_commit_latency_history"),
    *("max_send_latency_history", "max_assignment_latency_history"),
]


@pytest.mark.parametrize("name", HISTORIES)
@pytest.mark.parametrize("value", [0, -1, 2.5, "3", None, True])
def test_a_history_that_cannot_be_is_refused(name: str, value: Any) -> None:
    """The error names the class, the argument, the value, and what is allowed."""
    message = re.escape(f"Monitor: {name}={value!r} is not allowed; give an integer of at least 1")
    with pytest.raises(ConfigurationError, match=f"^{message}$"):
        Monitor(**{name: value})


@pytest.mark.parametrize("value", [0, -1.0, float("nan"), float("inf"), "5", None, True])
def test_an_interval_that_cannot_be_is_refused(value: Any) -> None:
    """end_offsets_interval must be a finite number of seconds above 0."""
    with pytest.raises(ConfigurationError, match=r"end_offsets_interval=.*seconds above 0"):
        Monitor(end_offsets_interval=value)


@pytest.mark.parametrize(
    ("argument", "value", "allowed"),
    [
        ("clock", 5, "give a callable"),
        ("clock", 0, "give a callable"),
        ("meter_provider", "otlp", r"give an opentelemetry\.sdk\.metrics\.MeterProvider"),
        ("meter_provider", MeterProvider, r"give an opentelemetry"),
    ],
)
def test_other_values_that_cannot_be_are_refused(argument: str, value: Any, allowed: str) -> None:
    """A clock must be callable, and a meter provider an object that has meters."""
    expected = rf"Monitor: {argument}={re.escape(repr(value))} is not allowed; {allowed}"
    given: dict[str, Any] = {argument: value}
    with pytest.raises(ConfigurationError, match=expected):
        Monitor(**given)


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("max_avg_histroy", "did you mean 'max_avg_history'?"),
        ("max_send_latency", "did you mean 'max_send_latency_history'?"),
        ("meterprovider", "did you mean 'meter_provider'?"),
        ("xyz", "known are: beacon, clock, end_offsets_interval, loop, max_assignment_latency"),
    ],
)
def test_an_unknown_argument_names_the_nearest_known_one(name: str, hint: str) -> None:
    """The error names the argument and the one that was probably meant, or all there are."""
    with pytest.raises(ConfigurationError, match=re.escape(f"unknown argument '{name}'; {hint}")):
        Monitor(**{name: 1})  # type: ignore[arg-type]  # known ones have types of their own


def test_a_subclass_has_arguments_of_its_own() -> None:
    """What it takes itself is not passed on, and errors name the subclass."""

    class Shop(Monitor):
        def __init__(self, *, currency: str = "EUR", **kwargs: Any) -> None:
            super().__init__(**kwargs)
            self.currency = currency

    shop = Shop(currency="CHF", max_avg_history=7)
    assert (shop.currency, shop.max_avg_history) == ("CHF", 7)
    with pytest.raises(ConfigurationError, match=r"^Shop: unknown argument 'curency'"):
        Shop(curency="CHF")
    with pytest.raises(ConfigurationError, match=r"^Shop: max_avg_history=0"):
        Shop(max_avg_history=0)


@pytest.mark.parametrize("provider", [MeterProvider(), NoOpMeterProvider()])
def test_any_meter_provider_is_taken(provider: Any) -> None:
    """One of the SDK is measured into, and one of the API alone leaves queries answered."""
    monitor = Monitor(meter_provider=provider)
    monitor.on_table_get("table", "key")
    assert monitor.tables_get_total() == 1


def test_a_clock_of_whole_numbers_will_do() -> None:
    """Latencies of a clock that returns ints are taken like others."""
    monitor = Monitor(clock=itertools.count(5).__next__)
    monitor.on_commit_completed(None, monitor.on_commit_initiated(None))
    monitor.on_rebalance_end(None, monitor.on_rebalance_start(None))
    assert (list(monitor.commit_latency), list(monitor.rebalance_end_latency)) == ([1.0], [1.0])


def test_a_monitor_made_outside_of_a_loop_runs_in_one() -> None:
    """It can be made before there is an event loop, started in one, and asked afterwards."""
    monitor = Monitor()

    async def live() -> None:
        await monitor.start()
        Script(monitor, clock=HandClock()).event(0.0)
        await monitor.stop()

    asyncio.run(live())
    assert monitor.events_total() == 1


def test_a_monitor_counts_and_answers_in_any_thread() -> None:
    """It can be made, told and asked on a thread that has no event loop."""
    answers: list[int] = []

    def work() -> None:
        monitor = Monitor()
        monitor.on_table_set("table", "key", "value")
        monitor.on_send_completed(None, monitor.on_send_initiated(None, "topic", None, 1, 2))
        answers.extend((monitor.tables_set_total(), monitor.messages_sent_total()))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join(timeout=10.0)
    assert answers == [1, 1]


async def test_monitors_that_nobody_holds_are_gone() -> None:
    """A hundred monitors that counted, answered and ran leave neither themselves nor a store."""
    gone = []
    for number in range(100):
        clock = HandClock()
        monitor = Monitor(clock=clock)
        script = Script(monitor, clock=clock) if number < 3 else None
        if script is not None:
            script.play()
            await monitor.start()
            await monitor.stop()
        assert monitor.tables_get_total() == (3 if script else 0)
        gone += [weakref.ref(each) for each in (monitor, kept(monitor), kept(monitor).store)]
        del monitor, script
    gc.collect()
    assert [ref for ref in gone if ref() is not None] == []


FORKING = """
import os
from faust_otel import Monitor

monitor = Monitor()
for _ in range(3):
    monitor.on_table_get("table", "key")
asked = [monitor.tables_get_total()]
child = os.fork()
if child == 0:
    before = monitor.tables_get_total()
    monitor.on_table_get("table", "key")
    os._exit(10 * before + monitor.tables_get_total())
asked += [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), monitor.tables_get_total()]
print(asked)
"""


def test_a_forked_child_begins_at_zero() -> None:
    """After fork() the parent goes on with its counts, and the child counts anew from zero."""
    answered = subprocess.run(
        [sys.executable, "-c", FORKING], check=True, capture_output=True, text=True, timeout=60
    )
    assert answered.stdout == "[3, 1, 3]\n"


def test_beginning_again_forgets_counts_and_pipeline() -> None:
    """What a forked child does first: all counts are zero, and another pipeline is opened."""
    monitor = Monitor()
    monitor.on_table_get("table", "key")
    before = monitor.pipeline
    assert monitor.tables_get_total() == 1
    kept(monitor).begin_again()

    assert monitor.tables_get_total() == 0
    assert monitor.pipeline is not before
    assert (monitor.store, monitor.query) == (kept(monitor).store, monitor.pipeline.query)


def test_an_outcome_without_a_commit_changes_nothing() -> None:
    """Told that a commit failed while none is going on, a monitor counts no commit."""
    monitor = Monitor()
    monitor.commit_ended({}, error="LookupError", raised=True)
    assert (list(monitor.commit_latency), monitor.tp_committed_offsets) == ([], {})


def test_many_monitors_register_nothing_for_fork(monkeypatch: pytest.MonkeyPatch) -> None:
    """The handler for forks is registered once per process, not for each monitor."""
    registered: list[Any] = []
    monkeypatch.setattr(os, "register_at_fork", lambda **kwargs: registered.append(kwargs))
    for _ in range(3):
        Monitor().on_table_get("table", "key")
    assert registered == []


def test_flush_and_shutdown_work_without_a_worker() -> None:
    """Both return with nothing to export to, and queries are answered after them."""
    monitor = Monitor()
    monitor.on_table_get("table", "key")
    assert monitor.force_flush() is True
    monitor.shutdown()
    monitor.shutdown()
    assert monitor.tables_get_total() == 1


class Broken(MeterProvider):
    """Raises whatever it is asked to do."""

    def force_flush(self, *_: Any) -> bool:
        raise OSError("no way out")


def test_an_exporter_that_raises_is_told_of(caplog: Any) -> None:
    """force_flush() returns False and shutdown() returns, and both log what went wrong."""
    monitor = Monitor(meter_provider=Broken())
    assert monitor.force_flush() is False
    monitor.shutdown()
    assert caplog.messages == ["metrics could not be exported: no way out"] * 2
