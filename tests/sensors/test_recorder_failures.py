"""Agents' exceptions: they are counted, and the event in work has failed."""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import TYPE_CHECKING

from faust_otel import catalogue as c
from tests.sensors.counted import CHANNEL, TP0, TP1, Stream, event

if TYPE_CHECKING:
    from tests.sensors.counted import Counted

Named = Callable[[str], None]


def test_an_agents_exception_is_counted_and_its_event_has_failed(
    counted: Counted, named: Named
) -> None:
    """The event in work ends with the error, and it alone."""
    named("orders-agent")
    stream, taken = Stream(), event(5)
    state = counted.take(taken, stream)
    counted.hooks.agent_failed("orders-agent", ValueError("no"), event=taken)
    counted.pass_(0.25)
    counted.end(taken, stream, state)
    other = event(6)
    counted.end(other, stream, counted.take(other, stream))
    assert counted.points(c.AGENT_EXCEPTIONS) == [
        (
            {
                "faust.agent.name": "orders-agent",
                "messaging.destination.name": "orders",
                "error.type": "ValueError",
            },
            1,
        )
    ]
    assert counted.total(c.PROCESS_DURATION, ERROR="ValueError") == 1
    assert counted.total(c.PROCESS_DURATION, ERROR=None) == 1
    assert counted.total(c.EVENTS) == 2
    assert [*counted.hooks.events_runtime] == [0.25, 0.0]


def test_an_exception_of_another_agent_marks_nothing(counted: Counted, named: Named) -> None:
    """Two agents may work on the same message: the one that failed has failed."""
    taken, states, streams = event(5), [], [Stream(), Stream()]
    for agent, stream in zip("ab", streams, strict=True):
        named(agent)
        states.append(counted.take(taken, stream))
    counted.hooks.agent_failed("b", KeyError(), event=taken)
    for stream, state in zip(streams, states, strict=True):
        counted.end(taken, stream, state)
    assert counted.total(c.PROCESS_DURATION, AGENT="a", ERROR=None) == 1
    assert counted.total(c.PROCESS_DURATION, AGENT="b", ERROR="KeyError") == 1


def test_an_exception_without_an_event_is_counted(counted: Counted) -> None:
    """Between two events, or in a batch, there is no event to mark."""
    stream, taken = Stream(), event(5)
    state = counted.take(taken, stream)
    counted.hooks.agent_failed("a", KeyError(), event=None)
    counted.end(taken, stream, state)
    assert counted.total(c.AGENT_EXCEPTIONS, TOPIC=None, ERROR="KeyError") == 1
    assert counted.total(c.PROCESS_DURATION, ERROR=None) == 1


def test_an_exception_in_an_in_memory_channel_marks_its_event(
    counted: Counted, named: Named
) -> None:
    """Events without a topic fail like any other."""
    named("a")
    stream, taken = Stream(), event(-1, tp=CHANNEL)
    state = counted.hooks.on_stream_event_in(CHANNEL, -1, stream, taken)
    counted.hooks.agent_failed("a", KeyError(), event=taken)
    counted.hooks.on_stream_event_out(CHANNEL, -1, stream, taken, state)
    assert counted.total(c.PROCESS_DURATION, TOPIC=None, ERROR="KeyError") == 1


def test_a_held_event_that_failed_has_ended_when_it_is_gone(counted: Counted, named: Named) -> None:
    """Under ``noack()`` an agent that raised acknowledges nothing: its event ended all the same."""
    named("a")
    stream, taken = Stream(acks=False), event(5)
    counted.take(taken, stream)
    counted.hooks.agent_failed("a", KeyError(), event=taken)
    counted.pass_(3.0)
    del taken
    gc.collect()
    assert (counted.total(c.EVENTS), counted.total(c.EVENT_ACTIVE)) == (1, 0)
    assert counted.seconds(c.PROCESS_DURATION, ERROR="KeyError") == 3.0


def test_an_exception_in_a_batch_fails_what_its_agent_holds(counted: Counted, named: Named) -> None:
    """Without a current event all that the agent holds has failed, and nothing of others."""
    taken = [event(offset, tp=tp) for offset, tp in enumerate((TP0, TP1, TP0))]
    streams = {agent: Stream(acks=False) for agent in "ab"}
    for each, agent in zip(taken, "aab", strict=True):
        named(agent)
        counted.take(each, streams[agent])
    gone = event(9)
    counted.take(gone, streams["b"])
    del gone
    counted.hooks.agent_failed("a", KeyError(), event=None, topic="read")
    for each, agent in zip(taken, "aab", strict=True):
        counted.end(each, streams[agent])
    assert counted.total(c.PROCESS_DURATION, AGENT="a", ERROR="KeyError") == 2
    assert counted.total(c.PROCESS_DURATION, AGENT="b", ERROR=None) == 1
    assert counted.total(c.AGENT_EXCEPTIONS, TOPIC="orders", ERROR="KeyError") == 1
    counted.hooks.agent_failed("a", KeyError(), event=None, topic="read")
    assert counted.total(c.AGENT_EXCEPTIONS, TOPIC="read") == 1
