"""The demo from its start to its exit code."""

from __future__ import annotations

import asyncio
import sys
from time import monotonic
from typing import TYPE_CHECKING

from rich.console import Console

from faust_otel import catalogue as c
from faust_otel.exceptions import FaustOTelError
from faust_otel.testing import EmbeddedBroker, running

from .ending import Ending
from .feeder import Feeder
from .figures import read
from .logs import captured
from .orders import APP_ID, FED, READS, make_app
from .report import report
from .screen import LinePrinter, LiveScreen
from .summary import held_by, summarize
from .view import WIDEST, Scene

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from faust_otel import Monitor
    from faust_otel.testing import RunningApp

    from .export import Target
    from .figures import Figures
    from .screen import Screen
    from .summary import Summary

__all__ = ["show"]

TICK = 0.1
#: Seconds the last export may take.
EXPORT = 10.0
#: The end is waited for as long as something moves: Faust may take 5 s to start an agent anew, and
#: 1.5 s to look at an idle partition; and not longer than this many seconds in any case.
QUIET, LONGEST = 10.0, 60.0


def show(*, rate: float, seconds: float | None, exporting: Target | None, live: bool) -> int:
    """Run the demo, live or in lines, and return its exit code.

    Raises FaustOTelError when the worker crashes.
    """
    if exporting is not None:
        exporting.set()
    console = Console(no_color=not live, highlight=False)

    async def run() -> tuple[Summary, bool]:
        demo = _Demo(broker, rate=rate, seconds=seconds, exporting=exporting, log=log)
        return await demo.run(console, live=live)

    with captured(None if live else _tell) as log, EmbeddedBroker() as broker:
        try:
            summary, exported = asyncio.run(run())
        except FaustOTelError:
            _tell_late(log if live else ())
            raise
    for part in report(summary):
        console.print(part, width=min(WIDEST, console.width))
    if exporting is not None:
        console.print(f"{'exported' if exported else 'NOT EXPORTED'}: {exporting}", soft_wrap=True)
        _tell_late(log if live and not exported else ())
    return int(bool(summary.differences()) or not exported)


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _tell_late(log: Iterable[str]) -> None:
    """Print what the live view had room for one line of at most."""
    for line in log:
        if not line.startswith("info "):
            _tell(line)


class _Demo:
    """One run: a worker, customers, somebody who looks, and the reckoning at the end."""

    def __init__(
        self,
        broker: EmbeddedBroker,
        *,
        rate: float,
        seconds: float | None,
        exporting: Target | None,
        log: Sequence[str],
    ) -> None:
        self._broker, self._seconds, self._log = broker, seconds, log
        self._exporting = exporting
        self._ending = Ending()
        self._state = "starting"
        self._began = self._ended = 0.0
        for topic in {topic for topics in READS.values() for topic in topics}:
            broker.create(topic)
        self._app = make_app(**broker.settings())
        self._feeder = Feeder(broker, rate=rate, taken=self._taken)

    @property
    def _monitor(self) -> Monitor:
        monitor: Monitor = self._app.monitor  # type: ignore[assignment]  # set in `orders`
        return monitor

    def _taken(self) -> int:
        return self._monitor.query.total(c.CONSUMED, TOPIC=FED)

    async def run(self, console: Console, *, live: bool) -> tuple[Summary, bool]:
        """Run it all; return the summary, and whether what was to be exported was."""
        screen: Screen = (
            LiveScreen(self._look, console=console) if live else LinePrinter(self._look)
        )
        with self._ending.on_signals():
            async with running(self._app, raise_agent_errors=False) as worker:
                with screen:
                    try:
                        await self._feed(worker)
                    finally:
                        await asyncio.to_thread(self._feeder.stop)
                    self._state, self._ended = "finishing", monotonic()
                    summary = await self._settled(worker)
                return summary, await self._exported()

    async def _feed(self, worker: RunningApp) -> None:
        """Feed from when the worker has its partitions until it is time to stop."""
        while not self._monitor.query.total(c.ASSIGNED, TOPIC=FED):
            if await self._wait(worker):
                return
        self._state, self._began = "running", monotonic()
        self._feeder.start()
        while self._seconds is None or self._elapsed() < self._seconds:
            if await self._wait(worker):
                return

    async def _wait(self, worker: RunningApp) -> bool:
        """Wait a moment, and return whether the end was asked for; raise what went wrong."""
        try:
            worker.check()
        except Exception as exc:
            raise FaustOTelError(f"the demo's worker crashed: {exc!r}") from exc
        if self._feeder.error is not None:
            raise FaustOTelError(f"orders could not be fed: {self._feeder.error}")
        return await self._ending.within(TICK)

    async def _settled(self, worker: RunningApp) -> Summary:
        """Return the summary, once it holds and stands still, or once nothing moves any more."""
        moved = started = monotonic()
        last = await asyncio.to_thread(self._summary)
        while not self._ending.hurried.is_set():
            await self._wait(worker)
            await asyncio.sleep(TICK)
            summary = await asyncio.to_thread(self._summary)
            now = monotonic()
            if summary != last:
                moved, last = now, summary
            elif not summary.differences() or now - moved > QUIET:
                break
            if now - started > LONGEST:
                break
        return last

    def _summary(self) -> Summary:
        held = held_by(self._broker, group=APP_ID)
        figures = read(self._monitor)
        return summarize(figures, held, reads=READS, fed=self._feeder.fed, fed_to=FED)

    async def _exported(self) -> bool:
        if self._exporting is None:
            return True
        return await asyncio.to_thread(self._monitor.force_flush, EXPORT)

    def _elapsed(self) -> float:
        return (self._ended or monotonic()) - self._began if self._began else 0.0

    def _look(self) -> tuple[Figures, Scene]:
        scene = Scene(
            title=f"a shop on a broker at {self._broker.url.removeprefix('kafka://')}",
            state=self._state,
            elapsed=self._elapsed(),
            seconds=self._seconds,
            fed=self._feeder.fed,
            paused=self._feeder.paused,
            exporting="" if self._exporting is None else str(self._exporting),
            log=list(self._log),
        )
        return read(self._monitor), scene
