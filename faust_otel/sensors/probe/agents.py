"""Agents: their exceptions, their restarts, and messages they cannot decode."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from faust import current_event

from .patches import Patches

if TYPE_CHECKING:
    from faust_otel.sensors.counting import Counting

__all__ = ["AgentProbe"]

AgentHandler = Callable[[Any, BaseException], Awaitable[None]]


class AgentProbe:
    """Watches one app's agents and topics, for all its monitors."""

    def __init__(self, app: Any, monitors: list[Counting]) -> None:
        self._app = app
        self._monitors = monitors
        self._patches = Patches()
        self._seen: set[int] = set()

    def attach(self) -> None:
        """Begin to watch the agents and topics there are; call again for later ones."""
        for agent in list(self._app.agents.values()):
            if self._is_new(agent):
                self._patches.replace(agent, "_on_error", self._watched_error)
        for agent in list(self._app.agents.values()):
            supervisor = agent.supervisor
            if supervisor is not None and self._is_new(supervisor):
                self._patches.replace(
                    supervisor, "restart_service", self._watched_restart(agent.name)
                )
        for topic in list(self._app.topics):
            if self._is_new(topic):
                for part in ("key", "value"):
                    self._patches.replace(
                        topic, f"on_{part}_decode_error", self._watched_decode(part)
                    )

    def _is_new(self, thing: Any) -> bool:
        new = id(thing) not in self._seen
        self._seen.add(id(thing))
        return new

    def detach(self) -> None:
        """Stop watching."""
        self._patches.undo()
        self._seen.clear()

    def _watched_error(self, handler: AgentHandler | None) -> AgentHandler:
        async def watched(agent: Any, exc: BaseException) -> None:
            event = current_event()
            for monitor in self._monitors:
                monitor.agent_failed(str(agent.name), exc, event=event)
            if handler is not None:
                await handler(agent, exc)

        return watched

    def _watched_restart(self, name: str) -> Callable[[Any], Any]:
        def make(restart: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
            async def watched(service: Any) -> Any:
                for monitor in self._monitors:
                    monitor.store.agent_restarts.get(AGENT=name).value += 1
                return await restart(service)

            return watched

        return make

    def _watched_decode(self, part: str) -> Callable[[Any], Any]:
        def make(handler: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
            async def watched(exc: Exception, message: Any) -> Any:
                topic = getattr(message, "topic", None)
                for monitor in self._monitors:
                    monitor.store.decode_errors.get(TOPIC=topic, DECODE_PART=part).value += 1
                return await handler(exc, message)

            return watched

        return make
