"""`Sensor`: every hook, to be overridden; and, assigned to ``app.monitor``, all Faust reads there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import faust
from faust.sensors import Sensor as FaustSensor

from faust_otel.state import Store

from .counting import Counting
from .hooks import fit_class
from .probe import AppProbe, app_of

__all__ = ["Sensor"]

#: What ``app.monitor`` must serve beyond a sensor's hooks.
_SERVED = frozenset(
    name
    for name in (*dir(Counting), *dir(faust.Monitor))
    if not hasattr(FaustSensor, name) and not name.startswith("__") and hasattr(Counting, name)
)


class StandIn(Counting, FaustSensor):
    """Counts for a sensor that does not count itself but is the app's monitor."""


class Sensor(FaustSensor):
    """Base of sensors: override the hooks of interest.

    Any keyword is kept as configuration and readable in `config`. Hooks may be written with fewer
    arguments than Faust passes (without ``state``, without sizes). Assigned to ``app.monitor``, a
    sensor also answers what Faust reads there, from counts that a stand-in keeps for it.
    """

    abstract = False
    _stand_in: StandIn | None = None

    def __init__(self, **kwargs: Any) -> None:
        service = {name: kwargs.pop(name) for name in ("loop", "beacon") if name in kwargs}
        self.config: dict[str, Any] = kwargs
        super().__init__(**service)

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        fit_class(cls)

    def __getattr__(self, name: str) -> Any:
        if name in _SERVED:
            return getattr(self.stand_in(), name)
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def stand_in(self) -> Counting:
        """Return what counts in this sensor's place, made when first asked for."""
        if self._stand_in is None:
            self._stand_in = StandIn(store=Store())
        return self._stand_in

    def on_table_contains(self, table: Any, key: Any) -> None:
        """``key in table`` was evaluated (a hook that Faust does not have)."""

    def asdict(self) -> Mapping[str, Any]:
        """Return what was measured: the stand-in's counts where there is one, else nothing."""
        return {} if self._stand_in is None else self._stand_in.asdict()

    async def on_start(self) -> None:
        """Begin to count, where this sensor is the app's monitor and does not count itself."""
        app = app_of(self)
        if app is None or app.monitor is not self or isinstance(self.stand_in(), Sensor):
            return
        stand_in = self.stand_in()
        app.sensors.add(stand_in)
        AppProbe.of(app).join(stand_in)

    async def on_stop(self) -> None:
        """Stop counting."""
        app = app_of(self)
        stand_in = self._stand_in
        if app is None or stand_in is None or stand_in not in set(app.sensors):
            return
        app.sensors.remove(stand_in)
        AppProbe.of(app).leave(stand_in)
