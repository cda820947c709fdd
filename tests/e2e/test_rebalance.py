"""Two workers of one group on real Kafka: what a rebalance does to counts, offsets and lag."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import faust
import pytest

import faust_otel
from faust_otel import catalogue
from faust_otel.testing import running

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from faust.types import TP

    from tests.e2e.kafka import Kafka

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

GROUP = "e2e-rebalance"
TOPIC = "e2e-orders"


def worker(kafka: Kafka, folder: Path) -> tuple[faust.App, faust_otel.Monitor, list[Any]]:
    """Return one worker's app, its monitor, and the list of what it has processed."""
    app = faust.App(
        GROUP,
        broker=kafka.url,
        datadir=folder,
        topic_disable_leader=True,
        broker_session_timeout=10,
        broker_heartbeat_interval=1,
        broker_commit_interval=0.5,
    )
    monitor = faust_otel.Monitor(end_offsets_interval=0.5)
    app.monitor = monitor
    seen: list[Any] = []

    @app.agent(app.topic(TOPIC))
    async def process(orders: Any) -> None:
        async for order in orders:
            seen.append(order)  # noqa: PERF401  a stream has no end

    return app, monitor, seen


def lags(monitor: faust_otel.Monitor) -> dict[str, int]:
    """Return lag by partition, as it is exported."""
    return {
        str(attrs["messaging.destination.partition.id"]): int(value)
        for attrs, value in monitor.query.points(catalogue.LAG)
        if attrs["messaging.destination.name"] == TOPIC
    }


def by_partition(offsets: Mapping[TP, int]) -> dict[int, int]:
    """Return the topic's offsets by partition."""
    return {tp.partition: offset for tp, offset in offsets.items() if tp.topic == TOPIC}


def orders(first: int, last: int) -> list[bytes]:
    """Return orders as the values of messages."""
    return [json.dumps({"id": number}).encode() for number in range(first, last)]


async def test_a_rebalance_moves_gauges_and_leaves_counters(kafka: Kafka, tmp_path: Path) -> None:
    """Gauges of a revoked partition vanish, counters never go down, and lag equals the broker's."""
    kafka.create(TOPIC, partitions=4)
    kafka.produce(TOPIC, orders(0, 1000))
    first, one, seen_by_one = worker(kafka, tmp_path / "one")
    second, two, seen_by_two = worker(kafka, tmp_path / "two")
    async with running(first) as running_first:
        await running_first.until(lambda: len(seen_by_one) == 1000)
        await running_first.until(lambda: lags(one) == dict.fromkeys("0123", 0))
        consumed = one.query.by(catalogue.CONSUMED, "messaging.destination.partition.id")
        assert sum(consumed.values()) == 1000

        async with running(second) as running_second:
            await running_second.until(lambda: len(lags(one)) == 2 and len(lags(two)) == 2)
            assert set(lags(one)) | set(lags(two)) == set("0123")
            kafka.produce(TOPIC, orders(1000, 2000))
            await running_second.until(
                lambda: (
                    len(seen_by_one) + len(seen_by_two) >= 2000
                    and set(lags(one).values()) | set(lags(two).values()) == {0}
                )
            )
            later = one.query.by(catalogue.CONSUMED, "messaging.destination.partition.id")
            assert all(later[partition] >= before for partition, before in consumed.items())
            assert one.query.total(catalogue.REBALANCE_ACTIVE) == 0

        await running_first.until(lambda: lags(one) == dict.fromkeys("0123", 0))
        await running_first.until(lambda: sum(one.tp_committed_offsets.values()) == 2000)
        assert by_partition(one.tp_committed_offsets) == kafka.ends(TOPIC)
    assert kafka.committed(GROUP, TOPIC) == kafka.ends(TOPIC)
    received = one.messages_received_total() + two.messages_received_total()
    assert received == len(seen_by_one) + len(seen_by_two)
    assert one.rebalances_total() >= 2
