"""Events of streams that acknowledge by hand: several in work at once, each with its own end."""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from unittest.mock import MagicMock

import pytest

from faust_otel import catalogue as c
from faust_otel.state import FOLD_AT
from tests.sensors.counted import CHANNEL, TP0, Counted, Stream, event

if TYPE_CHECKING:
    from faust.types import TP

Named = Callable[[str], None]


class Closed:
    """An event that takes no attributes."""

    __slots__ = ("message",)

    def __init__(self, message: Any) -> None:
        self.message = message


def counts(counted: Counted) -> tuple[float, float]:
    """Return the events that ended and those that are active."""
    gc.collect()
    return counted.total(c.EVENTS), counted.total(c.EVENT_ACTIVE)


def test_each_held_event_ends_on_its_own(counted: Counted) -> None:
    """Events taken together may end in any order, each after its own time."""
    stream = Stream(acks=False)
    taken = [event(offset) for offset in range(4)]
    for each in taken:
        counted.take(each, stream)
        counted.pass_(1.0)
    for ended, each in enumerate(reversed(taken)):
        assert counts(counted) == (ended, 4 - ended)
        counted.end(each, stream)
    assert counts(counted) == (4, 0)
    assert counted.seconds(c.PROCESS_DURATION) == 1.0 + 2.0 + 3.0 + 4.0


def test_a_held_event_ends_once(counted: Counted) -> None:
    """Acknowledged twice, by hook and by the end of its life, an event counts once."""
    stream, taken = Stream(acks=False), event()
    state = counted.take(taken, stream)
    counted.end(taken, stream)
    counted.end(taken, stream)
    counted.end(taken, stream, state)
    taken.message.acked = True
    del taken
    assert counts(counted) == (1, 0)


@pytest.mark.parametrize(("acked", "ended"), [(True, 1), (False, 0)])
def test_an_event_that_is_gone_ended_if_it_was_acknowledged(
    counted: Counted, *, acked: bool, ended: int
) -> None:
    """No hook tells of ``event.ack()``: what is known is known when the event is freed."""
    stream, taken = Stream(acks=False), event()
    counted.take(taken, stream)
    counted.pass_(2.0)
    taken.message.acked = acked
    del taken
    assert counts(counted) == (ended, 0)
    assert counted.seconds(c.PROCESS_DURATION) == 2.0 * ended
    assert counted.seconds(c.EVENT_AGE) == 102.0 * ended


def test_an_event_without_a_message_that_is_gone_was_given_up(counted: Counted) -> None:
    """Nothing is known of an event that has no message, and nothing is counted."""
    taken = event()
    del taken.message
    counted.hooks.on_stream_event_in(TP0, 0, Stream(acks=False), taken)
    assert counts(counted) == (0, 1)
    del taken
    assert counts(counted) == (0, 0)


def test_a_gone_event_without_a_timestamp_has_no_age(counted: Counted) -> None:
    """It has a duration all the same."""
    taken = event(timestamp=None)
    counted.take(taken, Stream(acks=False))
    taken.message.acked = True
    del taken
    assert (counts(counted), counted.total(c.EVENT_AGE)) == ((1, 0), 0)


def test_two_agents_hold_one_event_each_for_itself(counted: Counted, named: Named) -> None:
    """Of an event that two agents share, each ends its own work and has its own duration."""
    shared, streams = event(), {"a": Stream(acks=False), "b": Stream(acks=False)}
    for agent, stream in streams.items():
        named(agent)
        counted.take(shared, stream)
    counted.pass_(1.0)
    counted.end(shared, streams["b"])
    assert counted.total(c.EVENT_ACTIVE, AGENT="a") == 1
    assert counted.total(c.EVENTS, AGENT="b") == 1
    counted.pass_(1.0)
    counted.end(shared, streams["b"])
    counted.end(shared, streams["a"])
    assert counts(counted) == (2, 0)
    assert counted.seconds(c.PROCESS_DURATION, AGENT="a") == 2.0
    assert counted.seconds(c.PROCESS_DURATION, AGENT="b") == 1.0


def test_the_stream_that_began_may_be_what_the_other_became(counted: Counted, named: Named) -> None:
    """Under ``noack()`` a clone begins, and the stream it was made of acknowledges."""
    shared, clones = event(), [Stream(acks=False), Stream(acks=False)]
    streams = [Stream(became=clone) for clone in clones]
    for agent, clone in zip("ab", clones, strict=True):
        named(agent)
        counted.take(shared, clone)
    counted.end(shared, streams[1])
    assert counted.total(c.EVENT_ACTIVE, AGENT="a") == 1
    counted.end(shared, streams[0])
    assert counts(counted) == (2, 0)


