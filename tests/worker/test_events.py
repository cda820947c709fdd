"""Events in work, ended and failed, in every way an agent may go about them, in both loops."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from faust_otel import Monitor, catalogue
from faust_otel.testing import WorkerTimeoutError, run
from tests.worker.reading import by

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    import faust

    from faust_otel.testing import EmbeddedBroker
    from tests.worker.reading import Value

pytestmark = pytest.mark.worker

COUNT = 10
LAST = COUNT - 1


async def plain(stream: Any) -> None:
    """Take one event after the other."""
    async for _ in stream:
        pass


async def filtered(stream: Any) -> None:
    """Skip every other event, the last one too."""
    async for value in stream.filter(lambda value: value % 2 == 0):
        assert value % 2 == 0


async def take(stream: Any) -> None:
    """Take values in batches."""
    async for values in stream.take(4, within=0.2):
        assert values


async def take_events(stream: Any) -> None:
    """Take events in batches."""
    async for events in stream.take_events(4, within=0.2):
        assert events


async def noack(stream: Any) -> None:
    """Acknowledge by the stream."""
    async for event in stream.noack().events():
        await stream.ack(event)


async def noack_by_event(stream: Any) -> None:
    """Acknowledge by the event, which calls no hook."""
    async for event in stream.noack().events():
        event.ack()


async def noack_by_block(stream: Any) -> None:
    """Acknowledge by a block, which calls no hook."""
    async for event in stream.noack().events():
        async with event:
            pass


async def noack_take(stream: Any) -> None:
    """Take batches and acknowledge by the stream."""
    async for events in stream.noack_take(4, within=0.2):
        for event in events:
            await stream.ack(event)


async def failing(stream: Any) -> None:
    """Fail on an event amidst others."""
    async for value in stream:
        if value == 3:
            raise LookupError(value)


async def yielding(stream: Any) -> AsyncIterator[int]:
    """Fail on the last event, as an agent that yields."""
    async for value in stream:
        if value == LAST:
            raise LookupError(value)
        yield value


async def failing_batch(stream: Any) -> None:
    """Fail on the last batch; how many it holds depends on when they came."""
    async for values in stream.take(4, within=0.2):
        if LAST in values:
            FAILED["failing_batch"] = len(values)
            raise LookupError(values)


async def failing_processor(stream: Any) -> None:
    """Fail on the last event before it reaches the agent."""

    def check(value: int) -> int:
        if value == LAST:
            raise LookupError(value)
        return value

    stream.add_processor(check)
    async for _ in stream:
        pass


WAYS = (
    *(plain, filtered, take, take_events, noack, noack_by_event, noack_by_block, noack_take),
    *(failing, yielding, failing_batch, failing_processor),
)
FAILED = {"failing": 1, "yielding": 1, "failing_batch": 2, "failing_processor": 1}


class Said(NamedTuple):
    """What a monitor said, by agent, or by agent and type of error."""

    active: dict[str, Value]
    events: dict[str, Value]
    durations: dict[str, Value]
    ages: dict[str, Value]
    exceptions: dict[str, Value]
    restarts: dict[str, Value]
    received: dict[str, Value]


def ask(monitor: Monitor) -> Said:
    """Return what `monitor` says now."""
    return Said(
        by(monitor, catalogue.EVENT_ACTIVE, "AGENT"),
        by(monitor, catalogue.EVENTS, "AGENT"),
        by(monitor, catalogue.PROCESS_DURATION, "AGENT", "ERROR"),
        by(monitor, catalogue.EVENT_AGE, "AGENT"),
        by(monitor, catalogue.AGENT_EXCEPTIONS, "AGENT", "TOPIC", "ERROR"),
        by(monitor, catalogue.AGENT_RESTARTS, "AGENT"),
        by(monitor, catalogue.CONSUMED, "TOPIC"),
    )


def agents(app: faust.App, prefix: str, ways: tuple[Callable[..., Any], ...]) -> None:
    """Have an agent for each of `ways`, with its name, on a topic of its own."""
    for way in ways:
        app.agent(f"{prefix}-{way.__name__}", name=way.__name__)(way)


@pytest.fixture(scope="module")
def said(broker: EmbeddedBroker, loop: str) -> Said:
    """Return what a monitor says while its worker still runs, and all agents are done."""
    # A message that failed in a processor is acknowledged by nobody: do not wait for it.
    prefix = f"events-{loop}"
    app = broker.app(prefix, stream_wait_empty=False)
    app.monitor = monitor = Monitor()
    agents(app, prefix, WAYS)
    for way in WAYS:
        broker.produce_many(f"{prefix}-{way.__name__}", range(COUNT), partition=0)
    answers: list[Said] = []

    def done() -> bool:
        answers[:] = [ask(monitor)]
        [answer] = answers
        expected = dict.fromkeys([way.__name__ for way in WAYS], COUNT)
        restarts = sum(answer.restarts.values())
        return (answer.events, restarts) == (expected, len(FAILED)) and not any(
            answer.active.values()
        )

    with suppress(WorkerTimeoutError):  # the tests say what is missing
        run(app, done, timeout=15, raise_agent_errors=False)
    return answers[0]


@pytest.mark.parametrize("way", WAYS)
def test_no_event_stays_in_work(said: Said, way: Callable[..., Any]) -> None:
    """While the worker runs on, the number of events in work is back at 0 for every agent."""
    assert said.active[way.__name__] == 0


@pytest.mark.parametrize("way", WAYS)
def test_every_event_ends_once(said: Said, way: Callable[..., Any]) -> None:
    """Each event is counted, timed and aged once, also one that failed."""
    name = way.__name__
    failed = FAILED.get(name, 0)
    durations = said.durations.get(f"{name}-", 0), said.durations.get(f"{name}-LookupError", 0)
    assert (said.events[name], durations) == (COUNT, (COUNT - failed, failed))
    assert said.ages[name] == COUNT


def test_exceptions_are_counted_by_agent_topic_and_type(said: Said, loop: str) -> None:
    """Each exception that left an agent is counted, also when it left a batch or a processor."""
    assert said.exceptions == {f"{name}-events-{loop}-{name}-LookupError": 1 for name in FAILED}


def test_restarts_are_counted(said: Said) -> None:
    """Faust's supervisor restarts an agent after each of its exceptions."""
    assert said.restarts == dict.fromkeys(FAILED, 1)


def test_each_message_is_received_once(said: Said, loop: str) -> None:
    """Messages received equal those that were produced, whatever the agents did to them."""
    assert said.received == {f"events-{loop}-{way.__name__}": COUNT for way in WAYS}
