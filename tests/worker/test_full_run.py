"""A whole topology: what the monitor says is what the broker has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from faust_otel import Monitor, catalogue
from faust_otel.testing import EmbeddedBroker, running
from tests.worker.reading import by, total

if TYPE_CHECKING:
    from collections import Counter

    import faust

pytestmark = pytest.mark.worker

COUNT = 200
TOPICS = ("count-orders-user-repartition", "orders", "shipped")


def topology(app: faust.App) -> tuple[Counter[str], list[Any]]:
    """Have `ship` send on, `count` regroup into a table, and `pack` take batches of the rest."""
    counts: Any = app.Table("counts", default=int)
    shipped = app.topic("shipped", value_serializer="json")
    packed: list[Any] = []

    @app.agent(app.topic("orders"), name="ship")
    async def ship(stream: Any) -> None:
        async for order in stream:
            await shipped.send(value=order)

    @app.agent(app.topic("orders"), name="count")
    async def count(stream: Any) -> None:
        async for order in stream.group_by(lambda order: order["user"], name="user"):
            if order["user"] in counts:
                counts[order["user"]] += 1
            else:
                counts[order["user"]] = 1

    @app.agent(shipped, name="pack")
    async def pack(stream: Any) -> None:
        async for orders in stream.take(7, within=0.2):
            packed.extend(orders)

    return counts, packed


async def test_all_counts_of_a_topology_are_those_of_the_broker() -> None:
    """Messages by topic are records and offsets, events by agent add up, and nothing is left."""
    with EmbeddedBroker(partitions=3) as broker:
        app = broker.app("shop", broker_commit_interval=0.1)
        app.monitor = monitor = Monitor(end_offsets_interval=0.2)
        counts, packed = topology(app)
        broker.create("shipped")
        broker.produce_many("orders", [{"user": f"u{n % 9}"} for n in range(COUNT)])
        async with running(app) as worker:
            await worker.until(lambda: len(packed) == sum(counts.values()) == COUNT)
            await worker.until(lambda: not any(by(monitor, catalogue.LAG, "TOPIC").values()))
            await worker.until(lambda: total(monitor, catalogue.EVENT_ACTIVE) == 0)
            ends = {topic: broker.end_offsets(topic) for topic in TOPICS}
            await worker.until(
                lambda: {topic: broker.committed("shop", topic) for topic in TOPICS} == ends
            )
            await worker.until(lambda: monitor._tp_committed_offsets_dict() == ends)

        def of(metric: Any, *keys: str, **labels: str) -> dict[str, float]:
            return by(monitor, metric, *keys, **labels)

        records = {topic: sum(found.values()) for topic, found in ends.items()}
        assert of(catalogue.CONSUMED, "TOPIC") == records == dict.fromkeys(TOPICS, COUNT)
        assert of(catalogue.SENT, "TOPIC") == {
            topic: COUNT for topic in broker.topics() if topic != "orders"
        }
        assert sum(broker.end_offsets("shop-counts-changelog").values()) == COUNT
        assert of(catalogue.EVENTS, "AGENT") == {"ship": COUNT, "count": 2 * COUNT, "pack": COUNT}
        assert of(catalogue.PROCESS_DURATION, "AGENT", "ERROR") == {
            "ship-": COUNT,
            "count-": 2 * COUNT,
            "pack-": COUNT,
        }
        assert of(catalogue.QUEUE_DURATION, "TOPIC") == records
        assert of(catalogue.TABLE_OPERATIONS, "TABLE_OPERATION") == {
            "get": COUNT - 9,
            "set": COUNT,
            "del": 0,
            "contains": COUNT,
        }
        assert of(catalogue.CLIENT_IO, "TOPIC", IO_DIRECTION="receive")["orders"] == 14 * COUNT
        assert total(monitor, catalogue.AGENT_EXCEPTIONS) == 0
        assert monitor.messages_active == 0
