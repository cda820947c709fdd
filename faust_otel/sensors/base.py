"""`Sensor`: every hook, to be overridden; as ``app.monitor`` it answers what Faust asks there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import faust
from faust.sensors import Sensor as FaustSensor

from faust_otel.pipeline.own import OwnPipeline
from faust_otel.state import Store

from .counting import Counting
from .fitting import fit_class
from .kept import view
from .probe import app_of
from .watching import Watching

if TYPE_CHECKING:
    from collections.abc import Mapping

    # Faust types ``app.monitor`` as its Monitor. A sensor is none, but it answers all of it.
    from faust import Monitor as Base
else:
    Base = FaustSensor

__all__ = ["Sensor"]

#: What ``app.monitor`` must answer beyond a sensor's hooks.
_SERVED = frozenset(
    name
    for name in dir(faust.Monitor)
    if hasattr(Counting, name) and not hasattr(FaustSensor, name)
)


class Answering(OwnPipeline):
    """A pipeline that answers queries and exports nothing."""

    def start(self) -> None:
        """Do nothing: exporting is the business of monitors."""


class StandIn(Watching):
    """Counts for a sensor that does not count itself but is the app's monitor."""

    def __init__(self) -> None:
        super().__init__(store=Store(), opening=Answering)


class Sensor(Base):
    """Base of sensors: override the hooks of interest.

    Any keyword is kept as configuration and readable in `config`. Hooks may be written with fewer
    arguments than Faust passes (without ``state``, without sizes); one that asks for more is
    refused with ConfigurationError when its class is made. Assigned to ``app.monitor``, a sensor
    also answers what Faust reads there, from counts that a stand-in keeps for it.
    """

    abstract = False
    __stand_in: StandIn | None = None

    def __init__(self, **kwargs: Any) -> None:
        service = {name: kwargs.pop(name) for name in ("loop", "beacon") if name in kwargs}
        self.__config = kwargs
        super().__init__(**service)

    def __init_subclass__(cls, *, fitted: bool = False) -> None:
        super().__init_subclass__()
        if not fitted:
            fit_class(cls)

    # To a type checker what is answered is known, and all else is a mistake.
    if not TYPE_CHECKING:  # pragma: no branch

        def __getattr__(self, name: str) -> Any:
            if name in _SERVED:
                counting = self.stand_in()
                if counting is not self:
                    return getattr(counting, name)
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    @view
    def config(self) -> dict[str, Any]:
        """The keywords that this sensor was made with."""
        return self.__config

    def stand_in(self) -> Counting:
        """Return what counts in this sensor's place, made when first asked for."""
        if self.__stand_in is None:
            self.__stand_in = StandIn()
        return self.__stand_in

    # Hooks whose last arguments the contract does not have: it may call them without.

    def on_send_initiated(
        self, producer: Any, topic: str, message: Any, keysize: int = 0, valsize: int = 0
    ) -> Any:
        """Message about to be sent; what this returns is handed back as `state`."""

    def on_send_completed(self, producer: Any, state: Any, metadata: Any = None) -> None:
        """Message acknowledged by the broker."""

    def on_table_contains(self, table: Any, key: Any) -> None:
        """``key in table`` was evaluated (a hook that Faust does not have)."""

    def asdict(self) -> Mapping[str, Any]:
        """Return what was measured: the stand-in's counts where there is one, else nothing."""
        return {} if self.__stand_in is None else self.__stand_in.asdict()

    # `on_start` and `on_stop` are left to subclasses, which need not call ours.

    async def start(self) -> None:
        """Begin to count, where this sensor is the app's monitor and does not count itself."""
        app = app_of(self)
        if app is not None and app.monitor is self:
            counting = self.stand_in()
            if counting is self.__stand_in:
                app.sensors.add(counting)
                if not any(child is counting for child in self._children):
                    self.add_dependency(counting)
        await super().start()

    async def stop(self) -> None:
        """Stop counting."""
        try:
            await super().stop()
        finally:
            app = app_of(self)
            if app is not None and self.__stand_in in set(app.sensors):
                app.sensors.remove(self.__stand_in)
