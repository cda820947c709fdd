"""How a worker ends, whatever state it is in: running, starting, crashed or stuck."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

from mode.threads import ServiceThread

from faust_otel.exceptions import FaustOTelError

from .boot import services_of

if TYPE_CHECKING:
    from collections.abc import Callable

    import faust

__all__ = ["shut_down"]

_log = logging.getLogger(__name__)
_GRACE = 5.0
_TICK = 0.02


async def shut_down(app: faust.App, *, starting: asyncio.Future[None]) -> None:
    """Stop `app`, whose start is `starting`: commit, leave the group, end the threads.

    Each step has 5 s. Raises what the stop of an app that had not crashed raises, and
    FaustOTelError when it does not end in time.
    """
    # Faust leaves threads and clients behind when it is stopped while it starts.
    await _wait(lambda: starting.done() or app.crashed)
    crashed = app.crashed
    stopping = asyncio.ensure_future(app.stop())
    if not await _wait(stopping.done):
        # Faust waits without limit for the events in work: it is an agent that is stuck.
        await _wait(asyncio.ensure_future(app.agents.stop()).done)
        # Or one has crashed on an event, which nobody will acknowledge.
        app.consumer.unacked.clear()
    in_time = await _wait(stopping.done)
    stopping.cancel()
    starting.cancel()
    [stopped, _] = await asyncio.gather(stopping, starting, return_exceptions=True)
    if stopped is not None:
        await _stop_each(app)
    await _end_threads(app)
    if not in_time:
        raise FaustOTelError(f"app {app.conf.id!r} did not stop:\n{app.human_tracebacks()}")
    if isinstance(stopped, BaseException) and not crashed:
        raise stopped


async def _stop_each(app: faust.App) -> None:
    """Stop the services of `app` one by one, after an error ended the stop of the whole."""
    for service in reversed(list(services_of(app))):
        stopping = asyncio.ensure_future(service.stop())
        await _wait(stopping.done)
        stopping.cancel()
        [error] = await asyncio.gather(stopping, return_exceptions=True)
        if error is not None:
            _log.debug("%r did not stop: %r", service, error)


async def _end_threads(app: faust.App) -> None:
    """Wait for the threads of `app`: one that crashed ends by itself, and needs the loop for it."""
    threads = [service for service in services_of(app) if isinstance(service, ServiceThread)]
    await _wait(lambda: not any(_is_alive(service) for service in threads))
    for service in threads:
        if not _is_alive(service):
            service.thread_loop.close()


def _is_alive(service: ServiceThread) -> bool:
    thread: Any = vars(service).get("_thread")
    return thread is not None and bool(thread.is_alive())


async def _wait(condition: Callable[[], bool]) -> bool:
    """Wait for `condition` for the time of grace, and return it."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + _GRACE
    while not condition() and loop.time() < deadline:  # noqa: ASYNC110 - Faust has no such event
        await asyncio.sleep(_TICK)
    return condition()
