"""`SensorDelegate`: who is called, who is kept from whom, and what is told of it all."""
# mypy: disable-error-code="override"

from __future__ import annotations

import logging
from typing import Any

import faust
import pytest

from faust_otel import ConfigurationError, Monitor, Sensor, SensorDelegate
from faust_otel.sensors.hooks import CLOSING, HOOKS, KEYWORDS
from tests.sensors.script import HandClock, Script
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


def failures(monitor: Monitor) -> dict[tuple[Any, Any], int]:
    """Return the sensor errors that `monitor` counted, by sensor and hook."""
    counts = monitor.store.sensor_errors
    return {
        (count.attrs["faust.sensor.name"], count.attrs["faust.sensor.hook"]): count.value
        for count in counts
    }


class Seen:
    """No sensor of anybody's: has every hook, and keeps what it was called with."""

    def __init__(self) -> None:
        self.calls: list[Any] = []

    def __getattr__(self, name: str) -> Any:
        if name not in HOOKS:
            raise AttributeError(name)

        def hook(*args: Any, **kwargs: Any) -> str:
            self.calls.append((name, args, kwargs))
            return "state"

        return hook


@pytest.mark.parametrize("hook", HOOKS)
def test_each_hook_is_forwarded_as_faust_calls_it(hook: str) -> None:
    """Every argument arrives at its place, the state being what the sensor itself opened."""
    seen = Seen()
    delegate = SensorDelegate(seen)
    given: list[Any] = list(HOOKS[hook])
    if hook in CLOSING:
        opening, at = CLOSING[hook]
        given[at] = getattr(delegate, opening)(*HOOKS[opening])
        assert given[at] == {seen: "state"}
    keywords = {name: name for name in KEYWORDS.get(hook, ())}
    getattr(delegate, hook)(*given, **keywords)

    assert seen.calls[-1] == (hook, HOOKS[hook], keywords)
    assert len(seen.calls) == (2 if hook in CLOSING else 1)


async def test_all_sensors_are_told_the_same() -> None:
    """Monitors of both kinds in one delegate count what a monitor alone would."""
    clock = HandClock()
    ours, theirs = Monitor(clock=clock), faust.Monitor(time=clock)
    script = Script(SensorDelegate(ours, theirs, ours), clock=clock)
    script.play()

    assert answers(ours, TOTALS) == TOTALS
    assert answers(ours, LATENCIES) == LATENCIES
    assert theirs.messages_received_total == 5
    assert list(theirs.send_latency) == [0.125, 0.375]
    assert list(theirs.rebalance_end_latency) == [4.0, 7.0]


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


def test_hooks_that_nobody_overrides_call_nothing() -> None:
    """For the hooks that a sensor leaves to its base, the delegate has nothing to call."""

    class Gets(Sensor):
        def on_table_get(self, table: Any, key: Any) -> None:
            """Count."""

        def on_rebalance_end(self, app: Any, state: Any) -> None:
            """Wants what the base's on_rebalance_start returns."""

        def on_stream_event_out(self, *args: Any) -> None:
            """Wants no event that comes in: the base returns nothing there."""

    routes = vars(SensorDelegate(Gets()))["_Forwarding__routes"]
    assert sorted(hook for hook, calls in routes.items() if calls) == [
        *("on_rebalance_end", "on_rebalance_start", "on_stream_event_out", "on_table_get"),
    ]


def test_a_closing_hook_gets_what_the_base_opened() -> None:
    """A sensor that overrides only on_rebalance_end is handed Faust's own start time."""
    seen: list[Any] = []

    class Ends(Sensor):
        def on_rebalance_end(self, _: Any, state: Any) -> None:
            seen.append(state)

    delegate = SensorDelegate(Ends())
    delegate.on_rebalance_end(None, delegate.on_rebalance_start(None))
    assert [list(state) for state in seen] == [["time_start"]]


