"""Real workers on the embedded broker: how they run, how they fail and how they end."""

from __future__ import annotations

import asyncio
import logging
import re
import signal
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

from faust_otel.exceptions import FaustOTelError
from faust_otel.testing import EmbeddedBroker, WorkerTimeoutError, run, running
from tests.brokers import collect, listening

if TYPE_CHECKING:
    import faust

pytestmark = pytest.mark.worker


@pytest.fixture
def name(request: pytest.FixtureRequest) -> str:
    """Return a name that no other test uses, for topics and apps."""
    return re.sub(r"[^\w-]", "-", request.node.name)


def test_a_worker_reads_everything_and_commits(broker: EmbeddedBroker, name: str) -> None:
    """After a run of 200 records what the group has committed is the end of every partition."""
    app = broker.app(name)
    seen = collect(app, name)
    broker.produce_many(name, [{"n": n} for n in range(200)])
    run(app, lambda: len(seen) == 200)

    assert sorted(event.value["n"] for event in seen) == list(range(200))
    assert broker.committed(name, name) == broker.end_offsets(name) == dict.fromkeys(range(4), 50)


def test_a_worker_gets_headers_and_timestamps(broker: EmbeddedBroker, name: str) -> None:
    """An agent sees the key, the headers and the timestamp that a record was produced with."""
    app = broker.app(name)
    seen = collect(app, name)
    broker.produce(name, "1", key="k", headers={"h": b"v"}, timestamp=1_700_000_000.25)
    run(app, lambda: seen)

    [event] = seen
    assert (event.key, event.headers) == (b"k", {"h": b"v"})
    assert event.message.timestamp == 1_700_000_000.25


def test_a_worker_leaves_the_process_as_it_was(broker: EmbeddedBroker, name: str) -> None:
    """No signal handler, no log handler, no port and no folder of the process changes."""

    def surroundings() -> tuple[Any, ...]:
        signals = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGUSR1)]
        folders = list(Path.cwd().glob(f"{name}*"))
        return signals, list(logging.root.handlers), listening(), folders

    app = broker.app(name)
    seen = collect(app, name)
    broker.produce(name, 1)
    during: list[tuple[Any, ...]] = []

    def until() -> bool:
        during[:] = [surroundings()]
        return bool(seen)

    before = surroundings()
    run(app, until)

    assert [before] == during == [surroundings()]


async def test_two_workers_run_at_the_same_time_in_one_loop(
    broker: EmbeddedBroker, name: str
) -> None:
    """Two apps read the same topic side by side, each with a web server on a port of its own."""
    apps = [broker.app(f"{name}-{number}", web_port=1) for number in range(2)]
    seen = [collect(app, name) for app in apps]
    broker.produce_many(name, range(20))
    async with running(apps[0], web=True) as first, running(apps[1], web=True) as second:
        await first.until(lambda: len(seen[0]) == 20)
        await second.until(lambda: len(seen[1]) == 20)
        async with aiohttp.ClientSession() as client:
            answers = [await client.get(worker.url) for worker in (first, second)]

    assert [answer.status for answer in answers] == [200, 200]
    assert len({first.url, second.url}) == 2
    assert first.url.startswith("http://127.0.0.1:")
    assert [broker.committed(app.conf.id, name) for app in apps] == [broker.end_offsets(name)] * 2


def test_tables_and_group_by_have_the_partitions_that_are_asked_for(name: str) -> None:
    """A broker of 3 partitions runs a table behind a group_by, and every topic has 3."""
    with EmbeddedBroker(partitions=3) as broker:
        app = broker.app(name)
        counts: Any = app.Table("counts", default=int)
        orders = app.topic("orders", value_serializer="json")

        @app.agent(orders)
        async def count(stream: Any) -> None:
            async for order in stream.group_by(lambda order: order["user"], name="user"):
                counts[order["user"]] += 1

        broker.produce_many("orders", [{"user": f"u{n % 5}"} for n in range(50)])
        run(app, lambda: sum(counts.values()) == 50)

        assert dict(counts) == {f"u{n}": 10 for n in range(5)}
        assert set(broker.topics().values()) == {3}
        assert sum(broker.end_offsets(f"{name}-counts-changelog").values()) == 50


def test_a_worker_that_is_too_slow_tells_how_far_it_came(broker: EmbeddedBroker, name: str) -> None:
    """The message names the time, the condition, the partitions and the line of the agent."""
    app = broker.app(name)
    seen = collect(app, name)
    broker.produce_many(name, range(4))
    with pytest.raises(WorkerTimeoutError) as caught:
        run(app, lambda: len(seen) == 5, timeout=2.5)

    message = str(caught.value)
    assert message.startswith("after 2.5 s this does not hold: ")
    assert "run(app, lambda: len(seen) == 5, timeout=2.5)" in message
    assert f"app {name!r} is running and has {name}[0] (read 0, committed 1)" in message
    assert "async for event in stream.events()" in message
    assert isinstance(caught.value, TimeoutError)


def test_a_worker_that_never_got_started_says_so(broker: EmbeddedBroker, name: str) -> None:
    """When time is up before the group was joined, the message says that nothing is assigned."""
    app = broker.app(name)
    collect(app, name)
    with pytest.raises(WorkerTimeoutError, match="has no partitions"):
        run(app, partial(bool, 0), timeout=0.1)


