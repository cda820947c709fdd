"""A consumer's calls, as it tells them to nobody else."""

from __future__ import annotations

from contextlib import suppress
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from faust.types import TP
from mode import Signal

from faust_otel import Monitor
from faust_otel.sensors.probe.consumer import ConsumerProbe
from faust_otel.sensors.probe.guard import Guard

if TYPE_CHECKING:
    import pytest

HERE, ELSEWHERE, OTHER = TP("orders", 0), TP("orders", 1), TP("other", 0)


class Consumer:
    """Stands in for a consumer; fetching, it hands over what it was given."""

    started = False

    def __init__(self, records: dict[TP, list[Any]]) -> None:
        self.records = records
        self.highwaters: dict[TP, int | None] = {HERE: 9, ELSEWHERE: None}
        self._committed_offset: dict[TP, int | None] = {HERE: 3, ELSEWHERE: None, OTHER: 5}

    def assignment(self) -> set[TP]:
        """Return nothing: no end is asked for."""
        return set()

    def highwater(self, tp: TP) -> int | None:
        """Return the end of a partition, as far as it is known."""
        return self.highwaters[tp]

    async def _getmany(self) -> dict[TP, list[Any]]:
        return self.records

    async def perform_seek(self) -> None:
        """Do nothing."""

    def ack(self, message: Any) -> bool:
        """Tell whether this was the last acknowledgement."""
        return bool(message.last)


def watched(records: dict[TP, list[Any]]) -> tuple[Any, Any, ConsumerProbe]:
    """Return a consumer that is watched, the monitor's partitions, and what watches."""
    consumer, monitor = Consumer(records), Monitor()
    app = SimpleNamespace(
        consumer=consumer,
        _consumer=consumer,
        topics=SimpleNamespace(acking_topics={"orders"}),
        on_partitions_assigned=Signal(name="assigned"),
        on_partitions_revoked=Signal(name="revoked"),
    )
    probe = ConsumerProbe(app, [monitor], guard=Guard())
    probe.attach()
    return consumer, monitor.store.partition, probe


def record(offset: int, timestamp: int | None = 5000) -> Any:
    """Return a record as the client hands it over."""
    return SimpleNamespace(offset=offset, timestamp=timestamp)


async def test_a_fetched_batch_is_placed_by_partition() -> None:
    """Ends that are not known, empty batches and topics that acknowledge nothing are left out."""
    records = {HERE: [record(2), record(4)], ELSEWHERE: [record(0, None)], OTHER: [record(0)]}
    consumer, partition, _ = watched({**records, TP("orders", 2): []})
    assert await consumer._getmany() == consumer.records
    here, elsewhere = partition(*HERE), partition(*ELSEWHERE)
    assert [(each.first, each.last, each.first_timestamp) for each in here.fetches] == [(2, 4, 5.0)]
    assert (here.end, here.lag()) == (9, 7)
    assert ([each.first_timestamp for each in elsewhere.fetches], elsewhere.end) == ([0.0], None)
    assert [len(partition(*tp).fetches) for tp in (OTHER, TP("orders", 2))] == [0, 0]


async def test_a_batch_that_cannot_be_read_is_handed_on(caplog: pytest.LogCaptureFixture) -> None:
    """Whatever the client makes of its records one day, the app gets them."""
    consumer, _, _ = watched({HERE: [object()]})
    for _ in range(2):
        assert await consumer._getmany() is consumer.records
    consumer.records = {}
    assert await consumer._getmany() == {}
    assert caplog.text.count("what is fetched cannot be watched") == 1


async def test_what_is_committed_is_known_where_the_consumer_begins() -> None:
    """Only of partitions that are assigned, and where something was committed."""
    consumer, partition, _ = watched({})
    here, elsewhere, other = (partition(*tp) for tp in (HERE, ELSEWHERE, OTHER))
    other.revoke()
    await consumer.perform_seek()
    assert (here.committed, elsewhere.committed, other.committed) == (3, None, None)


def test_only_the_last_acknowledgement_ends_a_message() -> None:
    """A message that other streams still work on stays active."""
    consumer, partition, _ = watched({})
    here = partition(*HERE)
    here.active = {7: 1.0, 8: 2.0}
    for offset, last in ((7, True), (8, False)):
        message = SimpleNamespace(tp=HERE, offset=offset, last=last)
        assert consumer.ack(message) is last
    assert here.active == {8: 2.0}


def test_a_message_that_nobody_knows_is_acknowledged(caplog: pytest.LogCaptureFixture) -> None:
    """Of another topic, or of another shape: acknowledging goes on."""
    consumer, _, _ = watched({})
    places: list[Any] = [TP("unknown", 0), [], []]
    for tp in places:
        assert consumer.ack(SimpleNamespace(tp=tp, offset=0, last=True)) is True
    assert caplog.text.count("acknowledgements cannot be watched") == 1


def test_an_assignment_that_cannot_be_read_stops_nothing(caplog: pytest.LogCaptureFixture) -> None:
    """The rebalance goes on, whatever Faust hands over one day."""
    _, _, probe = watched({})
    for signal in (probe._assigned, probe._revoked):
        coroutine = signal(None, [object()])
        with suppress(StopIteration):
            coroutine.send(None)
    assert caplog.text.count("the assignment of partitions cannot be watched") == 1
