"""`SensorDelegate`: several sensors as one, none of which can stop a worker."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from faust.types.sensors import SensorDelegateT

from faust_otel.exceptions import ConfigurationError

from .base import Sensor
from .counting import Counting
from .forwarding import Forwarding
from .guard import Guard
from .hooks import HOOKS
from .kept import kept
from .members import Members
from .overrides import Call, calls_of
from .probe import app_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from faust_otel.state import Store

__all__ = ["SensorDelegate"]


class SensorDelegate(Forwarding, fitted=True):
    """Forwards every hook to the sensors that override it.

    The exceptions of a sensor are counted by sensor and hook, logged once for each, and kept from
    Faust and from the other sensors; with ``guard=False`` they go on to Faust. Sensors may be
    added and removed at any time: one that was not there when something opened gets no close of
    it. A delegate can be assigned to ``app.monitor``, added to ``app.sensors`` or to another one.
    """

    def __init__(self, *sensors: Any, guard: bool = True, **kwargs: Any) -> None:
        self.__guard = Guard(self.__store, on=guard)
        self.__calls: tuple[tuple[Any, dict[str, Call]], ...] = ()
        super().__init__(guard=self.__guard, **kwargs)
        self.__members = Members(self, guard=self.__guard)
        for sensor in sensors:
            self.add_sensor(sensor)

    # -- management

    def add_sensor(self, sensor: Any) -> None:
        """Add a sensor, and start it where this delegate runs; one already there stays once.

        Raises ConfigurationError for what is no sensor, such as a class instead of an object, and
        for a sensor with a hook that asks for more than Faust passes.
        """
        _check(sensor, self)
        if not any(sensor is known for known in self):
            self.__calls = (*self.__calls, (sensor, calls_of(sensor)))
            self._faust_otel_route(calls for _, calls in self.__calls)
            self.__members.added(sensor)

    def remove_sensor(self, sensor: Any) -> None:
        """Remove a sensor, and stop it where this delegate runs; one not there is no error."""
        if any(sensor is known for known in self):
            self.__calls = tuple(each for each in self.__calls if each[0] is not sensor)
            self._faust_otel_route(calls for _, calls in self.__calls)
            self.__guard.forget(sensor)
            self.__members.removed(sensor)

    def __iter__(self) -> Iterator[Any]:
        return (sensor for sensor, _ in self.__calls)

    def __len__(self) -> int:
        return len(self.__calls)

    def __bool__(self) -> bool:
        return True

    # -- what was measured

    def get_combined_metrics(self) -> dict[str, Any]:
        """Return the metrics of all sensors in one dictionary; later sensors win equal names."""
        combined: dict[str, Any] = {}
        for sensor in self:
            for read in ("asdict", "get_metrics"):
                if hasattr(sensor, read):
                    try:
                        combined.update(getattr(sensor, read)())
                    except Exception as exc:  # noqa: BLE001  counted and said
                        self.__guard.failed(sensor, read, exc)
        return combined

    def asdict(self) -> Mapping[str, Any]:
        """Return the metrics of all sensors, and what a stand-in counts, in one dictionary."""
        return {**super().asdict(), **self.get_combined_metrics()}

    def stand_in(self) -> Counting:
        """Return the first sensor that counts; without one, a stand-in is made."""
        return next(_counting(self), None) or super().stand_in()

    def __store(self) -> Store:
        """Return where errors are counted: a sensor of ours, or the app's monitor."""
        found = next(_counting(self), None)
        if found is None:
            app = app_of(self)
            monitor = self if app is None else app.monitor
            found = super().stand_in()
            if monitor is not self:
                found = monitor.stand_in() if isinstance(monitor, Sensor) else found
        return kept(found).store

    # -- life in a worker

    async def start(self) -> None:
        """Start, with the sensors that are services."""
        await super().start()
        await self.__members.start()

    async def stop(self) -> None:
        """Stop, with the sensors that are services."""
        await self.__members.stop()
        await super().stop()

    def service_reset(self) -> None:
        """Make ready for another start, with the sensors that are services."""
        super().service_reset()
        self.__members.reset()


def _check(sensor: Any, delegate: SensorDelegate) -> None:
    if isinstance(sensor, type) or not any(hasattr(sensor, hook) for hook in HOOKS):
        raise ConfigurationError(
            f"SensorDelegate: {sensor!r} is not a sensor; "
            f"give an object that has some of Faust's hooks, such as {next(iter(HOOKS))}"
        )
    if isinstance(sensor, SensorDelegateT):
        raise ConfigurationError(
            f"SensorDelegate: {sensor!r} belongs to its app and would call itself; "
            "give the sensors in it, or add this delegate to it"
        )
    inside = _all(sensor) if isinstance(sensor, SensorDelegate) else ()
    if any(each is delegate for each in (sensor, *inside)):
        raise ConfigurationError("SensorDelegate: a delegate cannot be added to itself")


def _all(delegate: SensorDelegate) -> Iterator[Any]:
    """Yield the sensors of a delegate and of those inside it, one after the other."""
    for sensor in delegate:
        yield sensor
        if isinstance(sensor, SensorDelegate):
            yield from _all(sensor)


def _counting(delegate: SensorDelegate) -> Iterator[Counting]:
    return (sensor for sensor in _all(delegate) if isinstance(sensor, Counting))
