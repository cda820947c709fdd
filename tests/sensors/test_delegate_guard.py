"""The guard of a `SensorDelegate`: what a raising sensor does to others, and what is told of it."""
# mypy: disable-error-code="override"

from __future__ import annotations

import logging
from typing import Any

import pytest

from faust_otel import Monitor, Sensor, SensorDelegate
from tests.sensors.script import HandClock, Script, failures
from tests.sensors.test_queries import LATENCIES, TOTALS, answers


class Raising(Sensor):
    """Raises in some hooks."""

    def on_message_in(self, *_: Any) -> None:
        raise LookupError("in")

    def on_stream_event_in(self, *_: Any) -> None:
        raise LookupError("event in")

    def on_stream_event_out(self, *_: Any) -> None:
        raise LookupError("event out")

    def on_message_out(self, *_: Any) -> None:
        raise LookupError("out")

    def on_table_get(self, *_: Any) -> None:
        raise LookupError("get")

    def on_send_initiated(self, *_: Any) -> None:
        raise LookupError("send")

    def on_commit_completed(self, *_: Any) -> None:
        raise LookupError("committed")


#: How often `Script.play` calls each of these hooks; event_out is no event that came in.
FAILURES = {
    "on_message_in": 5,
    "on_stream_event_in": 5,
    "on_message_out": 4,
    "on_table_get": 3,
    "on_send_initiated": 4,
    "on_commit_completed": 2,
}


async def test_a_raising_sensor_disturbs_nobody(caplog: Any) -> None:
    """Its exceptions are counted by hook and logged once each, and all others count exactly."""
    clock = HandClock()
    first, raising, last = Monitor(clock=clock), Raising(), Monitor(clock=clock)
    script = Script(SensorDelegate(first, raising, last), clock=clock)
    with caplog.at_level(logging.ERROR, logger="faust_otel"):
        script.play()

    for monitor in (first, last):
        assert answers(monitor, TOTALS) == TOTALS
        assert answers(monitor, LATENCIES) == LATENCIES
    assert failures(first) == {("Raising", hook): count for hook, count in FAILURES.items()}
    assert failures(last) == {}
    assert len(caplog.records) == len(FAILURES)
    assert caplog.messages[0].startswith("Raising.on_message_in raised LookupError('in')")
    assert all(record.exc_info for record in caplog.records)


async def test_without_a_guard_exceptions_go_on_to_faust() -> None:
    """With guard=False the sensor's own exception is raised, counted and not logged."""
    monitor = Monitor()
    script = Script(SensorDelegate(monitor, Raising(), guard=False), clock=HandClock())
    with pytest.raises(LookupError, match="in"):
        script.event(0.0)
    assert failures(monitor) == {("Raising", "on_message_in"): 1}


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, GeneratorExit])
def test_what_ends_a_program_is_not_held_back(error: type[BaseException]) -> None:
    """Exceptions that are no Exception pass the guard."""

    class Ending(Sensor):
        def on_table_get(self, *_: Any) -> None:
            raise error

    with pytest.raises(error):
        SensorDelegate(Ending()).on_table_get("table", "key")


async def test_a_sensor_that_raises_after_super_loses_no_state() -> None:
    """A send whose override raised after ours began it is closed, timed and no send error."""

    class Late(Monitor):
        def on_send_initiated(self, producer: Any, topic: str, message: Any) -> None:
            super().on_send_initiated(producer, topic, message)
            raise LookupError("after")

    clock = HandClock()
    late = Late(clock=clock)
    Script(SensorDelegate(late), clock=clock).send(0.5)

    assert (list(late.send_latency), late.send_errors) == ([0.5], 0)
    assert failures(late) == {("Late", "on_send_initiated"): 1}


def test_the_same_failure_of_another_sensor_is_logged_too(caplog: Any) -> None:
    """Logged once means once per hook and sensor, and anew for one that was away."""
    one, other = Raising(), Raising()
    delegate = SensorDelegate(one, other)
    for _ in range(3):
        delegate.on_table_get("table", "key")
    assert len(caplog.records) == 2
    delegate.remove_sensor(one)
    delegate.add_sensor(one)
    delegate.on_table_get("table", "key")
    assert len(caplog.records) == 3


def test_errors_of_a_nested_sensor_count_where_a_monitor_is() -> None:
    """The monitor inside a delegate counts the failures of its neighbours, at any depth."""
    monitor = Monitor()
    delegate = SensorDelegate(SensorDelegate(monitor), Raising())
    delegate.on_table_get("table", "key")
    assert failures(monitor) == {("Raising", "on_table_get"): 1}
    alone = SensorDelegate(Raising())
    alone.on_table_get("table", "key")
    assert failures(alone.stand_in()) == {("Raising", "on_table_get"): 1}


def test_metrics_that_cannot_be_read_are_left_out(caplog: Any) -> None:
    """A sensor whose asdict() raises, or returns no mapping, is counted; the others are there."""

    class Broken(Sensor):
        def asdict(self) -> Any:
            raise LookupError("nothing here")

        def get_metrics(self) -> Any:
            return 5

    monitor = Monitor()
    delegate = SensorDelegate(Broken(), monitor)
    assert delegate.get_combined_metrics() == monitor.asdict()
    assert failures(monitor) == {("Broken", "asdict"): 1, ("Broken", "get_metrics"): 1}
    assert len(caplog.records) == 2


def test_an_event_out_that_raises_is_held_back_too() -> None:
    """A sensor whose on_stream_event_out raises is counted, and the others are told."""

    class Out(Sensor):
        def on_stream_event_out(self, *_: Any) -> None:
            raise LookupError("event out")

    monitor = Monitor()
    SensorDelegate(Out(), monitor).on_stream_event_out("tp", 0, "stream", "event", None)
    assert failures(monitor) == {("Out", "on_stream_event_out"): 1}
