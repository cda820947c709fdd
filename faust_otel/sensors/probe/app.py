"""One probe per running app, shared by all its monitors."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import faust
from faust.types import AppT

from .agents import AgentProbe
from .consumer import ConsumerProbe
from .contains import ContainsProbe
from .levels import LevelProbe

if TYPE_CHECKING:
    from faust_otel.sensors.counting import Counting

__all__ = ["AppProbe", "app_of"]

logger = logging.getLogger(__name__)

_PROBES: WeakKeyDictionary[Any, AppProbe] = WeakKeyDictionary()


def app_of(service: Any) -> Any:
    """Return the app that a service was added to, None when it stands alone."""
    for node in service.beacon.walk():
        if isinstance(node.data, AppT):
            return node.data
    return None


class AppProbe:
    """Attached by the first monitor that joins, detached by the last that leaves."""

    def __init__(self, app: Any) -> None:
        self._app = app
        self._monitors: list[Counting] = []
        self._levels: dict[int, LevelProbe] = {}
        self._consumer = ConsumerProbe(app, self._monitors)
        self._agents = AgentProbe(app, self._monitors)
        self._contains = ContainsProbe(app, self._monitors)

    @classmethod
    def of(cls, app: Any) -> AppProbe:
        """Return the app's probe, made on first use."""
        probe = _PROBES.get(app)
        if probe is None:
            probe = _PROBES[app] = cls(app)
        return probe

    def join(self, monitor: Counting) -> None:
        """Tell `monitor` from now on."""
        app = self._app
        monitor.store.faust_version = faust.__version__
        monitor.store.identify(group=app.conf.id, app_id=app.conf.id)
        consumes = not (app.producer_only or app.client_only)
        monitor.store.commits_watched = consumes
        self._monitors.append(monitor)
        levels = self._levels[id(monitor)] = LevelProbe(app, monitor)
        levels.attach()
        if len(self._monitors) == 1:
            if consumes:
                self._consumer.attach()
            self.look_again()

    def leave(self, monitor: Counting) -> None:
        """Tell `monitor` nothing any more."""
        if monitor not in self._monitors:
            return
        self._monitors.remove(monitor)
        monitor.store.commits_watched = False
        self._levels.pop(id(monitor)).detach()
        if not self._monitors:
            for part in (self._consumer, self._agents, self._contains):
                part.detach()

    def look_again(self) -> None:
        """Watch agents, topics and tables that came since."""
        self._agents.attach()
        self._contains.attach()

    def leads(self, monitor: Counting) -> bool:
        """Tell whether `monitor` is the one that does what one has to do for all."""
        return bool(self._monitors) and self._monitors[0] is monitor

    async def refresh(self, monitor: Counting, *, ends: bool) -> None:
        """Look at what changes slowly; with `ends`, ask the broker for the ends of partitions."""
        levels = self._levels.get(id(monitor))
        if levels is None:
            return  # it has left
        levels.watch_recovery()
        if self.leads(monitor):
            self.look_again()
            if ends and not (self._app.producer_only or self._app.client_only):
                await self._consumer.refresh()


async def loop_delay(interval: float, *, clock: Any) -> float:
    """Return by how many seconds the event loop ran a timer of `interval` seconds too late."""
    before = clock()
    await asyncio.sleep(interval)
    return max(0.0, clock() - before - interval)
