"""The hooks of messages: what is received, waits, and is read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from faust_otel import catalogue as c
from faust_otel.state import Fetch
from tests.sensors.counted import CHANNEL, TP0, TP1, WRITTEN, Stream, event

if TYPE_CHECKING:
    from tests.sensors.counted import Counted


def test_a_message_is_counted_once_with_its_bytes(counted: Counted) -> None:
    """A delivery counts on its partition, with the sizes of key and value."""
    for offset in range(3):
        counted.take(event(offset, tp=TP1), Stream())
    assert counted.points(c.CONSUMED) == [
        (
            {
                "messaging.system": "kafka",
                "messaging.operation.name": "poll",
                "messaging.destination.name": "orders",
                "messaging.destination.partition.id": "1",
            },
            3,
        )
    ]
    assert counted.total(c.CLIENT_IO, IO_DIRECTION="receive") == 24


@pytest.mark.parametrize(
    ("key_size", "value_size", "size"), [(-1, 5, 5), (3, -1, 3), (-1, -1, 0), (0, 7, 7)]
)
def test_a_missing_key_or_value_has_no_bytes(
    counted: Counted, key_size: int, value_size: int, size: int
) -> None:
    """Kafka's size of what is missing, -1, is not added."""
    made = event(serialized_key_size=key_size, serialized_value_size=value_size)
    counted.hooks.on_message_in(TP0, 0, made.message)
    assert counted.total(c.CLIENT_IO) == size


def test_messages_active_are_those_not_yet_acknowledged(counted: Counted) -> None:
    """A message is active from its first stream to its last acknowledgement."""
    taken = [event(offset) for offset in range(3)]
    stream = Stream()
    states = [counted.take(each, stream) for each in taken]
    assert counted.hooks.messages_active == 3
    for each, state in zip(taken, states, strict=True):
        counted.end(each, stream, state)
    assert counted.hooks.messages_active == 0


def test_a_message_waits_from_its_fetch_until_its_first_stream_begins(counted: Counted) -> None:
    """The time inside the worker is counted once per message, however many streams take it."""
    partition = counted.store.partition("orders", 0)
    partition.fetched(Fetch(0, 1, at=counted.clock(), first_timestamp=WRITTEN))
    counted.pass_(2.0)
    first, second = Stream(), Stream()
    taken = event(0)
    counted.take(taken, first)
    counted.pass_(1.0)
    counted.hooks.on_stream_event_in(TP0, 0, second, taken)
    counted.take(event(1), first)
    assert counted.points(c.QUEUE_DURATION) == [({"messaging.destination.name": "orders"}, 2)]
    assert counted.seconds(c.QUEUE_DURATION) == 5.0


def test_a_message_that_nobody_saw_fetched_is_not_timed(counted: Counted) -> None:
    """Without its fetch a message has no time inside the worker."""
    counted.take(event(0), Stream())
    assert counted.points(c.QUEUE_DURATION) == []


def test_a_string_names_a_partition_too(counted: Counted) -> None:
    """The contract types a topic-partition as text: its events count on the partition it names."""
    stream, taken = Stream(), event(7)
    counted.hooks.on_message_in("orders-1", 7, taken.message)
    state = counted.hooks.on_stream_event_in("orders-1", 7, stream, taken)
    counted.hooks.on_stream_event_out("orders-1", 7, stream, taken, state)
    counted.hooks.on_message_out("orders-1", 7, taken.message)
    assert counted.total(c.CONSUMED, TOPIC="orders", PARTITION="1") == 1
    assert counted.total(c.EVENTS, TOPIC="orders", PARTITION="1") == 1
    assert counted.hooks.messages_active == 0


def test_an_unknown_message_that_ends_makes_no_partition(counted: Counted) -> None:
    """Faust's loop in Python ends messages of in-memory channels that never began."""
    for tp in (CHANNEL, TP1, "orders-1", None):
        counted.hooks.on_message_out(tp, -1, None)
    assert counted.store.partitions == {}


def test_the_end_of_a_partition_is_noted(counted: Counted) -> None:
    """The end is an offset, and what is none leaves it as it was."""
    counted.hooks.track_tp_end_offset(TP0, 10)
    for odd in (None, "11", 11.5):
        counted.hooks.track_tp_end_offset(TP0, odd)
    counted.take(event(3), Stream())
    assert counted.total(c.LAG, TOPIC="orders", PARTITION="0") == 6


def test_an_odd_offset_does_not_move_the_read_one(counted: Counted) -> None:
    """A message with an offset that is none is counted, and lag is what it was."""
    counted.hooks.track_tp_end_offset(TP0, 10)
    counted.take(event(3), Stream())
    odd: Any
    for odd in (None, "5", [], float("nan"), float("inf")):
        counted.hooks.on_message_in(TP0, odd, event(4).message)
    assert (counted.total(c.LAG), counted.total(c.CONSUMED)) == (6, 6)


def test_full_buffers_are_counted_by_partition(counted: Counted) -> None:
    """Faust's own pages fold the partitions of a topic into one; ours are told apart."""
    for tp in (TP0, TP1, TP1):
        counted.hooks.on_topic_buffer_full(tp)
    assert dict(counted.hooks.topic_buffer_full) == {TP0: 1, TP1: 2}
    assert counted.total(c.BUFFER_FULL, TOPIC="orders") == 3
