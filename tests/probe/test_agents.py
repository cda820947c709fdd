"""Restarts by supervisors, told as they are told to us."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from faust_otel import Monitor, catalogue
from faust_otel.sensors.probe.agents import AgentProbe
from faust_otel.sensors.probe.guard import Guard
from tests.worker.reading import by


class Supervisor:
    """Restarts what it is told to."""

    def __init__(self) -> None:
        self.restarted: list[Any] = []

    async def restart_service(self, service: Any) -> str:
        self.restarted.append(service)
        return "restarted"


def agent(supervisor: Supervisor | None) -> Any:
    """Return an agent as the probe sees it."""
    channel = SimpleNamespace(topics=["orders"])
    return SimpleNamespace(name="a", supervisor=supervisor, _on_error=None, channel=channel)


@pytest.mark.parametrize(
    ("reason", "counted"),
    [(LookupError(), {"a": 1}), (asyncio.CancelledError(), {}), (None, {})],
)
async def test_a_restart_is_counted_where_the_agent_had_failed(
    reason: BaseException | None, counted: dict[str, int]
) -> None:
    """Not where it was cancelled, nor where it had to stop because of another one."""
    supervisor, monitor = Supervisor(), Monitor()
    app = SimpleNamespace(agents={"a": agent(supervisor), "b": agent(None)})
    probe = AgentProbe(app, [monitor], guard=Guard())
    probe.attach()
    stream = SimpleNamespace(get_active_stream=object)
    service = SimpleNamespace(crash_reason=reason, stream=stream)
    replaced: Any = supervisor
    assert await replaced.restart_service(service) == "restarted"
    probe.detach()
    assert by(monitor, catalogue.AGENT_RESTARTS, "AGENT") == counted
    assert supervisor.restarted == [service]
    assert vars(supervisor) == {"restarted": [service]}


async def test_an_exception_without_event_or_handler_is_counted() -> None:
    """An agent that reads one topic and is between two events failed in that topic."""
    failing, monitor = agent(None), Monitor()
    probe = AgentProbe(SimpleNamespace(agents={"a": failing}), [monitor], guard=Guard())
    probe.attach()
    await failing._on_error(failing, LookupError())
    failing.channel.topics.append("more")
    await failing._on_error(failing, LookupError())
    probe.detach()
    assert by(monitor, catalogue.AGENT_EXCEPTIONS, "TOPIC") == {"orders": 1, "": 1}
    assert failing._on_error is None


async def test_a_supervisor_that_is_gone_is_let_go() -> None:
    """Faust makes another one when it starts an agent anew, and that one is watched then."""
    old, new = Supervisor(), Supervisor()
    restarted = agent(old)
    probe = AgentProbe(SimpleNamespace(agents={"a": restarted}), [], guard=Guard())
    probe.attach()
    restarted.supervisor = new
    probe.attach()
    assert ("restart_service" in vars(old), "restart_service" in vars(new)) == (False, True)
    probe.detach()
    assert "restart_service" not in vars(new)
