"""Values on their way into the SDK's histograms, off the event loop."""

from __future__ import annotations

from threading import Event, Thread, current_thread, get_ident
from typing import TYPE_CHECKING, Any

import pytest

from faust_otel import catalogue as c
from faust_otel.pipeline import recording
from faust_otel.pipeline.recording import MANY_BATCHES, MANY_VALUES, TOO_MANY_BATCHES, Recording

from .reading import wait_for

if TYPE_CHECKING:
    from collections.abc import Callable

METRIC = c.RECOVERY_DURATION


class Instrument:
    """Keeps what is recorded, and on which thread."""

    def __init__(self) -> None:
        self.recorded: list[tuple[float, int]] = []
        self.does: Callable[[], Any] = lambda: None

    def record(self, value: float, attributes: Any) -> None:
        """Keep a value."""
        assert attributes == {"a": 1}
        self.does()
        self.recorded.append((value, get_ident()))

    def on_this_thread(self) -> int:
        """Return how many values were recorded by who asks."""
        return sum(thread == get_ident() for _, thread in self.recorded)


@pytest.fixture
def instrument() -> Instrument:
    """A histogram."""
    return Instrument()


@pytest.fixture
def waiting(instrument: Instrument) -> Recording:
    """Values on their way into the histogram."""
    return Recording({METRIC: instrument})


def add(waiting: Recording, count: int) -> None:
    """Add one batch of `count` values."""
    waiting.add(METRIC, {"a": 1}, values=[0.5] * count)


def test_few_values_wait_for_a_collection(waiting: Recording, instrument: Instrument) -> None:
    """A small batch is recorded by who drains, and starts no thread."""
    add(waiting, 3)
    assert instrument.recorded == []
    waiting.drain()
    assert instrument.on_this_thread() == 3
    assert waiting._thread is None


@pytest.mark.parametrize(("batches", "size"), [(1, MANY_VALUES), (MANY_BATCHES, 1)])
def test_many_values_are_recorded_by_another_thread(
    waiting: Recording, instrument: Instrument, batches: int, size: int
) -> None:
    """A large batch, or many, are recorded soon, and not by the thread that added them."""
    for _ in range(batches):
        add(waiting, size)
    wait_for(lambda: len(instrument.recorded) == batches * size)
    assert instrument.on_this_thread() == 0


def test_the_thread_ends_in_peace_and_is_started_again(
    waiting: Recording, instrument: Instrument, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With nothing to do the thread ends, and the next large batch starts another."""
    monkeypatch.setattr(recording, "PEACE", 0.01)
    for round_ in (1, 2):
        add(waiting, MANY_VALUES)
        thread = waiting._thread
        assert thread is not None
        thread.join(20.0)
        assert (False, round_ * MANY_VALUES) == (thread.is_alive(), len(instrument.recorded))


def test_a_thread_that_is_there_is_used_again(waiting: Recording, instrument: Instrument) -> None:
    """Two large batches in a row need one thread."""
    threads = []
    for round_ in (1, 2):
        add(waiting, MANY_VALUES)
        wait_for(lambda upto=round_: len(instrument.recorded) == upto * MANY_VALUES)  # type: ignore[misc]
        threads.append(waiting._thread)
    assert threads[0] is threads[1]


def test_a_collection_waits_for_what_is_being_recorded(
    waiting: Recording, instrument: Instrument
) -> None:
    """When draining returns, values that another thread was busy with are recorded too."""
    entered, may_go = Event(), Event()

    def hold() -> None:
        entered.set()
        may_go.wait()

    instrument.does = hold
    add(waiting, MANY_VALUES)
    assert entered.wait(20.0)
    draining = Thread(target=waiting.drain)
    draining.start()
    assert instrument.recorded == []
    may_go.set()
    draining.join()
    assert len(instrument.recorded) == MANY_VALUES


def test_too_many_batches_are_recorded_by_who_adds_one(
    waiting: Recording, instrument: Instrument, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What waits does not grow without end where the other thread cannot keep up."""
    monkeypatch.setattr(recording, "MANY_BATCHES", TOO_MANY_BATCHES * 2)
    for _ in range(TOO_MANY_BATCHES + 1):
        add(waiting, 1)
    assert instrument.on_this_thread() == TOO_MANY_BATCHES + 1


def test_a_histogram_that_raises_is_said_once(
    waiting: Recording, instrument: Instrument, caplog: pytest.LogCaptureFixture
) -> None:
    """An SDK that raises is logged once, and what follows is recorded."""
    instrument.does = lambda: 1 / 0
    for _ in range(2):
        add(waiting, 1)
        waiting.drain()
    instrument.does = lambda: None
    add(waiting, 1)
    waiting.drain()
    assert (len(caplog.records), len(instrument.recorded)) == (1, 1)
    assert current_thread().is_alive()


def test_a_forked_child_has_none_of_what_waited(
    waiting: Recording, instrument: Instrument, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Values that waited at a fork are the parent's, and a lock that was held is not waited for."""
    add(waiting, 3)
    waiting._draining.acquire()
    monkeypatch.setattr(recording, "getpid", lambda: -1)
    waiting.drain()
    add(waiting, 2)
    waiting.drain()
    assert len(instrument.recorded) == 2
