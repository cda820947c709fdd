"""Agents: their exceptions, and their restarts."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from faust import Stream, current_event

from faust_otel.sensors.kept import kept
from faust_otel.sensors.recorder import EventRecorder
from faust_otel.state import CELL, OFFSET

from .patches import Patches

if TYPE_CHECKING:
    from faust_otel.sensors.counting import Counting
    from faust_otel.state import EventState

    from .guard import Guard

__all__ = ["AgentProbe"]

Handler = Callable[[Any, BaseException], Awaitable[None]]
Restart = Callable[[Any], Awaitable[Any]]

#: The two loops that feed an agent; both call no more hooks once an exception came through them.
_LOOPS = (Stream._c_aiter.__code__, Stream._py_aiter.__code__)  # noqa: SLF001  to be told apart


class AgentProbe:
    """Watches one app's agents, for all its monitors."""

    name = "agents"

    def __init__(self, app: Any, monitors: list[Counting], *, guard: Guard) -> None:
        self._app = app
        self._monitors = monitors
        self._guard = guard
        self._patches = Patches()

    def attach(self) -> None:
        """Begin to watch; again, it does so for the agents and supervisors that came since."""
        agents = list(self._app.agents.values())
        supervisors = [(agent, agent.supervisor) for agent in agents if agent.supervisor]
        self._patches.undo(but=[*agents, *(supervisor for _, supervisor in supervisors)])
        for agent in agents:
            self._patches.replace(agent, "_on_error", self._watched_error)
        for agent, supervisor in supervisors:
            self._patches.replace(supervisor, "restart_service", self._watched_restart(agent))

    def detach(self) -> None:
        """Stop watching."""
        self._patches.undo()

    def _watched_error(self, handler: Handler | None) -> Handler:
        async def watched(agent: Any, exc: BaseException) -> None:
            with self._guard("the exceptions of agents"):
                for monitor in self._monitors:
                    _failed(monitor, agent, exc)
            if handler is not None:
                await handler(agent, exc)

        return watched

    def _watched_restart(self, agent: Any) -> Callable[[Restart], Restart]:
        def make(restart: Restart) -> Restart:
            async def watched(service: Any) -> Any:
                with self._guard("the restarts of agents"):
                    self._restarted(agent, service)
                return await restart(service)

            return watched

        return make

    def _restarted(self, agent: Any, service: Any) -> None:
        reason = service.crash_reason
        for monitor in self._monitors:
            store = kept(monitor).store
            if isinstance(reason, asyncio.CancelledError):
                # Faust does that to itself: it is no failure.
                flow = store.flows.get(service.stream.get_active_stream())
                if flow is not None and _ended_loop(reason):
                    flow.current = None
            elif reason is not None:  # else it only had to stop because of another one
                store.agent_restarts.get(AGENT=str(agent.name)).value += 1


def _failed(monitor: Counting, agent: Any, exc: BaseException) -> None:
    """Count an agent's exception, mark the event it was working on, and end it if nobody will."""
    event = current_event()
    monitor.agent_failed(str(agent.name), exc, event=event, topic=_only_topic(agent))
    if event is None or not _ended_loop(exc):
        return
    message = event.message
    for flow in list(kept(monitor).store.flows.values()):
        state = flow.active()
        if flow.agent == agent.name and state is not None and _is_of(state, message):
            EventRecorder.on_stream_event_out(
                monitor, message.tp, message.offset, flow.stream, event, state
            )


def _is_of(state: EventState, message: Any) -> bool:
    return bool(state[CELL].partition.key == message.tp and state[OFFSET] == message.offset)


def _only_topic(agent: Any) -> str | None:
    """Return the topic an agent reads, None when there are several."""
    topics = tuple(getattr(agent.channel, "topics", None) or ())
    return topics[0] if len(topics) == 1 else None


def _ended_loop(exc: BaseException) -> bool:
    """Tell whether an exception came through the loop that feeds the agent: from a processor."""
    trace = exc.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code in _LOOPS:
            return True
        trace = trace.tb_next
    return False
