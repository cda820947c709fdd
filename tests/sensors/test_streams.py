"""Real streams of Faust's, both of its loops: every event counts once, and active ends at 0."""

from __future__ import annotations

import asyncio
import gc
from contextlib import aclosing
from time import monotonic
from typing import TYPE_CHECKING, Any

import faust
import pytest
from faust.exceptions import Skip

from faust_otel import catalogue as c
from tests.sensors.counted import TP0, TP1, Counted, event

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

#: A stale event is one of this generation.
STALE = -5


class Flowing:
    """An app that was never started, whose streams are fed by hand."""

    def __init__(self) -> None:
        self.counted = Counted()
        self.app = faust.App("flowing", broker="kafka://127.0.0.1:9", web_enabled=False)
        self.app.sensors.add(self.counted.hooks)
        self.app.flow_control.resume()
        self.app.topics._acking_topics.add("orders")  # type: ignore[attr-defined]

    def stream(self, *events: Any) -> Any:
        """Return a stream in which these events wait."""
        made: Any = self.app.channel().stream()
        for each in events:
            each.app = self.app
            made.channel.queue.put_nowait(each)
        return made

    def ended(self) -> tuple[float, float, float]:
        """Return the events that ended, are active, and the messages active."""
        counted = self.counted
        gc.collect()
        active = counted.total(c.EVENT_ACTIVE)
        return counted.total(c.EVENTS), active, counted.hooks.messages_active


@pytest.fixture(params=["as installed", "in Python"])
async def flowing(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Flowing]:
    """Streams on each of the two loops that Faust has."""
    if request.param == "in Python":
        monkeypatch.setattr("faust.streams._CStreamIterator", None)
    made = Flowing()
    yield made
    made.app.consumer._thread.thread_loop.close()  # type: ignore[attr-defined]  # it never ran


async def until(holds: Callable[[], bool]) -> None:
    """Wait until `holds`, for ten seconds at most."""
    deadline = monotonic() + 10
    while not holds():
        assert monotonic() < deadline
        await asyncio.sleep(0.001)


async def first(count: int, stream: Any) -> list[Any]:
    """Return the first values of a stream, and leave it."""
    values: list[Any] = []
    async with aclosing(aiter(stream)) as iterated:
        async for value in iterated:
            values.append(value)
            if len(values) == count:
                break
    return values


async def test_every_event_counts_once(flowing: Flowing) -> None:
    """An event is active in user code, and has ended when its loop goes on or is left."""
    stream = flowing.stream(*(event(offset) for offset in range(5)))
    seen = 0
    async with aclosing(aiter(stream)) as values:
        async for _ in values:
            assert flowing.ended() == (seen, 1, 1)
            seen += 1
            if seen == 5:
                break
    assert flowing.ended() == (5, 0, 0)


async def test_messages_of_an_old_generation_count_nothing(flowing: Flowing) -> None:
    """After a rebalance Faust skips what was fetched before it, and calls hooks all the same."""
    stale = [event(offset, generation_id=STALE) for offset in (1, 2, 4)]
    stream = flowing.stream(event(0), stale[0], stale[1], event(3), stale[2], event(5))
    await first(3, stream)
    assert flowing.ended() == (3, 0, 0)


async def test_a_skipped_event_has_ended(flowing: Flowing) -> None:
    """What a filter takes out was processed by that."""
    stream = flowing.stream(*(event(offset) for offset in range(6)))
    passed = 0

    def every_third(value: Any) -> Any:
        nonlocal passed
        passed += 1
        if passed % 3:
            raise Skip
        return value

    stream.add_processor(every_third)
    await first(2, stream)
    assert flowing.ended() == (6, 0, 0)


async def test_an_event_whose_processor_raised_is_not_active(flowing: Flowing) -> None:
    """An event that never reached user code ended nowhere, and is in work no more."""
    stream = flowing.stream(event(0), event(1))

    def raising(value: Any) -> Any:
        raise KeyError(value)

    stream.add_processor(raising)
    with pytest.raises(KeyError):
        await first(1, stream)
    assert flowing.ended()[:2] == (0, 0)


