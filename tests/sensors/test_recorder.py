"""The hooks of events: each counts once, in every order that Faust calls them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from faust_otel import catalogue as c
from faust_otel.state import FOLD_AT
from tests.sensors.counted import CHANNEL, TP0, TP1, Stream, event

if TYPE_CHECKING:
    from tests.sensors.counted import Counted

Named = Callable[[str], None]


def test_an_event_is_counted_when_it_ends(counted: Counted) -> None:
    """Between in and out an event is active; then it has a duration and an age."""
    stream, taken = Stream(), event(0)
    state = counted.take(taken, stream)
    assert (counted.total(c.EVENT_ACTIVE), counted.total(c.EVENTS)) == (1, 0)
    counted.pass_(0.5)
    counted.end(taken, stream, state)
    assert (counted.total(c.EVENT_ACTIVE), counted.total(c.EVENTS)) == (0, 1)
    assert (counted.total(c.PROCESS_DURATION), counted.seconds(c.PROCESS_DURATION)) == (1, 0.5)
    assert (counted.total(c.EVENT_AGE), counted.seconds(c.EVENT_AGE)) == (1, 100.5)
    assert [*counted.hooks.events_runtime] == [0.5]


@pytest.mark.parametrize("timestamp", [None, -1.0, -0.001, 0, "now", 10**400, 1j])
def test_a_record_without_a_timestamp_has_no_age(counted: Counted, timestamp: Any) -> None:
    """What is no time since the epoch is left out, and the event counts as any other."""
    stream, taken = Stream(), event(0, timestamp=timestamp)
    counted.end(taken, stream, counted.take(taken, stream))
    assert (counted.total(c.EVENTS), counted.total(c.EVENT_AGE)) == (1, 0)


def test_a_state_handed_back_twice_counts_once(counted: Counted) -> None:
    """A state is good once."""
    stream, taken = Stream(), event(0)
    state = counted.take(taken, stream)
    for _ in range(3):
        counted.end(taken, stream, state)
    counted.end(taken, stream)
    assert (counted.total(c.EVENTS), counted.total(c.EVENT_ACTIVE)) == (1, 0)


def test_the_last_events_state_does_not_end_an_event_that_never_came_in(counted: Counted) -> None:
    """Faust's loop in Python skips messages of an old generation with the state of the last."""
    stream, taken = Stream(), event(0)
    state = counted.take(taken, stream)
    counted.end(taken, stream, state)
    for offset in (1, 2):
        counted.hooks.on_stream_event_out(TP0, offset, stream, event(offset), state)
    assert (counted.total(c.EVENTS), counted.total(c.EVENT_ACTIVE)) == (1, 0)


def test_a_skipped_event_does_not_end_the_one_that_is_held(counted: Counted) -> None:
    """While an event waits in a buffer, its state handed back for another event is no end of it."""
    stream, taken = Stream(acks=False), event(4)
    state = counted.take(taken, stream)
    counted.hooks.on_stream_event_out(TP0, 5, stream, event(5), state)
    counted.hooks.on_stream_event_out(TP1, 4, stream, event(4, tp=TP1), state)
    assert (counted.total(c.EVENTS), counted.total(c.EVENT_ACTIVE)) == (0, 1)
    counted.pass_(2.0)
    counted.end(taken, stream)
    assert (counted.total(c.EVENTS), counted.total(c.EVENT_ACTIVE)) == (1, 0)
    assert counted.seconds(c.PROCESS_DURATION) == 2.0


@pytest.mark.parametrize("state", [None, {}, [], [1, 2, 3, 4, 5], "12345", ["", None, 0, 0, 0], 7])
def test_an_event_counts_once_whatever_is_handed_back_as_its_state(
    counted: Counted, state: Any
) -> None:
    """A state that is lost or not ours is found again by stream, partition and offset."""
    stream, taken = Stream(), event(3)
    counted.take(taken, stream)
    counted.end(taken, stream, state)
    counted.end(taken, stream, state)
    assert (counted.total(c.EVENTS), counted.total(c.EVENT_ACTIVE)) == (1, 0)


def test_an_end_without_a_beginning_counts_nothing(counted: Counted) -> None:
    """Out-hooks for other streams, offsets and partitions leave the event in work."""
    stream, taken = Stream(), event(3)
    counted.hooks.on_stream_event_out(TP0, 3, stream, taken)
    counted.take(taken, stream)
    counted.hooks.on_stream_event_out(TP0, 3, Stream(), taken)
    counted.hooks.on_stream_event_out(TP0, 4, stream, taken)
    counted.hooks.on_stream_event_out(TP1, 3, stream, taken)
    counted.hooks.on_stream_event_out(TP0, 3, [], taken)
    assert (counted.total(c.EVENTS), counted.total(c.EVENT_ACTIVE)) == (0, 1)


