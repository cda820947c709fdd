"""Sensors of a delegate that are services: started and stopped with it, at their own risk only."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from mode.types import ServiceT

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from .delegate import SensorDelegate
    from .guard import Guard

__all__ = ["Members"]

#: A delegate that stops waits this long, in seconds, for sensors that are still starting.
STARTING = 5.0


class Supervisor:
    """Keeps a sensor's crash, which Faust's services hand on to their parents, from the worker."""

    def __init__(self, sensor: Any, *, guard: Guard) -> None:
        self._name = type(sensor).__name__
        self._guard = guard

    def wakeup(self) -> None:
        """Count a crash; the service itself has logged it, and is at its end."""
        self._guard.count(self._name, "crash")


class Members:
    """Starts and stops the services among the sensors of one delegate."""

    def __init__(self, delegate: SensorDelegate, *, guard: Guard) -> None:
        self._delegate = delegate
        self._guard = guard
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def _running(self) -> bool:
        return self._delegate.started and not self._delegate.should_stop

    def added(self, sensor: Any) -> None:
        """Start a sensor that came while the delegate runs."""
        if self._running:
            self._soon(self._start, sensor)

    def removed(self, sensor: Any) -> None:
        """Stop a sensor that went while the delegate runs."""
        if self._running:
            self._soon(self._leave, sensor)

    def _soon(self, work: Callable[[Any], Awaitable[None]], sensor: Any) -> None:
        def begin() -> None:
            task = asyncio.ensure_future(work(sensor))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

        # Sensors may be added on any thread.
        self._delegate.loop.call_soon_threadsafe(begin)

    async def start(self) -> None:
        """Start all sensors there are, in their order."""
        for sensor in list(self._delegate):
            await self._start(sensor)

    async def stop(self) -> None:
        """Stop all sensors there are, the last one first."""
        await asyncio.sleep(0)  # what was to begin soon begins here
        if self._tasks:
            await asyncio.wait(set(self._tasks), timeout=STARTING)
        for sensor in reversed(list(self._delegate)):
            await self._stop(sensor)

    def reset(self) -> None:
        """Make all sensors ready for another start."""
        for sensor in self._delegate:
            if isinstance(sensor, ServiceT):
                sensor.service_reset()

    async def _start(self, sensor: Any) -> None:
        if not isinstance(sensor, ServiceT):
            return
        if self._guard.on and sensor.supervisor is None:
            vars(sensor)["supervisor"] = Supervisor(sensor, guard=self._guard)
        sensor.beacon.reattach(self._delegate.beacon)
        try:
            await sensor.maybe_start()
        except Exception as exc:  # noqa: BLE001  counted and said
            self._guard.failed(sensor, "start", exc)

    async def _leave(self, sensor: Any) -> None:
        await self._stop(sensor)
        if isinstance(sensor, ServiceT):
            sensor.beacon.detach(self._delegate.beacon)
            if isinstance(vars(sensor).get("supervisor"), Supervisor):
                del vars(sensor)["supervisor"]

    async def _stop(self, sensor: Any) -> None:
        if not isinstance(sensor, ServiceT):
            return
        try:
            await sensor.stop()
        except Exception as exc:  # noqa: BLE001  counted and said
            self._guard.failed(sensor, "stop", exc)
