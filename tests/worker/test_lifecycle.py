"""What is attached to an app, by whom, and that nothing of it is left."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from faust_otel import Monitor, catalogue
from faust_otel.sensors import last_export
from faust_otel.sensors.probe import AppProbe, agents
from faust_otel.testing import running
from tests.brokers import collect
from tests.worker.reading import by, total

if TYPE_CHECKING:
    from faust_otel.testing import EmbeddedBroker

pytestmark = pytest.mark.worker

ZERO = dict.fromkeys("0123", 0)


def attached(app: Any) -> set[str]:
    """Return everything of ours that hangs on `app` and its parts, as their names and its own."""
    parts = [app, app.consumer, app.producer, app.consumer.transactions, app.tables.recovery]
    parts += [app.topics, *app.topics, *app.agents.values(), *app.tables.values()]
    parts += [agent.supervisor for agent in app.agents.values() if agent.supervisor]
    found = {
        f"{type(part).__name__}.{name}"
        for part in parts
        for name, value in vars(part).items()
        if type(value).__module__.startswith("faust_otel.sensors.probe")
        or getattr(value, "__module__", "").startswith("faust_otel.sensors.probe")
    }
    for signal in (app.on_partitions_assigned, app.on_partitions_revoked):
        found |= {f"{signal.name}:{each.__qualname__}" for each in signal.iter_receivers(app)}
    return found | {f"class of {table.name}" for table in app.tables.values() if _is_ours(table)}


def _is_ours(table: Any) -> bool:
    return type(table) is not table.__class__


async def test_everything_attached_is_detached(broker: EmbeddedBroker, name: str) -> None:
    """A worker that stopped has the methods, handlers, classes and signals it had before."""
    app: Any = broker.app(name)
    app.monitor = Monitor()
    app.Table("table", default=int)
    seen = collect(app, name)
    broker.produce(name, 1)
    assert attached(app) == set()
    async with running(app) as worker:
        await worker.until(lambda: seen)
        during = attached(app)
    assert attached(app) == set()
    assert during >= {
        *("App._faust_otel_probe", "Agent._on_error", "OneForOneSupervisor.restart_service"),
        *("Consumer._getmany", "Consumer._commit", "Consumer._commit_tps", "Consumer.ack"),
        *("Consumer.perform_seek", "Producer.send", "Producer.send_and_wait"),
        *("Producer.commit_transactions", "EmbeddedTopic.on_key_decode_error"),
        *("EmbeddedTopic.on_value_decode_error", "class of table"),
        *(
            "on_partitions_assigned:ConsumerProbe._assigned",
            "on_partitions_assigned:AppProbe._assigned",
        ),
        "on_partitions_revoked:ConsumerProbe._revoked",
    }


async def test_a_monitor_that_leaves_takes_nothing_from_another(
    broker: EmbeddedBroker, name: str
) -> None:
    """Of two monitors on one app the first may leave; the second misses nothing before or after."""
    app: Any = broker.app(name, broker_commit_interval=0.1)
    first, second = Monitor(), Monitor(end_offsets_interval=0.2)
    app.monitor = first
    app.sensors.add(second)
    table = app.Table("table", default=int)
    seen: list[Any] = []

    @app.agent(name, name="both")  # type: ignore[untyped-decorator]  # the app is anything here
    async def look(stream: Any) -> None:
        async for value in stream:
            seen.extend([value in table])

    broker.produce_many(name, range(4))
    async with running(app) as worker:
        await worker.until(lambda: len(seen) == 4)
        committed = [dict.fromkeys("0123", 1), dict.fromkeys("0123", 2)]
        for monitor in (first, second):
            await worker.until(lambda m=monitor: _committed(m) == committed[0])  # type: ignore[misc]
        assert (first.tables_contains_total(), second.tables_contains_total()) == (4, 4)
        app.sensors.remove(first)
        await first.stop()
        broker.produce_many(name, range(4))
        await worker.until(lambda: len(seen) == 8)
        await worker.until(lambda: _committed(second) == committed[1])
        await worker.until(lambda: by(second, catalogue.LAG, "PARTITION") == ZERO)
    assert (first.tables_contains_total(), second.tables_contains_total()) == (4, 8)
    assert (total(first, catalogue.EVENTS), total(second, catalogue.EVENTS)) == (4, 8)
    assert attached(app) == set()


def _committed(monitor: Monitor) -> dict[str, Any]:
    return by(monitor, catalogue.OFFSET, "PARTITION", OFFSET_TYPE="committed")


async def test_a_monitor_may_come_late(broker: EmbeddedBroker, name: str) -> None:
    """One added to a running worker knows at once what is assigned, committed and behind."""
    app: Any = broker.app(name)
    app.monitor = Monitor()
    seen = collect(app, name)
    broker.produce_many(name, range(8))
    async with running(app) as worker:
        await worker.until(lambda: len(seen) == 8)
        await worker.until(lambda: set(broker.committed(name, name).values()) == {2})
        late = Monitor(end_offsets_interval=60.0)
        app.sensors.add(late)
        await app.add_runtime_dependency(late)
        await worker.until(lambda: by(late, catalogue.LAG, "PARTITION") == ZERO)
        assert _committed(late) == dict.fromkeys("0123", 2)
        assert total(late, catalogue.ASSIGNED) == 4
        assert total(late, catalogue.CONSUMED) == 0


async def test_a_part_that_cannot_be_attached_is_said_once_and_the_rest_is_watched(
    broker: EmbeddedBroker,
    name: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The worker runs, the other parts count, and there is one message, however often it fails."""

    def fail(_: Any) -> None:
        raise LookupError("changed in the next release of Faust")

    monkeypatch.setattr(agents.AgentProbe, "attach", fail)
    monkeypatch.setattr(agents.AgentProbe, "detach", fail)
    app: Any = broker.app(name, broker_commit_interval=0.1)
    app.monitor = monitor = Monitor()
    seen = collect(app, name)
    broker.produce_many(name, range(4))
    async with running(app) as worker:
        await worker.until(lambda: len(seen) == 4)
        await worker.until(lambda: _committed(monitor) == dict.fromkeys("0123", 1))
        await AppProbe.of(app).refresh(monitor, ends=False)
    assert caplog.text.count("agents cannot be watched; the worker goes on without") == 1
    assert total(monitor, catalogue.EVENTS) == 4
    assert attached(app) == set()


