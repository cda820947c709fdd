"""Overrides of hooks: with fewer, more or other arguments than Faust passes."""
# mypy: disable-error-code="override, func-returns-value, call-arg"

from __future__ import annotations

from typing import Any

import pytest

from faust_otel import ConfigurationError, Monitor, Sensor, SensorDelegate
from faust_otel.sensors.hooks import HOOKS, KEYWORDS
from tests.sensors.script import HandClock, Script

#: What Faust passes to each hook, as strings that say which argument they are.
ARGUMENTS = {hook: (tuple(names), KEYWORDS.get(hook, ())) for hook, names in HOOKS.items()}


def call(sensor: Any, hook: str) -> Any:
    """Call a hook as Faust's delegate does: by position, and by keyword where it does so."""
    positional, keywords = ARGUMENTS[hook]
    return getattr(sensor, hook)(*positional, **{name: name for name in keywords})


def sensor_with(hook: str, source: str) -> tuple[Any, list[Any]]:
    """Return a sensor whose `hook` is the lambda `source`, and the list it puts arguments in."""
    seen: list[Any] = []
    function = eval(source, {"put": lambda *args, **kw: seen.append((args, kw) if kw else args)})  # noqa: S307  sources of this file
    return type("Given", (Sensor,), {hook: function})(), seen


FEWER = [
    ("on_message_in", "lambda self, tp, offset, message: put(tp, offset, message)"),
    ("on_message_in", "lambda self, a, b: put(a, b)"),
    ("on_message_in", "lambda self: put()"),
    (
        "on_stream_event_out",
        "lambda self, tp, offset, stream, event: put(tp, offset, stream, event)",
    ),
    ("on_send_initiated", "lambda self, producer, topic, message: put(producer, topic, message)"),
    ("on_send_completed", "lambda self, producer, state: put(producer, state)"),
    ("on_web_request_start", "lambda self, app, request: put(app, request)"),
    ("on_web_request_end", "lambda self, app, request, response: put(app, request, response)"),
    ("on_threaded_producer_buffer_processed", "lambda self, app: put(app)"),
]


@pytest.mark.parametrize(("hook", "source"), FEWER)
def test_an_override_may_take_fewer_arguments(hook: str, source: str) -> None:
    """It gets the first of what Faust passes, and the rest is dropped."""
    sensor, seen = sensor_with(hook, source)
    call(sensor, hook)

    positional, keywords = ARGUMENTS[hook]
    assert seen == [(*positional, *keywords)[: len(seen[0])]]


IN, START, END = "on_message_in", "on_web_request_start", "on_web_request_end"
BUFFER = "on_threaded_producer_buffer_processed"
REST = {"offset": "offset", "message": "message"}

OTHER = [
    (IN, "lambda self, *rest: put(*rest)", ("tp", "offset", "message")),
    (IN, "lambda self, tp, *rest: put(*rest)", ("offset", "message")),
    (IN, "lambda self, *, message, tp: put(message, tp)", ("message", "tp")),
    (IN, "lambda self, tp, *, message: put(tp, message)", ("tp", "message")),
    (IN, "lambda self, a, b, c, d=1, *, e=2: put(c, d, e)", ("message", 1, 2)),
    (IN, "lambda self, tp, **rest: put(tp, **rest)", (("tp",), REST)),
    ("on_table_get", "lambda self, table, key, /: put(table, key)", ("table", "key")),
    (START, "lambda self, a, r, view: put(a, r, view)", ("app", "request", "view")),
    (START, "lambda self, a, r, v: put(a, r, v)", ("app", "request", "view")),
    (START, "lambda self, *rest: put(*rest)", ("app", "request", "view")),
    (START, "lambda self, *rest, view: put(*rest, view)", ("app", "request", "view")),
    (END, "lambda self, app, **kw: put(kw['state'], kw['view'])", ("state", "view")),
    (BUFFER, "lambda self, a, n: put(a, n)", ("app", "size")),
    (BUFFER, "lambda self, *, size: put(size)", ("size",)),
]


@pytest.mark.parametrize(("hook", "source", "expected"), OTHER)
def test_an_override_may_take_other_arguments(hook: str, source: str, expected: Any) -> None:
    """Further ones with defaults, starred ones, keyword-only ones by name, others by position."""
    sensor, seen = sensor_with(hook, source)
    call(sensor, hook)

    assert seen == [expected]


@pytest.mark.parametrize(
    ("hook", "source", "message"),
    [
        ("on_message_in", "lambda self, tp, offset, message, app: 0", "asks for app; .* self, tp,"),
        ("on_message_in", "lambda self, tp, *, topic: 0", "asks for topic"),
        ("on_table_get", "lambda: 0", "asks for no self; what Faust passes is self, table, key"),
    ],
)
def test_an_override_that_asks_for_more_is_refused(hook: str, source: str, message: str) -> None:
    """Making its class, or adding it to a delegate, raises an error that names the argument."""
    with pytest.raises(ConfigurationError, match=message):
        sensor_with(hook, source)