def test_an_event_lost_on_its_way_is_no_more_when_the_next_comes(counted: Counted) -> None:
    """A processor that raised leaves an event without its end; it is active no longer than that."""
    stream = Stream()
    lost = [counted.take(event(offset), stream) for offset in range(5)]
    assert counted.total(c.EVENT_ACTIVE) == 1
    counted.end(event(4), stream, lost[4])
    assert (counted.total(c.EVENTS), counted.total(c.EVENT_ACTIVE)) == (1, 0)


@pytest.mark.parametrize("ended", [{"should_stop": True}, {"started": False}])
def test_a_stream_that_stopped_works_on_nothing(counted: Counted, ended: dict[str, bool]) -> None:
    """What a stream left open when it stopped is not active."""
    stream = Stream()
    counted.take(event(0), stream)
    vars(stream).update(ended)
    assert counted.total(c.EVENT_ACTIVE) == 0


def test_an_event_that_ends_after_its_agent_was_restarted_is_counted(
    counted: Counted, named: Named
) -> None:
    """Faust closes a failed agent's loop late: the new stream may have begun by then."""
    named("orders-agent")
    old, taken = Stream(), event(0)
    state = counted.take(taken, old)
    old.should_stop = True
    new, other = Stream(), event(1)
    counted.end(other, new, counted.take(other, new))
    assert [*counted.store.flows] == [new]
    counted.end(taken, old, state)
    assert counted.points(c.EVENTS) == [
        (
            {
                "messaging.destination.name": "orders",
                "messaging.destination.partition.id": "0",
                "faust.agent.name": "orders-agent",
            },
            2,
        )
    ]
    assert dict(counted.hooks.events_by_task) == {"orders-agent": 2}


def test_streams_that_are_gone_leave_their_counts_and_nothing_else(counted: Counted) -> None:
    """However many streams come and go, one after the other, only the last one is kept."""
    for offset in range(200):
        stream, taken = Stream(), event(offset)
        counted.end(taken, stream, counted.take(taken, stream))
        stream.started = False
    assert (len(counted.store.flows), len(counted.store.cells())) == (1, 1)
    assert counted.total(c.EVENTS) == 200


def test_two_streams_of_one_agent_add_up(counted: Counted, named: Named) -> None:
    """An agent with several streams at once has one series, and as many events in work."""
    named("orders-agent")
    streams, taken = [Stream(), Stream()], [event(0), event(1)]
    states = [counted.take(each, by) for each, by in zip(taken, streams, strict=True)]
    assert counted.total(c.EVENT_ACTIVE, AGENT="orders-agent") == 2
    for each, by, state in zip(taken, streams, states, strict=True):
        counted.end(each, by, state)
    assert [value for _, value in counted.points(c.EVENTS)] == [2]


def test_a_stream_without_a_task_is_counted(counted: Counted) -> None:
    """Faust's own Monitor raises for a stream that no task owns."""
    stream, taken = Stream(), event(0)
    counted.end(taken, stream, counted.take(taken, stream))
    assert dict(counted.hooks.events_by_task) == {"unknown": 1}


async def test_the_task_of_a_stream_is_told_by_its_name_or_its_coroutine(counted: Counted) -> None:
    """A task that nobody named has a number that would never be the same again."""

    async def consume() -> None:
        await asyncio.sleep(0)

    for offset, name in enumerate(("reader", None, None)):
        task = asyncio.create_task(consume(), name=name)
        stream, taken = Stream(), event(offset)
        stream.task_owner = task
        counted.end(taken, stream, counted.take(taken, stream))
        await task
    assert dict(counted.hooks.events_by_task) == {"reader": 1, consume.__qualname__: 2}


def test_an_in_memory_channel_has_events_and_no_topic(counted: Counted) -> None:
    """Faust gives their messages the topic None, which is no name of anything."""
    stream, taken = Stream(), event(-1, tp=CHANNEL)
    state = counted.hooks.on_stream_event_in(CHANNEL, -1, stream, taken)
    assert counted.points(c.EVENT_ACTIVE) == [({}, 1)]
    counted.hooks.on_stream_event_out(CHANNEL, -1, stream, taken, state)
    counted.hooks.on_stream_event_in(CHANNEL, -1, stream, taken)
    counted.hooks.on_stream_event_out(CHANNEL, -1, stream, taken)
    assert counted.points(c.EVENTS) == [({}, 2)]
    assert (counted.points(c.CONSUMED), counted.points(c.ASSIGNED)) == ([], [])


def test_waiting_values_are_folded_on_the_way(counted: Counted) -> None:
    """Nobody has to read for the memory of a busy stream to stay small."""
    stream = Stream()
    for offset in range(FOLD_AT + 5):
        taken = event(offset)
        counted.end(taken, stream, counted.take(taken, stream))
    [work] = counted.store.works()
    assert (len(work.duration.pending), len(work.age.pending)) == (5, 5)