def failing(app: faust.App, topic: str) -> list[int]:
    """Return the values that an agent of `app` reads from `topic`; it fails on the first one."""
    seen: list[int] = []

    @app.agent(topic)
    async def fail(stream: Any) -> None:
        async for value in stream:
            seen.append(value)
            if len(seen) == 1:
                raise LookupError(f"no such order: {value}")

    return seen


@pytest.mark.parametrize("supervisor", ["mode.OneForOneSupervisor", "mode.CrashingSupervisor"])
def test_an_exception_of_an_agent_ends_the_run(
    broker: EmbeddedBroker, name: str, supervisor: str
) -> None:
    """It is raised as it is, whether Faust would restart the agent or crash the app."""
    app = broker.app(name, agent_supervisor=supervisor)
    failing(app, name)
    broker.produce(name, 7)
    with pytest.raises(LookupError, match="no such order: 7"):
        run(app, lambda: False, raise_agent_errors=supervisor == "mode.OneForOneSupervisor")


async def test_an_exception_of_an_agent_can_be_left_to_faust(
    broker: EmbeddedBroker, name: str
) -> None:
    """The agent is restarted, reads the rest, and its exception can be read where it ran."""
    handled: list[BaseException] = []

    async def on_error(_: Any, error: BaseException) -> None:
        handled.append(error)

    app = broker.app(name)
    seen = failing(app, name)
    [agent] = app.agents.values()
    agent._on_error = on_error
    broker.produce_many(name, range(8))
    async with running(app, raise_agent_errors=False) as worker:
        await worker.until(lambda: len(seen) == 8)

    [(agent_name, error)] = worker.agent_errors
    assert (agent_name, [error]) == (agent.name, handled)
    assert agent._on_error is on_error


def test_an_exception_of_a_task_ends_the_run(broker: EmbeddedBroker, name: str) -> None:
    """What crashes the app is raised, and the worker is stopped."""
    app = broker.app(name)
    collect(app, name)
    broker.create(name)

    async def fail() -> None:
        raise LookupError("in a task")

    app.task(fail)
    with pytest.raises(LookupError, match="in a task"):
        run(app, lambda: False)
    assert app.should_stop


def test_a_worker_without_a_broker_ends_the_run(broker: EmbeddedBroker, name: str) -> None:
    """An app that cannot start raises why it could not."""
    app = broker.app(name, broker="kafka://127.0.0.1:1")
    collect(app, name)
    with pytest.raises(Exception, match="Unable to bootstrap"):
        run(app, lambda: False)


def test_a_condition_that_raises_ends_the_run(broker: EmbeddedBroker, name: str) -> None:
    """The exception of an async condition comes through, and the worker is stopped."""
    app = broker.app(name)
    collect(app, name)

    async def until() -> bool:
        await asyncio.sleep(0)
        raise LookupError("in the condition")

    with pytest.raises(LookupError, match="in the condition"):
        run(app, until)
    assert app.should_stop


def test_a_stuck_agent_is_ended(
    broker: EmbeddedBroker, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An agent that waits for ever is cancelled when the time of grace is over."""
    monkeypatch.setattr("faust_otel.testing.shutdown._GRACE", 0.5)
    app = broker.app(name)
    ends: list[str] = []

    @app.agent(name)
    async def wait(stream: Any) -> None:
        async for _ in stream:
            try:
                ends.append("waiting")
                await asyncio.Event().wait()
            finally:
                ends.append("cancelled")

    broker.produce(name, 1)
    run(app, lambda: ends)

    assert ends == ["waiting", "cancelled"]


def test_an_event_that_nobody_will_acknowledge_holds_no_stop_up(
    broker: EmbeddedBroker, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker whose agent crashed before it got the event is stopped after the time of grace."""
    monkeypatch.setattr("faust_otel.testing.shutdown._GRACE", 1.5)
    app = broker.app(name)

    @app.agent(name)
    async def fail(stream: Any) -> None:
        async for _ in stream.filter(lambda value: 1 // value):
            pass

    broker.produce(name, 0)
    run(app, lambda: app.consumer.unacked, raise_agent_errors=False)
    assert broker.committed(name, name)[0] is None


def test_an_app_that_was_used_in_another_loop_runs(broker: EmbeddedBroker, name: str) -> None:
    """Monitor, producer and consumer that were made before the run work in it."""
    app = broker.app(name)
    seen = collect(app, name)

    async def use() -> None:
        assert app.monitor.loop is app.producer.loop is app.loop is asyncio.get_running_loop()
        assert app.consumer.assignment is not None
        assert app.flow_control is not None

    asyncio.run(use())
    broker.produce(name, 1)
    run(app, lambda: seen)

    assert broker.committed(name, name)[0] == 1


def test_an_app_runs_once(broker: EmbeddedBroker, name: str) -> None:
    """A second run of the same app is refused, and says what to do."""
    app = broker.app(name)
    collect(app, name)
    run(app, lambda: app.started)
    with pytest.raises(FaustOTelError, match=r"has already run.*make a new one"):
        run(app, lambda: True)


async def test_run_is_refused_inside_an_event_loop(broker: EmbeddedBroker, name: str) -> None:
    """The message names the form that works there."""
    with pytest.raises(FaustOTelError, match="async with running"):
        run(broker.app(name), lambda: True)
