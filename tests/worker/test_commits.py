"""Commits: real ones, empty ones, failed ones, raising ones, and the last one."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import pytest
from aiokafka.errors import (  # type: ignore[import-untyped]  # no stubs
    CommitFailedError,
    KafkaError,
    ProducerFenced,
)
from faust.exceptions import ProducerSendError

from faust_otel import Monitor, catalogue
from faust_otel.testing import running
from tests.brokers import collect
from tests.worker.reading import by, total

if TYPE_CHECKING:
    from collections.abc import Callable

    from faust_otel.testing import EmbeddedBroker

pytestmark = pytest.mark.worker


def commits(monitor: Monitor) -> dict[str, float]:
    """Return how many commits were measured, by error."""
    return by(monitor, catalogue.OPERATION_DURATION, "ERROR", OPERATION="commit")


def committed(monitor: Monitor, topic: str) -> dict[str, float]:
    """Return the committed offsets of `topic`, by partition."""
    return by(monitor, catalogue.OFFSET, "PARTITION", TOPIC=topic, OFFSET_TYPE="committed")


async def test_commits_are_counted_apart_from_empty_ones(broker: EmbeddedBroker, name: str) -> None:
    """Latency is that of commits that had something to commit; the others are counted as no-ops."""
    app = broker.app(name, broker_commit_interval=0.1)
    app.monitor = monitor = Monitor()
    seen = collect(app, name)
    broker.produce_many(name, range(8))
    async with running(app) as worker:
        await worker.until(lambda: len(seen) == 8)
        await worker.until(lambda: set(broker.committed(name, name).values()) == {2})
        await worker.until(lambda: committed(monitor, name) == dict.fromkeys("0123", 2))
        before = total(monitor, catalogue.COMMIT_NOOPS)
        await worker.until(lambda: total(monitor, catalogue.COMMIT_NOOPS) >= before + 5)
        [(error, count)] = commits(monitor).items()

    assert (error, len(monitor.commit_latency)) == ("", count)
    assert 1 <= count <= 3
    assert monitor.commit_latency_max() >= monitor.commit_latency_avg() > 0


async def test_the_last_commit_of_a_worker_is_counted(broker: EmbeddedBroker, name: str) -> None:
    """What Faust commits while it stops is committed, and counted, as the broker has it."""
    app = broker.app(name, broker_commit_interval=600.0)
    app.monitor = monitor = Monitor()
    seen = collect(app, name)
    broker.produce_many(name, range(8))
    async with running(app) as worker:
        await worker.until(lambda: len(seen) == 8)
        assert commits(monitor) == {}
    assert set(broker.committed(name, name).values()) == {2}
    assert (commits(monitor), committed(monitor, name)) == ({"": 1}, dict.fromkeys("0123", 2))


def refuse(error: Exception) -> Callable[..., Any]:
    """Return a method that raises `error`."""

    async def refused(*_: Any, **__: Any) -> bool:
        raise error

    return refused


#: What the consumer's client raises, and whether Faust gives the worker up then.
FAILURES = {
    "lost": (CommitFailedError("the group has already rebalanced"), False),
    "refused": (KafkaError("no"), True),
}


@pytest.mark.parametrize("case", FAILURES)
async def test_a_failed_commit_is_no_commit(broker: EmbeddedBroker, name: str, case: str) -> None:
    """Its type of error is counted, and its offsets are not taken for committed ones."""
    error, crashes = FAILURES[case]
    app = broker.app(name, broker_commit_interval=600.0)
    app.monitor = monitor = Monitor()
    seen = collect(app, name)
    broker.produce_many(name, range(4))
    with pytest.raises(type(error)) if crashes else nullcontext():
        async with running(app) as worker:
            await worker.until(lambda: len(seen) == 4)
            client: Any = app.consumer._thread._ensure_consumer()  # type: ignore[attr-defined]
            client.commit = refuse(error)
            assert await app.consumer.commit() is False
            expected = {f"aiokafka.errors.{type(error).__name__}": 1}
            assert (commits(monitor), committed(monitor, name)) == (expected, {})
            assert list(monitor.commit_latency) == []


async def test_a_commit_whose_flush_raises_is_counted(broker: EmbeddedBroker, name: str) -> None:
    """It is a failed commit, although Faust calls no hook that closes it."""
    app: Any = broker.app(name, broker_commit_interval=600.0)
    app.monitor = monitor = Monitor()
    seen = collect(app, name)
    broker.produce_many(name, range(4))
    async with running(app) as worker:
        await worker.until(lambda: len(seen) == 4)
        flush, app.producer.flush = app.producer.flush, refuse(LookupError("no"))
        with pytest.raises(LookupError):
            await app.consumer.commit()
        app.producer.flush = flush
        assert (commits(monitor), committed(monitor, name)) == ({"LookupError": 1}, {})
        assert total(monitor, catalogue.COMMIT_NOOPS) == 0


async def test_a_commit_whose_messages_cannot_be_sent_is_counted(
    broker: EmbeddedBroker, name: str
) -> None:
    """It is a failed commit, although Faust closes it as if nothing had been to commit."""
    app: Any = broker.app(name, broker_commit_interval=600.0)
    app.monitor = monitor = Monitor()
    seen = collect(app, name)
    broker.produce_many(name, range(4))
    crash = pytest.raises(ProducerSendError)
    with crash:
        async with running(app) as worker:
            await worker.until(lambda: len(seen) == 4)
            app._attachments.publish_for_tp_offset = refuse(ProducerSendError("no"))
            await app.consumer.commit()
            expected = {"faust.exceptions.ProducerSendError": 1}
            assert (commits(monitor), committed(monitor, name)) == (expected, {})
            assert total(monitor, catalogue.COMMIT_NOOPS) == 0


#: What becomes of a transaction's producer; commits by error, committed offsets, no-ops then.
TRANSACTIONS = {
    "as usual": ({"": 1}, {"0": 4}, 0),
    "fenced": ({"aiokafka.errors.ProducerFenced": 1}, {}, 0),
    "gone": ({}, {}, 1),
}


@pytest.mark.parametrize("fate", TRANSACTIONS)
async def test_transactions_are_counted_by_their_outcome(
    broker: EmbeddedBroker, name: str, fate: str
) -> None:
    """Faust goes on as if it had committed when the producer was fenced or there is none."""
    app: Any = broker.app(name, processing_guarantee="exactly_once", broker_commit_interval=600.0)
    app.monitor = monitor = Monitor()
    seen = collect(app, name)
    broker.produce_many(name, range(4), partition=0)
    with pytest.raises(ProducerFenced) if fate == "fenced" else nullcontext():
        async with running(app) as worker:
            await worker.until(lambda: len(seen) == 4)
            producers = app.producer._transaction_producers
            spared = dict(producers)
            if fate == "fenced":
                for producer in producers.values():
                    producer.send_offsets_to_transaction = refuse(ProducerFenced())
            if fate == "gone":
                producers.clear()
            await app.consumer.commit()
            producers.update(spared)
            noops = total(monitor, catalogue.COMMIT_NOOPS)
            assert (commits(monitor), committed(monitor, name), noops) == TRANSACTIONS[fate]
