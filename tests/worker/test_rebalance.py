"""What a rebalance does to counts and levels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from faust.types import TP

from faust_otel import Monitor, catalogue
from faust_otel.testing import running
from tests.brokers import collect
from tests.worker.reading import by, total

if TYPE_CHECKING:
    from faust_otel.testing import EmbeddedBroker
    from tests.worker.reading import Value

pytestmark = pytest.mark.worker

COUNTERS = (
    *(catalogue.CONSUMED, catalogue.EVENTS, catalogue.PROCESS_DURATION),
    *(catalogue.CLIENT_IO, catalogue.SENT, catalogue.COMMIT_NOOPS),
)
ZERO = dict.fromkeys("0123", 0)
GAUGES = (catalogue.LAG, catalogue.DELAY, catalogue.OFFSET)


def counters(monitor: Monitor) -> dict[str, dict[str, Value]]:
    """Return all counters by partition."""
    return {metric.name: by(monitor, metric, "TOPIC", "PARTITION") for metric in COUNTERS}


def partitions(monitor: Monitor) -> list[set[str]]:
    """Return the partitions that each kind of level is told of."""
    return [set(by(monitor, metric, "PARTITION")) for metric in GAUGES]


def grown(before: dict[str, dict[str, Value]], after: dict[str, dict[str, Value]]) -> bool:
    """Tell whether no series of `before` is missing, or smaller, in `after`."""
    return all(
        after[name][key] >= value for name, found in before.items() for key, value in found.items()
    )


async def test_levels_go_with_a_partition_and_counters_stay(
    broker: EmbeddedBroker, name: str
) -> None:
    """Of a revoked partition lag, delay and offsets vanish; its counters go on when it returns."""
    app: Any = broker.app(name)
    app.monitor = monitor = Monitor(end_offsets_interval=0.2)
    seen = collect(app, name)
    broker.produce_many(name, range(8))
    async with running(app) as worker:
        await worker.until(lambda: len(seen) == 8)
        await worker.until(lambda: partitions(monitor) == [set("0123")] * 3)
        before = counters(monitor)
        await app.on_partitions_revoked.send({TP(name, 0), TP(name, 1)})
        assert partitions(monitor) == [set("23")] * 3
        assert (total(monitor, catalogue.ASSIGNED), monitor.messages_active) == (2, 0)
        assert set(monitor.tp_read_offsets) == {TP(name, 2), TP(name, 3)}
        assert grown(before, counters(monitor))
        await app.on_partitions_assigned.send({TP(name, 0), TP(name, 2)})
        assert total(monitor, catalogue.ASSIGNED) == 2
        await worker.until(lambda: set(by(monitor, catalogue.LAG, "PARTITION")) == set("02"))
        broker.produce_many(name, range(3), partition=0)
        await worker.until(lambda: len(seen) == 11)
        await worker.until(lambda: by(monitor, catalogue.LAG, "PARTITION") == {"0": 0, "2": 0})
    assert grown(before, counters(monitor))
    assert by(monitor, catalogue.CONSUMED, "PARTITION") == {"0": 5, "1": 2, "2": 2, "3": 2}


async def test_a_rebalance_is_counted_and_ends(broker: EmbeddedBroker, name: str) -> None:
    """A worker that joins its group anew loses no count, and all its levels come back."""
    # The broker waits for a member that has left as long as a session lasts.
    app: Any = broker.app(name, broker_session_timeout=1.0, broker_heartbeat_interval=0.2)
    app.monitor = monitor = Monitor()
    seen = collect(app, name)
    broker.produce_many(name, range(8))
    async with running(app) as worker:
        await worker.until(lambda: len(seen) == 8)
        await worker.until(lambda: by(monitor, catalogue.LAG, "PARTITION") == ZERO)
        before = counters(monitor)
        assert monitor.rebalances_total() == 1
        app.consumer._thread._ensure_consumer()._coordinator.request_rejoin()
        await worker.until(lambda: monitor.rebalances_total() == 2)
        await worker.until(lambda: total(monitor, catalogue.REBALANCE_ACTIVE) == 0)
        await worker.until(lambda: by(monitor, catalogue.LAG, "PARTITION") == ZERO)
        broker.produce_many(name, range(8))
        await worker.until(lambda: len(seen) == 16)
    assert grown(before, counters(monitor))
    assert total(monitor, catalogue.CONSUMED) == total(monitor, catalogue.EVENTS) == 16
    assert by(monitor, catalogue.REBALANCE_DURATION, "REBALANCE_PHASE") == {"return": 2, "end": 2}
    assert total(monitor, catalogue.ASSIGNMENT_DURATION) >= 1
    assert total(monitor, catalogue.EVENT_ACTIVE) == 0