def test_an_object_that_asks_for_more_is_refused_by_a_delegate() -> None:
    """A sensor without our base is checked when it is added, and then not in the delegate."""

    class Duck:
        def on_table_get(self, table: Any, key: Any, value: Any) -> None:
            """Ask for a value that nobody passes."""

    delegate = SensorDelegate()
    with pytest.raises(ConfigurationError, match=r"Duck\.on_table_get asks for value"):
        delegate.add_sensor(Duck())
    assert list(delegate) == []


def test_fitted_overrides_can_be_called_by_keyword() -> None:
    """What a test calls with names gets the arguments of these names, fitted or not."""
    sensor, seen = sensor_with("on_send_initiated", "lambda self, p, topic: put(p, topic)")
    sensor.on_send_initiated("producer", topic="topic", message=None, keysize=1, valsize=2)

    assert seen == [("producer", "topic")]


def test_super_with_fewer_arguments_reaches_a_fitted_override() -> None:
    """A chain of subclasses, each with the contract's arguments, calls each other's overrides."""
    seen: list[Any] = []

    class First(Monitor):
        def on_stream_event_out(self, tp: Any, offset: int, stream: Any, event: Any) -> None:
            super().on_stream_event_out(tp, offset, stream, event)
            seen.append(("first", tp, event))

    class Second(First):
        def on_stream_event_out(self, tp: Any, offset: int, stream: Any, event: Any) -> None:
            super().on_stream_event_out(tp, offset, stream, event)
            seen.append(("second", tp, event))

    Second().on_stream_event_out("tp", 0, "stream", "event", None)

    assert seen == [("first", "tp", "event"), ("second", "tp", "event")]


async def test_every_level_of_a_class_hands_up_what_was_opened() -> None:
    """States survive two levels of overrides that return nothing, of which one is a mixin's."""

    class Mixin:
        def on_send_initiated(self, producer: Any, topic: str, message: Any) -> None:
            super().on_send_initiated(producer, topic, message)  # type: ignore[misc]  # a mixin

    class Low(Monitor):
        def on_send_initiated(self, producer: Any, topic: str, message: Any) -> None:
            super().on_send_initiated(producer, topic, message)

    class High(Mixin, Low):  # type: ignore[misc]  # arguments of the contract
        pass

    clock = HandClock()
    monitor = High(clock=clock)
    script = Script(monitor, clock=clock)
    script.send(0.5)

    assert (list(monitor.send_latency), monitor.send_errors) == ([0.5], 0)


async def test_what_an_override_returns_itself_is_kept() -> None:
    """A state of the subclass's own goes to Faust as it is, and comes back to its closing hook."""

    class Own(Monitor):
        def on_send_initiated(self, *args: Any) -> Any:
            return {"ours": super().on_send_initiated(*args), "mine": "mark"}

        def on_send_completed(self, producer: Any, state: Any, metadata: Any = None) -> None:
            marks.append(state["mine"])
            super().on_send_completed(producer, state["ours"], metadata)

    marks: list[str] = []
    clock = HandClock()
    monitor = Own(clock=clock)
    Script(monitor, clock=clock).send(0.25)

    assert (marks, list(monitor.send_latency)) == (["mark"], [0.25])


def test_a_plain_monitor_inside_does_not_mix_states() -> None:
    """An override that tells another monitor too returns what its own super() opened."""

    class Outer(Monitor):
        def on_commit_initiated(self, consumer: Any) -> None:
            super().on_commit_initiated(consumer)
            plain.on_commit_initiated(consumer)

    plain, outer = Monitor(clock=lambda: 1.0), Outer(clock=lambda: 2.0)
    state: Any = outer.on_commit_initiated(None)
    assert state["time_start"] == 2.0


def test_an_opening_hook_of_another_sensor_inside_does_not_mix_states() -> None:
    """Each sensor's hook returns what its own super() opened, also when one calls the other."""
    inner_state: list[Any] = []

    class Inner(Monitor):
        def on_commit_initiated(self, consumer: Any) -> None:
            super().on_commit_initiated(consumer)

    class Outer(Monitor):
        def on_commit_initiated(self, consumer: Any) -> None:
            super().on_commit_initiated(consumer)
            inner_state.append(inner.on_commit_initiated(consumer))

    inner, outer = Inner(clock=lambda: 1.0), Outer(clock=lambda: 2.0)
    state: Any = outer.on_commit_initiated(None)

    assert (state["time_start"], inner_state[0]["time_start"]) == (2.0, 1.0)
