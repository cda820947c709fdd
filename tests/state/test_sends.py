"""Sends: none is lost, whatever path Faust takes, and none counts twice."""

from __future__ import annotations

import asyncio
import gc
from functools import partial
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest

from faust_otel.state import FOLD_AT, OTHER_ERROR, Send, SentTopic, Store
from faust_otel.state.sends import Tally
from tests.sensors.script import HandClock

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def store(clock: HandClock) -> Store:
    return Store(clock=clock)


@pytest.fixture
def sent(store: Store) -> SentTopic:
    return store.sent_to("orders")


def outcomes(store: Store) -> dict[Any, tuple[int, float]]:
    """Return number and seconds of the sends of each outcome; None is acknowledged."""
    gc.collect()
    return {
        each.attrs.get("error.type"): (seen.count, seen.sum)
        for each in store.sends
        if (seen := each.read()).count
    }


def test_an_acknowledged_send_is_counted_with_its_time(
    store: Store, sent: SentTopic, clock: HandClock
) -> None:
    """From the hook before to the hook after."""
    send = Send(sent, clock)
    clock.pass_(0.25)
    send.acknowledge()
    assert outcomes(store) == {None: (1, 0.25)}
    assert [*store.recent.send] == [0.25]


def test_a_failed_send_is_counted_with_its_error(
    store: Store, sent: SentTopic, clock: HandClock
) -> None:
    """A failure is a series of its own, and no recent latency."""
    send = Send(sent, clock)
    clock.pass_(3.0)
    send.fail("KafkaTimeoutError")
    assert outcomes(store) == {"KafkaTimeoutError": (1, 3.0)}
    assert [*store.recent.send] == []


@pytest.mark.parametrize(
    "closes",
    [
        ("acknowledge", "acknowledge"),
        ("acknowledge", "fail"),
        ("fail", "acknowledge"),
        ("fail", "fail"),
    ],
)
def test_a_send_ends_once(
    store: Store, sent: SentTopic, clock: HandClock, closes: tuple[str, str]
) -> None:
    """The first outcome counts, whatever is told after it, and its end as an object is none."""
    send = Send(sent, clock)
    for close in closes:
        getattr(send, close)(*(["E"] if close == "fail" else []))
    del send
    assert outcomes(store) == {None if closes[0] == "acknowledge" else "E": (1, 0.0)}


# The five ways in which Faust loses the hook that closes a send.


async def _wait_fails(send: Send) -> None:
    async def publish_and_wait(state: Send) -> None:
        await asyncio.sleep(0)
        raise TimeoutError(state)

    with pytest.raises(TimeoutError):
        await publish_and_wait(send)


async def _raises_at_once(send: Send) -> None:
    def publish(state: Send) -> None:
        raise BufferError(state)

    with pytest.raises(BufferError):
        publish(send)


async def _callback_raises(send: Send) -> None:
    loop = asyncio.get_running_loop()
    raised: list[Any] = []
    loop.set_exception_handler(lambda _, context: raised.append(type(context["exception"])))
    future = loop.create_future()

    def published(state: Send, _: Any) -> None:
        raise ValueError(state)

    future.add_done_callback(partial(published, send))
    future.set_result(None)
    await asyncio.sleep(0.001)
    assert raised == [ValueError]


async def _future_cancelled(send: Send) -> None:
    future = asyncio.get_running_loop().create_future()
    future.add_done_callback(lambda done: None if done.cancelled() else send.acknowledge())
    future.cancel()
    await asyncio.sleep(0)


async def _thread_waits(send: Send) -> None:
    kept = [send]
    thread = Thread(target=kept.clear)
    thread.start()
    thread.join(timeout=10)


@pytest.mark.parametrize(
    "lose", [_wait_fails, _raises_at_once, _callback_raises, _future_cancelled, _thread_waits]
)
async def test_a_send_whose_end_nobody_tells_has_ended_when_its_state_is_gone(
    store: Store, sent: SentTopic, clock: HandClock, lose: Callable[[Any], Any]
) -> None:
    """A lost send counts as one of an unknown error, with the time until it was let go."""
    sends = [Send(sent, clock)]
    clock.pass_(2.0)
    assert outcomes(store) == {}
    await lose(sends.pop())
    await asyncio.sleep(0)
    assert outcomes(store) == {OTHER_ERROR: (1, 2.0)}


def test_a_send_freed_while_its_own_series_is_counted_waits_for_no_lock(
    store: Store, sent: SentTopic, clock: HandClock
) -> None:
    """Objects are freed anywhere, also on a thread that holds the lock of what they count in."""
    lost = store.sends.get(TOPIC="orders", ERROR=OTHER_ERROR)
    lost.pending.extend([1.0] * FOLD_AT)

    def free() -> None:
        with lost._lock:
            Send(sent, clock)

    thread = Thread(target=free, daemon=True)
    thread.start()
    thread.join(timeout=10)
    assert not thread.is_alive()
    assert outcomes(store) == {OTHER_ERROR: (FOLD_AT + 1, float(FOLD_AT))}


def test_sends_on_several_threads_are_all_counted(
    store: Store, sent: SentTopic, clock: HandClock
) -> None:
    """The producer's thread and the event loop's count on the same topic while others read."""
    per_thread = 3_000

    def send() -> None:
        for number in range(per_thread):
            each = Send(sent, clock)
            sent.bytes_out.add(7)
            if number % 3 == 0:
                each.acknowledge()
            elif number % 3 == 1:
                each.fail("E")

    threads = [Thread(target=send) for _ in range(3)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        store.totals()
        sent.bytes_out.total()
    third = per_thread
    assert outcomes(store) == {None: (third, 0.0), "E": (third, 0.0), OTHER_ERROR: (third, 0.0)}
    assert sent.bytes_out.total() == 3 * per_thread * 7


def test_each_topic_is_one_record(store: Store) -> None:
    """What is sent where is told apart, and sends without a topic have a record too."""
    assert store.sent_to("orders") is store.sent_to("orders")
    assert store.sent_to(None) is store.sent_to(None) is not store.sent_to("orders")
    assert store.sent_to(None).io_attrs == {"network.io.direction": "transmit"}


def test_a_tally_keeps_little_and_loses_nothing() -> None:
    """However much is added without being read, only so many additions wait."""
    tally = Tally()
    for amount in range(FOLD_AT * 2 + 5):
        tally.add(amount)
        assert len(tally._pending) < FOLD_AT
    assert tally.total() == tally.total() == sum(range(FOLD_AT * 2 + 5))


def test_what_is_added_while_a_tally_is_summed_is_in_the_next_sum() -> None:
    """Only what was summed is taken out."""

    class Meanwhile(list[int]):
        """A waiting list to which another thread adds whenever it is copied."""

        def __getitem__(self, index: Any) -> Any:
            batch = super().__getitem__(index)
            self.append(1)
            return batch

    tally = Tally()
    tally._pending = Meanwhile([5])
    assert [tally.total() for _ in range(3)] == [5, 6, 7]