async def test_an_event_whose_code_raised_has_ended(flowing: Flowing) -> None:
    """Faust acknowledges an event that its agent failed on."""
    stream = flowing.stream(event(0))

    async def failing() -> None:
        async with aclosing(aiter(stream)) as values:
            async for value in values:
                raise KeyError(value)

    with pytest.raises(KeyError):
        await failing()
    assert flowing.ended() == (1, 0, 0)


async def test_a_batch_is_active_until_its_loop_goes_on(flowing: Flowing) -> None:
    """Events of ``take()`` are active while they wait and in user code, and each counts once."""
    stream = flowing.stream(*(event(offset, tp=(TP0, TP1)[offset % 2]) for offset in range(6)))
    sizes: list[int] = []
    async with aclosing(stream.take(3, within=60)) as batches:
        async for batch in batches:
            active = flowing.ended()
            assert (active[0], active[1] >= 3) == (3.0 * len(sizes), True)
            sizes.append(len(batch))
            flowing.counted.pass_(2.0)
            if len(sizes) == 2:
                break
    assert sizes == [3, 3]
    assert flowing.ended() == (6, 0, 0)
    assert flowing.counted.total(c.PROCESS_DURATION) == 6
    await stream.stop()


async def test_what_waits_in_a_batch_is_given_up_with_it(flowing: Flowing) -> None:
    """Events that wait in a buffer when their stream stops did not end, and are not active."""
    stream = flowing.stream(*(event(offset) for offset in range(4)))
    async with aclosing(stream.take(3, within=60)) as batches:
        async for _ in batches:
            break
    await stream.stop()
    del stream, batches
    await until(lambda: flowing.ended()[1] == 0)
    assert flowing.ended()[0] == 3


async def test_events_acknowledged_by_hand_end_with_that(flowing: Flowing) -> None:
    """Under ``noack()`` the clone begins the events that the user's own stream acknowledges."""
    stream = flowing.stream(event(0), event(1))
    manual = stream.noack()
    held = []
    async with aclosing(manual.events()) as events:
        async for each in events:
            held.append(each)
            if len(held) == 2:
                break
    assert flowing.ended()[:2] == (0, 2)
    for ended, each in enumerate(held, 1):
        flowing.counted.pass_(1.0)
        await stream.ack(each)
        assert flowing.ended()[:2] == (ended, 2 - ended)
    assert flowing.counted.seconds(c.PROCESS_DURATION) == 3.0


async def test_an_event_acknowledged_without_a_hook_ends_when_it_is_gone(flowing: Flowing) -> None:
    """Of ``event.ack()`` and ``async with event`` no sensor is told."""
    manual = flowing.stream(event(0), event(1), event(2)).noack()
    async with aclosing(manual.events()) as events:
        async for each in events:
            if each.message.offset == 2:
                break
            each.ack()
    del each, events, manual
    await until(lambda: flowing.ended()[1] == 0)
    assert flowing.ended()[0] == 2
    assert flowing.counted.total(c.EVENT_AGE) == 2


async def test_an_event_in_a_cycle_ends_when_it_is_collected(flowing: Flowing) -> None:
    """Events that only the garbage collector can free are active until then."""
    manual = flowing.stream(event(0)).noack()
    async with aclosing(manual.events()) as events:
        async for each in events:
            each.ack()
            each.itself = each
            break
    assert flowing.counted.total(c.EVENT_ACTIVE) == 1
    del each, events, manual
    await until(lambda: flowing.ended()[:2] == (1, 0))


async def test_two_agents_may_share_one_event(flowing: Flowing) -> None:
    """Faust hands one event object to several agents: each of them has its own work on it."""
    shared = event(0)
    shared.message.incref(2)
    streams = [flowing.stream(shared), flowing.stream(shared)]
    manual = [stream.noack() for stream in streams]
    for each in manual:
        await first(1, each)
    assert flowing.ended()[:2] == (0, 2)
    flowing.counted.pass_(1.0)
    await streams[1].ack(shared)
    await streams[1].ack(shared)
    assert flowing.ended()[:2] == (2, 0)
