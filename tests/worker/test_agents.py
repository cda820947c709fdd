"""Agents that are skipped past, cancelled, restarted, and those that handle their own errors."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from faust_otel import Monitor, catalogue
from faust_otel.testing import running
from tests.worker.reading import by, total

if TYPE_CHECKING:
    from collections.abc import Callable

    from faust_otel.testing import EmbeddedBroker

pytestmark = pytest.mark.worker


def failures(monitor: Monitor) -> tuple[dict[str, float], dict[str, float]]:
    """Return exceptions and restarts by agent."""
    return (
        by(monitor, catalogue.AGENT_EXCEPTIONS, "AGENT", "ERROR"),
        by(monitor, catalogue.AGENT_RESTARTS, "AGENT"),
    )


async def test_events_of_an_earlier_generation_never_came_in(
    broker: EmbeddedBroker, loop: str
) -> None:
    """What a rebalance left in a stream's buffer is skipped, and is neither in work nor ended."""
    name = f"generation-{loop}"
    app = broker.app(name)
    app.monitor = monitor = Monitor()
    gate, seen = asyncio.Event(), []

    @app.agent(name, name="waiting")
    async def wait(stream: Any) -> None:
        async for value in stream:
            seen.append(value)
            await gate.wait()

    broker.produce_many(name, range(5), partition=0)
    async with running(app) as worker:
        await worker.until(lambda: total(monitor, catalogue.STREAM_BUFFER_SIZE) == 4)
        app.consumer_generation_id += 1
        gate.set()
        await worker.until(lambda: total(monitor, catalogue.STREAM_BUFFER_SIZE) == 0)
        broker.produce(name, 5, partition=0)
        await worker.until(lambda: seen == [0, 5])
        await worker.until(lambda: total(monitor, catalogue.EVENT_ACTIVE) == 0)
    assert total(monitor, catalogue.EVENTS) == total(monitor, catalogue.PROCESS_DURATION) == 2
    assert total(monitor, catalogue.CONSUMED) == 2


@pytest.mark.parametrize("where", ["body", "processor"])
async def test_a_cancelled_agent_has_not_failed(
    broker: EmbeddedBroker, loop: str, where: str
) -> None:
    """A cancelled agent leaves nothing in work, and no exception and no restart is counted."""
    name = f"cancelled-{loop}-{where}"
    app = broker.app(name, stream_wait_empty=False)
    app.monitor = monitor = Monitor()
    gate, seen = asyncio.Event(), []

    async def pause(value: Any) -> Any:
        seen.append(value)
        await gate.wait()
        return value

    @app.agent(name, name="paused")
    async def paused(stream: Any) -> None:
        if where == "processor" and not seen:
            stream.add_processor(pause)
        async for value in stream:
            if where == "body":
                await pause(value)

    broker.produce(name, 0, partition=0)
    async with running(app) as worker:
        await worker.until(lambda: seen == [0])
        assert total(monitor, catalogue.EVENT_ACTIVE) == 1
        [actor] = vars(paused)["_actors"]
        actor.actor_task.cancel()
        await worker.until(lambda: total(monitor, catalogue.EVENT_ACTIVE) == 0)
        await worker.until(lambda: list(vars(paused)["_actors"]) != [actor])
        stream = actor.stream.get_active_stream()
        await worker.until(lambda: stream.started and not stream.should_stop)
        assert total(monitor, catalogue.EVENT_ACTIVE) == 0
        gate.set()
    assert failures(monitor) == ({}, {})


async def test_an_agents_own_error_handler_is_called_as_before(
    broker: EmbeddedBroker, name: str
) -> None:
    """It gets the agent and the exception, and it is the agent's again when the worker stopped."""
    app = broker.app(name)
    app.monitor = monitor = Monitor()
    calls: list[tuple[Any, BaseException]] = []
    error = LookupError("no")

    async def handle(agent: Any, exc: BaseException) -> None:
        calls.append((agent, exc))

    @app.agent(name, name="handling")
    async def fail(stream: Any) -> None:
        async for _ in stream:
            raise error

    slots = vars(fail)
    slots["_on_error"] = handle
    broker.produce(name, 0)
    async with running(app, raise_agent_errors=False) as worker:
        await worker.until(lambda: calls)
        assert slots["_on_error"] is not handle
    assert calls == [(fail, error)]
    assert slots["_on_error"] is handle
    assert failures(monitor)[0] == {"handling-LookupError": 1}


async def test_only_the_restart_of_what_crashed_is_counted(
    broker: EmbeddedBroker, name: str
) -> None:
    """One crash is one restart, however many instances of the agent there are."""
    app = broker.app(name)
    app.monitor = monitor = Monitor()
    seen: list[Any] = []

    @app.agent(name, name="restarted", concurrency=3)
    async def fail_once(stream: Any) -> None:
        async for value in stream:
            seen.append(value)
            if len(seen) == 1:
                raise LookupError(value)

    broker.produce_many(name, range(9))
    async with running(app, raise_agent_errors=False) as worker:
        await worker.until(lambda: len(seen) == 9)
        await worker.until(lambda: failures(monitor)[1])
        await worker.until(lambda: total(monitor, catalogue.EVENT_ACTIVE) == 0)
    assert failures(monitor) == ({"restarted-LookupError": 1}, {"restarted": 1})


@pytest.mark.parametrize("concurrency", [1, 2])
async def test_a_clean_stop_is_no_failure(
    broker: EmbeddedBroker, name: str, concurrency: int
) -> None:
    """Stopping cancels the agents: that is no exception, no restart, and leaves nothing in work."""
    app = broker.app(name)
    app.monitor = monitor = Monitor()
    seen: list[Any] = []

    @app.agent(name, concurrency=concurrency)
    async def collect(stream: Any) -> None:
        async for values in stream.take(3, within=0.1):
            seen.extend(values)

    broker.produce_many(name, range(10))
    async with running(app) as worker:
        await worker.until(lambda: len(seen) == 10)
    assert failures(monitor) == ({}, {})
    assert (total(monitor, catalogue.EVENTS), total(monitor, catalogue.EVENT_ACTIVE)) == (10, 0)


async def test_the_exception_of_one_message_marks_its_event_alone(
    broker: EmbeddedBroker, name: str
) -> None:
    """Two agents read one topic: only the one that failed has a failed event."""
    app = broker.app(name)
    app.monitor = monitor = Monitor()

    def reading(agent: str, *, fails: bool) -> Callable[..., Any]:
        @app.agent(name, name=agent)
        async def read(stream: Any) -> None:
            async for value in stream:
                if fails and value == 1:
                    raise LookupError(value)

        return read

    reading("good", fails=False)
    reading("bad", fails=True)
    broker.produce_many(name, range(3), partition=0)
    expected = {"good-": 3, "bad-": 2, "bad-LookupError": 1}
    async with running(app, raise_agent_errors=False) as worker:
        await worker.until(
            lambda: by(monitor, catalogue.PROCESS_DURATION, "AGENT", "ERROR") == expected
        )
    assert total(monitor, catalogue.CONSUMED) == 3
