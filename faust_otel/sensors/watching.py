"""A body that counts as part of a running app: joined to its probe, sampled once a second."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from faust.sensors import Sensor as FaustSensor
from mode import Service

from .counting import Counting
from .kept import kept
from .last_export import stop_exporting
from .probe import AppProbe, app_of

if TYPE_CHECKING:
    from faust_otel.pipeline import Pipeline

__all__ = ["Watching"]

logger = logging.getLogger(__name__)

#: Sampled once a second, as Faust does; the event loop is looked at more often.
SAMPLE_EVERY = 1.0
LOOK_EVERY = 0.1


class Watching(Counting, FaustSensor):  # type: ignore[misc]  # Faust types states as dicts
    """Counts what hooks tell and what has to be looked at, and exports it while it runs.

    `end_offsets_interval` is the time in seconds between questions to the broker about the ends
    of partitions. `on_start` and `on_stop` are left to subclasses, which need not call ours.
    """

    abstract = False

    def __init__(self, *, end_offsets_interval: float = 5.0, **kwargs: Any) -> None:
        self.__end_offsets_interval = end_offsets_interval
        self.__exporting: Pipeline | None = None
        super().__init__(**kwargs)

    async def start(self) -> None:
        """Watch the app this was added to, begin to export, and start."""
        app = app_of(self)
        if app is not None:
            try:
                AppProbe.of(app).join(self)
            except Exception:  # telemetry never stops a worker
                logger.exception("the app cannot be watched; some measurements are missing")
        try:
            self.__exporting = kept(self).pipeline
            self.__exporting.start()
        except Exception as exc:  # noqa: BLE001  as above
            logger.error("metrics are not exported: %s", exc)  # noqa: TRY400  it says enough
        await super().start()

    async def stop(self) -> None:
        """Stop, stop watching, and export what is left."""
        try:
            await super().stop()
        finally:
            app = app_of(self)
            if app is not None:
                AppProbe.of(app).leave(self)
            exporting, self.__exporting = self.__exporting, None
            if exporting is not None:
                await stop_exporting(exporting)

    @Service.task
    async def __watch(self) -> None:
        """Look at the event loop often, and at what changes slowly once a second."""
        store = kept(self).store
        clock = store.clock
        looked = asked = clock()
        failed = False
        while not self.should_stop:
            before = clock()
            await self.sleep(LOOK_EVERY)
            now = clock()
            store.loop_delays.get().add(now - before - LOOK_EVERY)
            if now - looked < SAMPLE_EVERY:
                continue
            looked = now
            ends = now - asked >= self.__end_offsets_interval
            asked = now if ends else asked
            try:
                await self.__look(now, ends=ends)
            except Exception:  # telemetry never stops a worker
                if not failed:
                    logger.exception("a look at the app failed; some measurements are missing")
                failed = True

    async def __look(self, now: float, *, ends: bool) -> None:
        kept(self).query.sample(now)
        app = app_of(self)
        if app is not None:
            await AppProbe.of(app).refresh(self, ends=ends)
