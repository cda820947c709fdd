"""`SensorDelegate`: who is called, who is kept from whom, and what is told of it all."""
# mypy: disable-error-code="override"

from __future__ import annotations

from typing import Any

import faust
import pytest

from faust_otel import ConfigurationError, Monitor, Sensor, SensorDelegate
from faust_otel.sensors.hooks import CLOSING, HOOKS, KEYWORDS
from tests.sensors.script import HandClock, Script
from tests.sensors.test_queries import LATENCIES, TOTALS, answers


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


async def test_a_subclass_may_drop_what_the_hooks_open() -> None:
    """A delegate's subclass that calls super and returns nothing keeps the states of sends."""

    class Dropping(SensorDelegate):
        def on_send_initiated(self, producer: Any, topic: str, message: Any) -> None:
            super().on_send_initiated(producer, topic, message)

    clock = HandClock()
    monitor = Monitor(clock=clock)
    Script(Dropping(monitor), clock=clock).send(0.25)
    assert (list(monitor.send_latency), monitor.send_errors) == ([0.25], 0)