async def test_two_apps_follow_each_other_in_one_process(broker: EmbeddedBroker, name: str) -> None:
    """The second run of an app with the same id counts from zero, and only what is its own."""
    for _ in range(2):
        app: Any = broker.app(name, broker_session_timeout=1.0, broker_heartbeat_interval=0.2)
        app.monitor = monitor = Monitor()
        seen = collect(app, name)
        broker.produce_many(name, range(4))
        async with running(app) as worker:
            await worker.until(lambda seen=seen: len(seen) == 4)  # type: ignore[misc]
        assert (total(monitor, catalogue.EVENTS), total(monitor, catalogue.CONSUMED)) == (4, 4)
        assert attached(app) == set()


async def test_a_dead_collector_holds_up_a_stop_for_seconds_at_most(
    broker: EmbeddedBroker, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last export has its seconds, and then the worker stops with everything committed."""
    monkeypatch.setattr(last_export, "LAST_EXPORT", 1.0)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf")
    app: Any = broker.app(name)
    app.monitor = monitor = Monitor()
    seen = collect(app, name)
    broker.produce_many(name, range(4))
    async with running(app) as worker:
        await worker.until(lambda: len(seen) == 4)
        began = time.monotonic()
    assert time.monotonic() - began < 4.0
    assert set(broker.committed(name, name).values()) == {1}
    assert _committed(monitor) == dict.fromkeys("0123", 1)