def test_an_unknown_stream_ends_the_event_of_the_agent_that_asks(
    counted: Counted, named: Named
) -> None:
    """An acknowledgement through some other stream is that of the agent whose task is running."""
    shared = event()
    for agent in "ab":
        named(agent)
        counted.take(shared, Stream(acks=False))
    counted.end(shared, Stream())
    assert counted.total(c.EVENTS, AGENT="b") == 1
    counted.end(shared, Stream())
    assert counts(counted) == (1, 1)
    named("a")
    counted.end(shared, None)
    assert counts(counted) == (2, 0)


def test_an_event_held_by_one_agent_and_not_by_another(counted: Counted, named: Named) -> None:
    """An agent that does not hold the event ends its own work with its state."""
    shared, holding, plain = event(), Stream(acks=False), Stream()
    named("a")
    counted.take(shared, holding)
    named("b")
    state = counted.take(shared, plain)
    counted.end(shared, plain, state)
    assert counted.total(c.EVENTS, AGENT="b") == 1
    assert counted.total(c.EVENT_ACTIVE, AGENT="a") == 1
    counted.end(shared, plain)
    assert counts(counted) == (1, 1)


def test_an_event_that_takes_no_attributes_ends_with_its_state(counted: Counted) -> None:
    """What cannot be marked is never active, and counts when its state comes back."""
    stream, taken = Stream(acks=False), Closed(event().message)
    state = counted.take(taken, stream)
    assert counts(counted) == (0, 0)
    counted.end(taken, stream)
    assert counts(counted) == (0, 0)
    counted.end(taken, stream, state)
    assert counts(counted) == (1, 0)


def test_what_another_has_left_on_an_event_is_not_ours(counted: Counted) -> None:
    """Two monitors on one event do not disturb each other, also under one another's names."""
    other, stream, taken = Counted(), Stream(acks=False), event()
    for each in (counted, other):
        each.take(taken, stream)
    counted.end(taken, stream)
    assert (counts(counted), counts(other)) == ((1, 0), (0, 1))
    name = counted.hooks._EventRecorder__held_name
    setattr(taken, name, getattr(taken, other.hooks._EventRecorder__held_name))
    counted.end(taken, stream)
    assert (counts(counted), counts(other)) == ((1, 0), (0, 1))


def test_a_mock_of_an_event_is_counted(counted: Counted) -> None:
    """Users test their code with mocks, which have every attribute that is asked for."""
    stream, taken = MagicMock(enable_acks=False), MagicMock()
    tp: TP = TP0
    state = counted.hooks.on_stream_event_in(tp, 0, stream, taken)
    assert counts(counted) == (0, 1)
    counted.hooks.on_stream_event_out(tp, 0, stream, taken, state)
    counted.hooks.on_stream_event_in(tp, 1, stream, taken)
    counted.hooks.on_stream_event_out(tp, 1, stream, taken)
    assert counts(counted) == (2, 0)


def test_held_events_that_just_go_away_are_folded_too(counted: Counted) -> None:
    """The end of an object's life takes no lock, so the next event sees to what waits."""
    stream = Stream(acks=False)
    for offset in range(FOLD_AT + 5):
        taken = event(offset)
        counted.take(taken, stream)
        taken.message.acked = True
        del taken
    [work] = counted.store.works()
    assert len(work.duration.pending) < 10
    assert counts(counted) == (FOLD_AT + 5, 0)


def test_a_held_event_ends_when_all_streams_have_done_with_its_message(counted: Counted) -> None:
    """Acknowledged by the last of its streams, an event need not be freed to have ended."""
    taken, again = event(3), event(4)
    stream = Stream(acks=False)
    for each in (taken, again):
        counted.take(each, stream)
    counted.pass_(2.0)
    taken.message.acked = True
    for each in (taken, again, taken):
        counted.hooks.on_message_out(TP0, each.message.offset, each.message)
    assert counts(counted) == (1, 1)
    assert counted.seconds(c.PROCESS_DURATION) == 2.0


def test_a_message_that_outlives_its_event_ends_nothing_more(counted: Counted) -> None:
    """An event that was given up has not ended when its message is acknowledged after all."""
    taken = event(3)
    message = taken.message
    counted.take(taken, Stream(acks=False))
    del taken
    message.acked = True
    counted.hooks.on_message_out(TP0, 3, message)
    assert counts(counted) == (0, 0)


def test_a_held_event_of_an_in_memory_channel_ends_like_any_other(counted: Counted) -> None:
    """Their messages all have the same offset, and are told apart by their events."""
    stream, taken = Stream(acks=False), [event(-1, tp=CHANNEL) for _ in range(2)]
    for each in taken:
        counted.hooks.on_stream_event_in(CHANNEL, -1, stream, each)
    for ended, each in enumerate(taken, 1):
        counted.hooks.on_stream_event_out(CHANNEL, -1, stream, each)
        assert counts(counted) == (ended, 2 - ended)
