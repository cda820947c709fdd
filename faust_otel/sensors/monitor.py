"""`Monitor`: counts everything, exports it as the environment asks, answers questions about it."""

from __future__ import annotations

import asyncio
import logging
import os
import threading
from time import monotonic
from typing import TYPE_CHECKING, Any
from weakref import WeakMethod

from mode import Service

from faust_otel.checks import check_callable, check_positive, check_positive_int, check_unknown
from faust_otel.state import History, Store

from .base import Sensor
from .counting import Counting
from .probe import AppProbe, app_of
from .queries import Queries

if TYPE_CHECKING:
    from collections.abc import Callable

    from faust_otel.typing import Clock

__all__ = ["Monitor"]

logger = logging.getLogger(__name__)

#: A worker that stops waits this long, in seconds, for the last export.
LAST_EXPORT = 5.0
#: Sampled once a second, as Faust does; the event loop is looked at more often.
SAMPLE_EVERY = 1.0
LOOK_EVERY = 0.1


class Monitor(Counting, Queries, Sensor):
    """A sensor that counts in plain Python, and that OpenTelemetry reads when somebody asks.

    Arguments:
        max_avg_history: observations that averages, and samples that rates, are made of.
        max_commit_latency_history: commit latencies that are kept for averages and maxima.
        max_send_latency_history: send latencies, likewise.
        max_assignment_latency_history: assignment durations, likewise.
        meter_provider: the provider to measure into; without it the global one where one is
            configured, else a pipeline of our own that exports as ``OTEL_*`` variables ask.
        clock: monotonic seconds.
        end_offsets_interval: seconds between questions to the broker about the ends of
            partitions, so that lag moves while the consumer does not.

    Raises ConfigurationError for values that cannot work and for arguments it does not know.
    """

    def __init__(
        self,
        *,
        max_avg_history: int = 100,
        max_commit_latency_history: int = 30,
        max_send_latency_history: int = 30,
        max_assignment_latency_history: int = 30,
        meter_provider: Any = None,
        clock: Clock | None = None,
        end_offsets_interval: float = 5.0,
        **kwargs: Any,
    ) -> None:
        me = type(self).__name__
        known = ("beacon", "loop", *Monitor.__init__.__kwdefaults__)
        check_unknown(me, kwargs, known=known)
        history = History(
            average=check_positive_int(me, "max_avg_history", max_avg_history),
            commit=check_positive_int(
                me, "max_commit_latency_history", max_commit_latency_history
            ),
            send=check_positive_int(me, "max_send_latency_history", max_send_latency_history),
            assignment=check_positive_int(
                me, "max_assignment_latency_history", max_assignment_latency_history
            ),
        )
        self._end_offsets_interval = check_positive(
            me, "end_offsets_interval", end_offsets_interval
        )
        store = Store(clock=check_callable(me, "clock", clock or monotonic), history=history)
        super().__init__(store=store, meter_provider=meter_provider, **kwargs)
        if hasattr(os, "register_at_fork"):
            begin_again = WeakMethod(self._begin_again)
            os.register_at_fork(after_in_child=lambda: (begin_again() or _nothing)())

    def stand_in(self) -> Counting:
        """Return itself: a monitor counts."""
        return self

    def asdict(self) -> dict[str, Any]:
        """Return everything as Faust's Monitor does, with values that JSON takes."""
        return Counting.asdict(self)

    # -- life in a worker

    async def on_start(self) -> None:
        """Watch the app this monitor was added to, and begin to export."""
        app = app_of(self)
        if app is not None:
            AppProbe.of(app).join(self)
        try:
            self.pipeline.start()
        except Exception as exc:  # noqa: BLE001  telemetry never stops a worker
            logger.error("metrics are not exported: %s", exc)

    @Service.task
    async def _watch(self) -> None:
        """Look at the event loop often, and at what changes slowly once a second."""
        clock = self.store.clock
        looked = asked = clock()
        failed = False
        while not self.should_stop:
            before = clock()
            await self.sleep(LOOK_EVERY)
            now = clock()
            self.store.loop_delays.get().add(now - before - LOOK_EVERY)
            if now - looked < SAMPLE_EVERY:
                continue
            looked = now
            ends = now - asked >= self._end_offsets_interval
            asked = now if ends else asked
            try:
                await self._look(now, ends=ends)
            except Exception:  # telemetry never stops a worker
                if not failed:
                    logger.exception("a look at the app failed; some measurements are missing")
                failed = True

    async def _look(self, now: float, *, ends: bool) -> None:
        self.query.sample(now)
        app = app_of(self)
        if app is not None:
            await AppProbe.of(app).refresh(self, ends=ends)

    async def on_stop(self) -> None:
        """Stop watching, and export what is left."""
        app = app_of(self)
        if app is not None:
            AppProbe.of(app).leave(self)
        if not await _in_thread(lambda: self.pipeline.stop(LAST_EXPORT)):
            logger.warning(
                "the last metrics were not exported within %.0f s and may be lost", LAST_EXPORT
            )

    # -- for those who run without a worker

    def force_flush(self, timeout: float = 10.0) -> bool:
        """Export now; return False when that did not succeed within `timeout` seconds."""
        try:
            return self.pipeline.flush(timeout)
        except Exception as exc:  # noqa: BLE001  exporters raise what they like
            logger.warning("metrics could not be exported: %s", exc)
            return False

    def shutdown(self, timeout: float = 10.0) -> None:
        """Export what is left and stop exporting; queries go on being answered."""
        try:
            self.pipeline.stop(timeout)
        except Exception as exc:  # noqa: BLE001  exporters raise what they like
            logger.warning("metrics could not be exported: %s", exc)

    def _begin_again(self) -> None:
        """In a forked child: its parent goes on with the counts."""
        self._pipeline = None
        self._pipeline_lock = threading.Lock()
        self.store.clear()


def _nothing() -> None:
    """Stand in for a monitor that is gone."""


async def _in_thread(work: Callable[[], None]) -> bool:
    """Run `work` on a thread that nobody waits for at exit; False when it takes too long."""
    loop, done = asyncio.get_running_loop(), asyncio.Event()

    def run() -> None:
        try:
            work()
        except Exception as exc:  # noqa: BLE001  exporters raise what they like
            logger.warning("the last metrics could not be exported: %s", exc)
        finally:
            if not loop.is_closed():
                loop.call_soon_threadsafe(done.set)

    threading.Thread(target=run, name="faust-otel-last-export", daemon=True).start()
    try:
        await asyncio.wait_for(done.wait(), timeout=LAST_EXPORT + 1.0)
    except asyncio.TimeoutError:
        return False
    return True
