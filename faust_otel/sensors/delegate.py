"""`SensorDelegate`: several sensors as one, none of which can stop a worker."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from faust_otel.exceptions import ConfigurationError

from .base import Sensor
from .counting import Counting
from .hooks import CLOSING, HOOKS, OPENING, fit
from .overrides import opens, wants

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["SensorDelegate"]

logger = logging.getLogger(__name__)

States = dict[Any, Any]
_NO_STATES: States = {}


class Call(NamedTuple):
    """One sensor's method for one hook; `opens` says that it also overrides what opens it."""

    sensor: Any
    method: Callable[..., Any]
    opens: bool


class SensorDelegate(Sensor):
    """Forwards every hook to the sensors that override it.

    A sensor that raises is counted (``faust.sensor.errors``), logged once per hook, and kept from
    Faust and from the other sensors; with ``guard=False`` the exception goes on to Faust. Sensors
    may be added and removed at any time: one that was not there when something opened gets no
    close of it. It can be assigned to ``app.monitor`` or added to ``app.sensors``.
    """

    def __init__(self, *sensors: Any, guard: bool = True, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._guard = guard
        self._sensors: tuple[Any, ...] = ()
        self._rebuild()
        self._said: set[tuple[int, str]] = set()
        for sensor in sensors:
            self.add_sensor(sensor)

    # -- management

    def add_sensor(self, sensor: Any) -> None:
        """Add a sensor; one that is there already stays once.

        Raises ConfigurationError for what has no hook at all, such as a class instead of an object.
        """
        if isinstance(sensor, type) or not any(hasattr(sensor, hook) for hook in HOOKS):
            raise ConfigurationError(
                f"SensorDelegate: {sensor!r} is not a sensor; "
                f"give an object that has some of Faust's hooks, such as {next(iter(HOOKS))}"
            )
        if sensor is self:
            raise ConfigurationError("SensorDelegate: a delegate cannot be added to itself")
        if not any(sensor is known for known in self._sensors):
            self._sensors = (*self._sensors, sensor)
            self._rebuild()
            if self.started and not self.should_stop:
                self.add_future(self._start_sensor(sensor))

    def remove_sensor(self, sensor: Any) -> None:
        """Remove a sensor; one that is not there is no error."""
        if not any(sensor is known for known in self._sensors):
            return
        self._sensors = tuple(known for known in self._sensors if known is not sensor)
        self._rebuild()
        if self.started and not self.should_stop and hasattr(sensor, "stop"):
            self.add_future(sensor.stop())

    def __iter__(self) -> Iterator[Any]:
        return iter(self._sensors)

    def __len__(self) -> int:
        return len(self._sensors)

    def _rebuild(self) -> None:
        # Replaced whole: a hook that is running goes on with the tuple it has.
        calls = {
            hook: tuple(
                Call(sensor, fit(hook, getattr(sensor, hook), bound=True), opens(sensor, hook))
                for sensor in self._sensors
                if wants(sensor, hook)
            )
            for hook in HOOKS
        }
        self._calls = calls
        self._message_in, self._message_out = calls["on_message_in"], calls["on_message_out"]
        self._event_in = calls["on_stream_event_in"]
        self._event_out = calls["on_stream_event_out"]

    def get_combined_metrics(self) -> dict[str, Any]:
        """Return the metrics of all sensors in one dictionary; later sensors win equal names."""
        combined: dict[str, Any] = {}
        for sensor in self._sensors:
            for read in ("asdict", "get_metrics"):
                if hasattr(sensor, read):
                    try:
                        combined.update(getattr(sensor, read)())
                    except Exception as exc:  # noqa: BLE001  counted and said
                        self._failed(sensor, read, exc)
        return combined

    def asdict(self) -> Mapping[str, Any]:
        """Return the metrics of all sensors in one dictionary."""
        return self.get_combined_metrics()

    # -- as app.monitor

    def stand_in(self) -> Counting:
        """Return the first sensor that counts; without one, a stand-in is made."""
        for sensor in self._sensors:
            found = sensor.stand_in() if isinstance(sensor, SensorDelegate) else sensor
            if isinstance(found, Counting):
                return found
        return super().stand_in()

    async def on_start(self) -> None:
        """Start the sensors that are services."""
        await super().on_start()
        for sensor in self._sensors:
            await self._start_sensor(sensor)

    async def _start_sensor(self, sensor: Any) -> None:
        if hasattr(sensor, "beacon"):
            sensor.beacon.reattach(self.beacon)
            await self.add_runtime_dependency(sensor)

    # -- hooks; those of every event are written out

    def on_message_in(self, tp: Any, offset: int, message: Any) -> None:
        """Forward: message taken by the first of its streams."""
        for sensor, call, _ in self._message_in:
            try:
                call(tp, offset, message)
            except Exception as exc:  # noqa: BLE001  counted and said
                self._failed(sensor, "on_message_in", exc)

    def on_stream_event_in(self, tp: Any, offset: int, stream: Any, event: Any) -> States:
        """Forward: a stream starts on an event."""
        states: States = {}
        for sensor, call, _ in self._event_in:
            try:
                states[sensor] = call(tp, offset, stream, event)
            except Exception as exc:  # noqa: BLE001  counted and said
                self._failed(sensor, "on_stream_event_in", exc)
        return states

    def on_stream_event_out(
        self, tp: Any, offset: int, stream: Any, event: Any, state: Any = None
    ) -> None:
        """Forward: a stream has done with an event."""
        states = state if type(state) is dict else _NO_STATES
        for sensor, call, _ in self._event_out:
            try:
                call(tp, offset, stream, event, states.get(sensor))
            except Exception as exc:  # noqa: BLE001  counted and said
                self._failed(sensor, "on_stream_event_out", exc)

    def on_message_out(self, tp: Any, offset: int, message: Any) -> None:
        """Forward: all streams have done with a message."""
        for sensor, call, _ in self._message_out:
            try:
                call(tp, offset, message)
            except Exception as exc:  # noqa: BLE001  counted and said
                self._failed(sensor, "on_message_out", exc)

    def _forward(self, hook: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> States:
        states: States = {}
        for sensor, call, _ in self._calls[hook]:
            try:
                states[sensor] = call(*args, **kwargs)
            except Exception as exc:  # noqa: BLE001  counted and said
                self._failed(sensor, hook, exc)
        return states

    def _close(self, hook: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        at = CLOSING[hook]
        state = args[at] if len(args) > at else None
        states = state if type(state) is dict else _NO_STATES
        for sensor, call, opened in self._calls[hook]:
            if opened and sensor not in states:
                continue  # it was not there when this was opened, or failed to open it
            try:
                call(*args[:at], states.get(sensor), *args[at + 1 :], **kwargs)
            except Exception as exc:  # noqa: BLE001  counted and said
                self._failed(sensor, hook, exc)

    def _failed(self, sensor: Any, hook: str, exc: Exception) -> None:
        name = type(sensor).__name__
        self.stand_in().store.sensor_errors.get(SENSOR=name, HOOK=hook).value += 1
        if not self._guard:
            raise exc
        if (id(sensor), hook) not in self._said:
            self._said.add((id(sensor), hook))
            logger.error(
                "%s.%s raised %r; the worker goes on, and further exceptions of this hook "
                "are only counted",
                name,
                hook,
                exc,
                exc_info=exc,
            )


def _forwarding(hook: str) -> Callable[..., Any]:
    """Return the method of a hook that is not called for every event."""

    def forward(self: SensorDelegate, *args: Any, **kwargs: Any) -> Any:
        if hook in CLOSING:
            return self._close(hook, args, kwargs)
        states = self._forward(hook, args, kwargs)
        return states if hook in OPENING else None

    forward.__name__ = hook
    forward.__doc__ = f"Forward ``{hook}`` to the sensors that override it."
    return forward


for _hook in HOOKS:
    if _hook not in vars(SensorDelegate):
        setattr(SensorDelegate, _hook, _forwarding(_hook))
