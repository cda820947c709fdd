"""Real Faust workers in this process, for as long as a test needs them."""

from __future__ import annotations

import asyncio
import inspect
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from faust_otel.checks import check_callable, check_positive
from faust_otel.exceptions import FaustOTelError

from .boot import prepare, recorded_errors
from .report import describe, source_of
from .shutdown import shut_down

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    import faust

__all__ = ["RunningApp", "WorkerTimeoutError", "run", "running"]

_TICK = 0.02


class WorkerTimeoutError(FaustOTelError, TimeoutError):
    """What a worker was run for did not happen in time; the message tells what did."""


class RunningApp:
    """An app whose worker runs in the current event loop; `running` makes it.

    `agent_errors` holds (agent name, exception) for every exception that left an agent.
    """

    def __init__(
        self,
        app: faust.App,
        *,
        starting: asyncio.Future[None],
        agent_errors: list[tuple[str, BaseException]],
        raise_agent_errors: bool,
    ) -> None:
        self.app = app
        self.agent_errors = agent_errors
        self._starting = starting
        self._raise_agent_errors = raise_agent_errors

    @property
    def url(self) -> str:
        """Where its web server listens, when it runs with ``web=True``: ``http://127.0.0.1:PORT``."""
        return str(self.app.conf.canonical_url)

    async def until(self, condition: Callable[[], Any], *, timeout: float = 60.0) -> None:
        """Return once `condition()` holds; it may be async, and is asked every 20 ms.

        Raises what crashed the app, the first exception of an agent, what `condition` raises, or
        WorkerTimeoutError after `timeout` seconds.
        """
        check_callable("until", "condition", condition)
        check_positive("until", "timeout", timeout)
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout
        holds = asyncio.ensure_future(_holds(condition))
        try:
            while not holds.done():
                if loop.time() >= deadline:
                    raise WorkerTimeoutError(
                        f"after {timeout:g} s this does not hold: {source_of(condition)}\n"
                        + describe(self.app, agent_errors=self.agent_errors)
                    )
                await asyncio.wait([holds], timeout=_TICK)
                self.check()
            holds.result()
        finally:
            holds.cancel()

    def check(self) -> None:
        """Raise what crashed the app or, unless that was switched off, an agent's exception."""
        failure = self._failure()
        if isinstance(failure, Exception):
            raise failure
        if failure is not None:
            raise FaustOTelError(f"app {self.app.conf.id!r} crashed: {failure!r}") from failure
        if self.agent_errors and self._raise_agent_errors:
            raise self.agent_errors[0][1]

    def _failure(self) -> BaseException | None:
        if self.app.crashed:
            return self.app.crash_reason
        if self._starting.done() and not self._starting.cancelled():
            return self._starting.exception()
        return None


@asynccontextmanager
async def running(
    app: faust.App, *, web: bool = False, raise_agent_errors: bool = True
) -> AsyncIterator[RunningApp]:
    """Run the worker of `app` in the current event loop while the block lasts.

    The block is entered while the app starts; `until` of what it yields waits for more::

        async with running(orders) as first, running(invoices) as second:
            await first.until(lambda: seen)

    It is the worker that ``faust worker`` runs, without its signal handlers, its logging setup
    and, unless `web` is true, its web server. With `web` the server takes a free port of
    127.0.0.1, whatever the settings say: see `RunningApp.url`, or ``app.conf.canonical_url``.

    Faust restarts an agent after an exception: at once, or, soon after another one, within 5 s.
    Here the exception is raised by `until` and at the end of the block, unless
    `raise_agent_errors` is false.

    The end of the block stops the app as it would stop in production: what it is working on is
    finished and committed. An agent that is still busy after 5 s is cancelled.

    An app runs once: make a new one for another run. It needs an agent, since Faust does not
    start a worker that reads no topic.
    """
    prepare(app, web=web)
    with recorded_errors(app) as agent_errors:
        starting = asyncio.ensure_future(app.start())
        worker = RunningApp(
            app,
            starting=starting,
            agent_errors=agent_errors,
            raise_agent_errors=raise_agent_errors,
        )
        try:
            yield worker
            worker.check()
        finally:
            await shut_down(app, starting=starting)


def run(
    app: faust.App,
    until: Callable[[], Any],
    timeout: float = 60.0,
    *,
    web: bool = False,
    raise_agent_errors: bool = True,
) -> None:
    """Run the worker of `app` in a new event loop until `until()` holds, then stop it.

    `until` may be async; it is asked every 20 ms, on the loop. Raises what crashed the app, the
    first exception of an agent (Faust itself would restart the agent: `raise_agent_errors`), what
    `until` raises, or WorkerTimeoutError after `timeout` seconds. The app is stopped in any case.
    An app takes about a second to start: that is how long Faust waits for tables to register.
    Inside a running event loop, use `running`, where the rest is described.
    """
    if _in_loop():
        raise FaustOTelError(
            "run() makes an event loop of its own and cannot be called from a running one; "
            "use: async with running(app) as worker: await worker.until(...)"
        )

    async def main() -> None:
        async with running(app, web=web, raise_agent_errors=raise_agent_errors) as worker:
            await worker.until(until, timeout=timeout)

    asyncio.run(main())


def _in_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


async def _holds(condition: Callable[[], Any]) -> None:
    while True:
        answer = condition()
        if inspect.isawaitable(answer):
            answer = await answer
        if answer:
            return
        await asyncio.sleep(_TICK)