NOT_SENSORS: list[tuple[Any, str]] = [
    (Monitor, "is not a sensor; give an object that has some of Faust's hooks, such as on_message"),
    (object(), "is not a sensor"),
    (None, "None is not a sensor"),
    (faust.App("delegated", broker="kafka://127.0.0.1:9").sensors, "would call itself"),
]


@pytest.mark.parametrize(("sensor", "message"), NOT_SENSORS)
def test_what_is_no_sensor_is_refused(sensor: Any, message: str) -> None:
    """A class, an object without hooks, None and Faust's own delegate raise ConfigurationError."""
    with pytest.raises(ConfigurationError, match=message):
        SensorDelegate(sensor)


def test_a_delegate_cannot_be_inside_itself() -> None:
    """Adding a delegate to itself, directly or around corners, raises ConfigurationError."""
    inner, outer = SensorDelegate(), SensorDelegate()
    outer.add_sensor(inner)
    for into, sensor in ((inner, inner), (inner, outer)):
        with pytest.raises(ConfigurationError, match="cannot be added to itself"):
            into.add_sensor(sensor)
    assert (list(inner), list(outer)) == ([], [inner])


def test_sensors_are_there_once_and_in_order() -> None:
    """The same sensor twice stays once; one that is not there can be removed without harm."""
    first, second = Monitor(), Monitor()
    delegate = SensorDelegate(first, second, first)
    delegate.add_sensor(second)
    assert (list(delegate), len(delegate)) == ([first, second], 2)
    delegate.remove_sensor(Monitor())
    delegate.remove_sensor(first)
    delegate.remove_sensor(first)
    assert (list(delegate), bool(delegate), bool(SensorDelegate())) == ([second], True, True)


async def test_nested_delegates_forward_once() -> None:
    """A monitor two delegates deep counts each call once, also when it was added late."""
    clock = HandClock()
    monitor = Monitor(clock=clock)
    inner = SensorDelegate()
    outer = SensorDelegate(SensorDelegate(inner))
    inner.add_sensor(monitor)
    script = Script(outer, clock=clock)
    script.play()

    assert answers(monitor, TOTALS) == TOTALS
    assert answers(monitor, LATENCIES) == LATENCIES


def test_errors_of_a_nested_sensor_count_where_a_monitor_is() -> None:
    """The monitor inside a delegate counts the failures of its neighbours, at any depth."""
    monitor = Monitor()
    delegate = SensorDelegate(SensorDelegate(monitor), Raising())
    delegate.on_table_get("table", "key")
    assert failures(monitor) == {("Raising", "on_table_get"): 1}
    alone = SensorDelegate(Raising())
    alone.on_table_get("table", "key")
    assert failures(alone.stand_in()) == {("Raising", "on_table_get"): 1}  # type: ignore[arg-type]


def test_metrics_of_all_sensors_are_combined() -> None:
    """Dictionaries of asdict() and get_metrics() are merged, and later sensors win."""

    class One:
        def on_table_get(self, table: Any, key: Any) -> None:
            """Be a sensor."""

        def asdict(self) -> dict[str, Any]:
            return {"a": 1, "b": 1}

    class Two(One):
        def get_metrics(self) -> dict[str, Any]:
            return {"b": 2, "c": 2}

    delegate = SensorDelegate(One(), Two())
    assert delegate.get_combined_metrics() == {"a": 1, "b": 2, "c": 2}
    assert delegate.asdict() == {"a": 1, "b": 2, "c": 2}


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


async def test_a_subclass_may_drop_what_the_hooks_open() -> None:
    """A delegate's subclass that calls super and returns nothing keeps the states of sends."""

    class Dropping(SensorDelegate):
        def on_send_initiated(self, producer: Any, topic: str, message: Any) -> None:
            super().on_send_initiated(producer, topic, message)

    clock = HandClock()
    monitor = Monitor(clock=clock)
    Script(Dropping(monitor), clock=clock).send(0.25)
    assert (list(monitor.send_latency), monitor.send_errors) == ([0.25], 0)
