"""Messages whose key or value cannot be decoded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from faust_otel import Monitor, catalogue
from faust_otel.testing import running
from tests.worker.reading import by, total

if TYPE_CHECKING:
    from faust_otel.testing import EmbeddedBroker

pytestmark = pytest.mark.worker

GOOD, BAD = b'{"n": 1}', b"{no json"


def reading(app: Any, topic: Any, agent: str) -> list[Any]:
    """Return what an agent of `app` reads from `topic`."""
    seen: list[Any] = []

    @app.agent(topic, name=agent)  # type: ignore[untyped-decorator]  # the app is anything here
    async def read(stream: Any) -> None:
        nonlocal seen
        async for value in stream:
            seen += [value]

    return seen


async def test_undecodable_messages_are_counted_once_each(
    broker: EmbeddedBroker, name: str
) -> None:
    """Two agents that cannot read a message make it one, by part, and both fail as they do."""
    app = broker.app(name)
    app.monitor = monitor = Monitor()
    seen, records = {}, {"key": (BAD, GOOD), "value": (GOOD, BAD)}
    for part, (key, value) in records.items():
        topic = app.topic(f"{name}-{part}", key_serializer="json", value_serializer="json")
        for agent in (f"first-{part}", f"second-{part}"):
            seen[agent] = reading(app, topic, agent)
        broker.produce(f"{name}-{part}", value, key=key, partition=0)
        broker.produce(f"{name}-{part}", GOOD, key=GOOD, partition=0)
    async with running(app, raise_agent_errors=False) as worker:
        await worker.until(lambda: all(each == [{"n": 1}] for each in seen.values()))
        await worker.until(lambda: total(monitor, catalogue.AGENT_EXCEPTIONS) == 4)
    assert by(monitor, catalogue.DECODE_ERRORS, "TOPIC", "DECODE_PART") == {
        f"{name}-{part}-{part}": 1 for part in records
    }
    assert by(monitor, catalogue.AGENT_EXCEPTIONS, "AGENT", "TOPIC", "ERROR") == {
        f"{agent}-{name}-{part}-faust.exceptions.{part.title()}DecodeError": 1
        for part in records
        for agent in (f"first-{part}", f"second-{part}")
    }
    assert total(monitor, catalogue.EVENTS) == 4
    assert total(monitor, catalogue.EVENT_ACTIVE) == 0


def quiet_app(broker: EmbeddedBroker, name: str) -> tuple[Any, list[Any]]:
    """Return an app whose topics handle undecodable messages themselves, and what they handled."""
    handled: list[Any] = []

    class Quiet(broker.settings()["Topic"]):  # type: ignore[misc]  # a class all the same
        async def on_value_decode_error(self, exc: Exception, message: Any) -> None:
            handled.append((type(exc).__name__, message.value))

    return broker.app(name, Topic=Quiet), handled


async def test_a_topics_own_handling_goes_on(broker: EmbeddedBroker, name: str) -> None:
    """A topic that handles undecodable messages itself is called as before, and no agent fails."""
    app, handled = quiet_app(broker, name)
    app.monitor = monitor = Monitor()
    seen = reading(app, app.topic(name, value_serializer="json"), "quiet")
    broker.produce_many(name, [BAD, GOOD, BAD], partition=0)
    async with running(app) as worker:
        await worker.until(lambda: len(handled) == 2)
        await worker.until(lambda: seen == [{"n": 1}])
    assert handled == [("ValueDecodeError", BAD)] * 2
    assert by(monitor, catalogue.DECODE_ERRORS, "DECODE_PART") == {"value": 2}
    assert total(monitor, catalogue.AGENT_EXCEPTIONS) == 0


async def test_lag_is_zero_behind_an_undecodable_message(broker: EmbeddedBroker, name: str) -> None:
    """No stream takes it, and it is not ahead of us any more: neither messages nor seconds."""
    app, handled = quiet_app(broker, name)
    app.monitor = monitor = Monitor(end_offsets_interval=0.2)
    seen = reading(app, app.topic(name, value_serializer="json"), "lagging")
    broker.produce_many(name, [GOOD, GOOD, BAD, BAD], partition=0)
    broker.produce_many(name, [BAD], partition=1)
    async with running(app) as worker:
        await worker.until(lambda: (len(seen), len(handled)) == (2, 3))
        zero = dict.fromkeys("0123", 0)
        await worker.until(lambda: by(monitor, catalogue.LAG, "PARTITION") == zero)
        await worker.until(lambda: by(monitor, catalogue.DELAY, "PARTITION") == zero)
        await worker.until(lambda: broker.committed(name, name)[0] == 4)
