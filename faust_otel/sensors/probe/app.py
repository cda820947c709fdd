"""One probe per running app, shared by all its monitors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from weakref import ref

import faust
from faust.types import AppT

from faust_otel.sensors.kept import kept

from .agents import AgentProbe
from .commits import CommitProbe
from .consumer import ConsumerProbe
from .contains import ContainsProbe
from .guard import Guard
from .levels import LevelProbe
from .sends import SendProbe
from .topics import TopicProbe

if TYPE_CHECKING:
    from collections.abc import Iterable

    from faust_otel.sensors.counting import Counting

__all__ = ["AppProbe", "app_of"]

#: Where an app keeps its probe, so that both go together.
_PROBE = "_faust_otel_probe"


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
        self._guard = Guard()
        self._monitors: list[Counting] = []
        self._levels: dict[int, LevelProbe] = {}
        self._consumer = ConsumerProbe(app, self._monitors, guard=self._guard)
        kinds = (CommitProbe, SendProbe, AgentProbe, TopicProbe, ContainsProbe)
        self._parts = (
            self._consumer,
            *(kind(app, self._monitors, guard=self._guard) for kind in kinds),
        )

    @classmethod
    def of(cls, app: Any) -> AppProbe:
        """Return the app's probe, made on first use."""
        kept_by_app = vars(app)
        if _PROBE not in kept_by_app:
            kept_by_app[_PROBE] = cls(app)
        probe: AppProbe = kept_by_app[_PROBE]
        return probe

    def join(self, monitor: Counting) -> None:
        """Tell `monitor` from now on."""
        if id(monitor) in self._levels:
            return
        app, store = self._app, kept(monitor).store
        store.app, store.faust_version = ref(app), faust.__version__
        store.identify(group=app.conf.id, app_id=app.conf.id)
        self._monitors.append(monitor)
        self._levels[id(monitor)] = LevelProbe(app, monitor)
        self._levels[id(monitor)].attach()
        self._attach()
        with self._guard("what was assigned before"):
            self._consumer.catch_up(monitor)
        # By then topics and supervisors are there, and nothing has been fetched yet.
        app.on_partitions_assigned.connect(self._assigned, weak=True)

    def leave(self, monitor: Counting) -> None:
        """Tell `monitor` nothing any more."""
        levels = self._levels.pop(id(monitor), None)
        if levels is not None:
            with self._guard("levels"):
                levels.detach()
            self._monitors.remove(monitor)
            kept(monitor).store.commits_watched = False
        if not self._monitors:
            self._detach()

    def _detach(self) -> None:
        self._app.on_partitions_assigned.disconnect(self._assigned, weak=True)
        for part in self._parts:
            with self._guard(part.name):
                part.detach()
        vars(self._app).pop(_PROBE, None)

    async def refresh(self, monitor: Counting, *, ends: bool) -> None:
        """Look at what changes slowly; with `ends`, ask the broker for the ends of partitions."""
        levels = self._levels.get(id(monitor))
        if levels is None:  # it has left
            self.leave(monitor)
            return
        with self._guard("the recovery of tables"):
            levels.watch_recovery()
        self._attach()
        if ends:
            self._consumer.ends.ask()

    async def _assigned(self, app: Any, assigned: Iterable[Any], **_: Any) -> None:
        self._attach()

    def _attach(self) -> None:
        for part in self._parts:
            with self._guard(part.name):
                part.attach()
