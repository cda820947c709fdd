"""Overrides that are no plain functions of a class, and what fitting does to a function."""
# mypy: disable-error-code="override"

from __future__ import annotations

import inspect
import warnings
from functools import wraps
from typing import Any

from faust_otel import Monitor, Sensor, SensorDelegate
from faust_otel.sensors.fitting import fit
from tests.sensors.script import HandClock, Script
from tests.sensors.test_fitting import call, sensor_with


def test_static_and_class_methods_are_fitted_too() -> None:
    """A hook may be a staticmethod or a classmethod, and take fewer arguments as well."""
    seen: list[Any] = []

    class Static(Sensor):
        @staticmethod
        def on_table_get(table: Any) -> None:
            seen.append(table)

        @classmethod
        def on_table_set(cls, table: Any) -> None:
            seen.append((cls.__name__, table))

    call(Static(), "on_table_get")
    call(Static(), "on_table_set")

    assert seen == ["table", ("Static", "table")]


def test_hooks_of_a_mixin_are_fitted() -> None:
    """A hook with fewer arguments may come from a base that is no sensor."""
    seen: list[Any] = []

    class Mixin:
        def on_message_in(self, tp: Any) -> None:
            seen.append(tp)

    class Mixed(Mixin, Sensor):  # type: ignore[misc]  # fewer arguments
        pass

    call(Mixed(), "on_message_in")

    assert seen == ["tp"]


async def test_an_async_override_is_said_once_and_left_out(caplog: Any) -> None:
    """Making the class says that the hook is not called, and then ours goes on counting."""

    async def on_message_in(*_: Any) -> None:
        raise AssertionError

    made: Any = type("Mistaken", (Monitor,), {"on_message_in": on_message_in})
    [message] = caplog.messages
    assert message.startswith("Mistaken.on_message_in is async and is not called")
    monitor = made()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Script(monitor, clock=HandClock()).event(0.0)

    assert monitor.messages_received_total() == 1
    assert len(caplog.messages) == 1


async def test_async_hooks_of_other_objects_are_said_once_and_left_out(caplog: Any) -> None:
    """A delegate never calls a coroutine function, and says so when the sensor is added."""

    class Duck:
        async def on_message_in(self, *_: Any) -> None:
            raise AssertionError

    class Mixed(Duck, Monitor):  # type: ignore[misc]  # a mistake
        pass

    mixed = Mixed()
    delegate = SensorDelegate(Duck(), mixed)
    Script(delegate, clock=HandClock()).event(0.0)

    assert [message.split(" is async")[0] for message in caplog.messages] == [
        "Mixed.on_message_in",
        "Duck.on_message_in",
    ]
    assert mixed.messages_received_total() == 1


def test_what_fits_is_left_as_it_is() -> None:
    """An override that takes what Faust passes is not wrapped, nor one without a signature."""

    def on_table_get(self: Any, table: Any, key: Any) -> None:
        """Do nothing."""

    made: Any = type("Fits", (Sensor,), {"on_table_get": on_table_get})
    assert vars(made)["on_table_get"] is on_table_get
    assert fit("on_table_get", max, bound=True) is max
    assert fit("on_topic_buffer_full", [].append, bound=True)("tp") is None


def test_a_fitted_override_tells_what_it_takes() -> None:
    """Its signature is that of the wrapper, so that nobody fits it twice; its name stays."""
    sensor, seen = sensor_with("on_message_in", "lambda self, tp: put(tp)")
    function = type(sensor).on_message_in

    assert list(inspect.signature(function).parameters) == ["args", "kwargs"]
    assert function.__name__ == "<lambda>"
    assert fit("on_message_in", function, bound=False) is function
    assert seen == []


def test_hooks_that_are_no_functions_are_left_alone() -> None:
    """A hook may be any callable; what has a signature that does not fit is fitted when added."""
    seen: list[Any] = []

    class Note:
        def __init__(self, kind: str) -> None:
            self.kind = kind

        def __call__(self, tp: Any) -> None:
            seen.append((self.kind, tp))

    sensor = type("Noting", (Sensor,), {"on_topic_buffer_full": Note("class")})()
    sensor.on_message_in = Note("instance")
    SensorDelegate(sensor).on_message_in("tp", 0, None)
    call(sensor, "on_topic_buffer_full")

    assert seen == [("instance", "tp"), ("class", "tp")]


def test_decorated_overrides_are_fitted_to_what_they_take() -> None:
    """A decorator that hands everything on gets less; one that takes it all itself gets all."""
    seen: list[Any] = []

    def handing_on(function: Any) -> Any:
        @wraps(function)
        def inner(*args: Any, **kwargs: Any) -> Any:
            return function(*args, **kwargs)

        return inner

    def taking(function: Any) -> Any:
        @wraps(function)
        def inner(self: Any, tp: Any, offset: int, message: Any) -> None:
            function(self, (tp, offset, message))

        return inner

    class Decorated(Sensor):
        @handing_on
        def on_message_in(self, tp: Any) -> None:
            seen.append(tp)

        @taking
        def on_message_out(self, everything: Any) -> None:
            seen.append(everything)

    delegate = SensorDelegate(Decorated())
    for sensor in (Decorated(), delegate):
        call(sensor, "on_message_in")
        call(sensor, "on_message_out")
    assert seen == ["tp", ("tp", "offset", "message")] * 2
