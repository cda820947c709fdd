"""What `SensorDelegate` keeps between an opening hook and the one that closes it."""

from __future__ import annotations

from typing import Any

import pytest

from faust_otel import Monitor, Sensor, SensorDelegate
from faust_otel.sensors.hooks import HOOKS, OPENING
from tests.sensors.script import HandClock, Script

PAIRS = [(opening, close) for opening, closes in OPENING.items() for close in closes]


class Noting(Sensor):
    """Opens with its own name, and notes what it is asked to close."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name
        self.closed: list[Any] = []


def _opening(self: Any, *_: Any, **__: Any) -> Any:
    return self.name


def _closing(hook: str) -> Any:
    def close(self: Any, *args: Any, **_: Any) -> None:
        self.closed.append(args[HOOKS[hook].index("state")])

    return close


for _open, _close in PAIRS:
    setattr(Noting, _open, _opening)
    setattr(Noting, _close, _closing(_close))


class Unhashable(Noting):
    """Equal to its like, and hence without a hash."""

    __hash__ = None  # type: ignore[assignment]  # what Python does for a class with __eq__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Unhashable)


class Equal(Noting):
    """Equal to its like, with one hash for all."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Equal)

    def __hash__(self) -> int:
        return 1


def opened(delegate: SensorDelegate, hook: str) -> Any:
    """Call an opening hook as Faust does."""
    return getattr(delegate, hook)(*HOOKS[hook])


def close(delegate: SensorDelegate, hook: str, state: Any) -> None:
    """Call a closing hook as Faust does."""
    getattr(delegate, hook)(*(state if name == "state" else name for name in HOOKS[hook]))


@pytest.mark.parametrize(("opening", "closing"), PAIRS)
@pytest.mark.parametrize("kind", [Noting, Unhashable, Equal])
def test_each_sensor_gets_back_what_it_opened(opening: str, closing: str, kind: Any) -> None:
    """States are told apart by sensor, also by those that are unhashable or equal."""
    one, other = kind("one"), kind("other")
    delegate = SensorDelegate(one, other)
    close(delegate, closing, opened(delegate, opening))

    assert (one.closed, other.closed) == (["one"], ["other"])


@pytest.mark.parametrize(("opening", "closing"), PAIRS)
def test_a_sensor_added_in_between_gets_no_close(opening: str, closing: str) -> None:
    """What was opened before it came is closed without it; what is opened after is closed."""
    early, late = Noting("early"), Noting("late")
    delegate = SensorDelegate(early)
    state = opened(delegate, opening)
    delegate.add_sensor(late)
    close(delegate, closing, state)
    assert (early.closed, late.closed) == (["early"], [])
    close(delegate, closing, opened(delegate, opening))
    assert (early.closed, late.closed) == (["early", "early"], ["late"])


@pytest.mark.parametrize(("opening", "closing"), PAIRS)
def test_a_sensor_removed_in_between_gets_no_close(opening: str, closing: str) -> None:
    """After its removal a sensor is called no more, and the others are."""
    gone, stays = Noting("gone"), Noting("stays")
    delegate = SensorDelegate(gone, stays)
    state = opened(delegate, opening)
    delegate.remove_sensor(gone)
    close(delegate, closing, state)

    assert (gone.closed, stays.closed) == ([], ["stays"])


@pytest.mark.parametrize(("opening", "closing"), PAIRS)
def test_a_sensor_that_failed_to_open_gets_no_close(opening: str, closing: str) -> None:
    """Where a sensor's opening hook raised, its closing hook is not called for that state."""

    class Failing(Noting):
        pass

    def fail(*_: Any, **__: Any) -> None:
        raise LookupError

    setattr(Failing, opening, fail)
    failing, other = Failing("failing"), Noting("other")
    delegate = SensorDelegate(failing, other)
    close(delegate, closing, opened(delegate, opening))

    assert (failing.closed, other.closed) == ([], ["other"])


def test_a_sensor_is_told_of_events_out_without_a_state() -> None:
    """`Stream.ack` hands over no state: every sensor that wants events out is told all the same."""
    noting = Noting("noting")
    delegate = SensorDelegate(noting)
    close(delegate, "on_stream_event_out", None)
    assert noting.closed == [None]


@pytest.mark.parametrize("hook", [close for _, close in PAIRS])
@pytest.mark.parametrize("state", [None, {}, [], 5, "state"])
def test_a_state_that_is_not_ours_raises_nothing(hook: str, state: Any) -> None:
    """A closing hook may be called with anything where the state should be."""
    delegate = SensorDelegate(Monitor(), Noting("noting"), guard=False)
    close(delegate, hook, state)


def test_only_closing_hooks_may_be_overridden() -> None:
    """A sensor that has a closing hook and no opening one is called with None."""

    class Out:
        def __init__(self) -> None:
            self.states: list[Any] = []

        def on_stream_event_out(self, *args: Any) -> None:
            self.states.append(args[4])

        def on_send_completed(self, *args: Any) -> None:
            self.states.append(args[1])

    out = Out()
    delegate = SensorDelegate(Monitor(), out)
    close(delegate, "on_stream_event_out", opened(delegate, "on_stream_event_in"))
    close(delegate, "on_send_completed", opened(delegate, "on_send_initiated"))
    assert out.states == [None, None]


async def test_adding_and_removing_while_events_flow_keeps_counts_right() -> None:
    """A monitor that comes and goes between the hooks of an event counts what it saw whole."""
    clock = HandClock()
    always, guest = Monitor(clock=clock), Monitor(clock=clock)
    delegate = SensorDelegate(always)
    script = Script(delegate, clock=clock)
    taken = script.take()
    delegate.add_sensor(guest)
    script.done(taken)
    for _ in range(2):
        script.event(0.5)
    taken = script.take()
    delegate.remove_sensor(guest)
    script.done(taken)

    assert (always.events_total(), always.messages_received_total()) == (4, 4)
    assert (guest.events_total(), guest.messages_received_total()) == (2, 3)
    assert (always.events_active, always.messages_active) == (0, 0)


@pytest.mark.parametrize("state", [None, {}])
def test_two_sensors_are_told_of_events_out_like_one(state: Any) -> None:
    """Without a state all that want events out are told; with one, only those that are in it."""
    notings = [Noting("one"), Noting("other")]
    close(SensorDelegate(*notings), "on_stream_event_out", state)
    assert [each.closed for each in notings] == ([[None]] * 2 if state is None else [[], []])


def test_the_only_sensor_that_failed_to_open_gets_no_close() -> None:
    """A sensor that is alone in its delegate is treated as one among others."""

    class Failing(Noting):
        def on_stream_event_in(self, *_: Any) -> None:
            raise LookupError

    failing = Failing("failing")
    delegate = SensorDelegate(failing)
    close(delegate, "on_stream_event_out", opened(delegate, "on_stream_event_in"))
    assert failing.closed == []


def test_the_only_sensor_that_raises_is_held_back() -> None:
    """Each of the four hooks of an event may raise in a delegate of one sensor."""

    class Raising(Sensor):
        pass

    def fail(*_: Any) -> None:
        raise LookupError

    hooks = ("on_message_in", "on_stream_event_in", "on_stream_event_out", "on_message_out")
    for hook in hooks:
        setattr(Raising, hook, fail)
    delegate = SensorDelegate(Raising())
    for hook in hooks:
        close(delegate, hook, None)
    counted = delegate.stand_in().store.sensor_errors
    assert {count.attrs["faust.sensor.hook"]: count.value for count in counted} == dict.fromkeys(
        hooks, 1
    )
