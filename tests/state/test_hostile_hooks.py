"""Hooks called in any order with anything: none raises, and no count is wrong afterwards."""

from __future__ import annotations

from math import inf, nan
from types import SimpleNamespace
from typing import Any
from unittest.mock import MagicMock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faust_otel import Monitor, catalogue
from faust_otel.pipeline.sources import histograms, numbers
from faust_otel.sensors.hooks import HOOKS, KEYWORDS
from faust_otel.words import Kind
from tests.sensors.counted import CHANNEL, TP0, TP1, WRITTEN, Stream, event
from tests.sensors.script import HandClock

#: Every hook, and what else Faust calls on its monitor, with the names of its arguments.
CALLS = {**HOOKS, "track_tp_end_offset": ("tp", "offset"), "on_tp_commit": ("offsets",)}


class Hostile:
    """Raises whatever it is asked."""

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError(name)

    def __str__(self) -> str:
        raise RuntimeError("no text")

    def __hash__(self) -> int:
        raise RuntimeError("no hash")

    def __eq__(self, other: object) -> bool:
        raise RuntimeError("no equal")


def pool() -> list[Any]:
    """Return arguments that hooks may be called with: some right, some wrong, some vicious."""
    return [
        *(None, "", "orders", "orders-1", "\ud800", b"orders", 0, 1, 5, -1, -7, 10**30, True),
        *(5.5, nan, inf, -inf, 1j, [], {}, set(), (), ("orders",), ("orders", "1"), (None, None)),
        *(TP0, TP1, CHANNEL, (b"orders", 3), object, object(), Hostile(), MagicMock(), len),
        *(Stream(), Stream(), Stream(acks=False), Stream(acks=False), MagicMock(enable_acks=False)),
        *(event(offset) for offset in range(3)),
        *(event(0, tp=TP1), event(-1, tp=CHANNEL), event(1, timestamp="now").message),
        *(event(2).message, event(3, serialized_key_size=None, serialized_value_size="5").message),
        *(
            SimpleNamespace(name="totals"),
            SimpleNamespace(message=None),
            SimpleNamespace(status=499),
        ),
        *([1, 2, 3, 4, 5], ["", None, 0, 0, 0], [None] * 5, [nan, Hostile(), 0, None, True]),
        *({"time_start": 5.0}, {"time_start": "now"}, {"time_start": inf, "returned": False}),
        *({"time_start": 1.0, "outcome": []}, {TP0: 5, "orders-1": "6", None: 7}),
        *(ValueError("no"), TimeoutError, "error"),
    ]


SIZE = len(pool())
#: Each argument is from the pool or, above its size, one of the last states that a hook returned.
CHOICE = st.integers(0, SIZE + 9)
STEPS = st.lists(
    st.tuples(st.sampled_from(sorted(CALLS)), st.tuples(*[CHOICE] * 5), st.floats(0.0, 5.0)),
    max_size=40,
)


def call(monitor: Monitor, hook: str, args: list[Any]) -> Any:
    """Call a hook as Faust does."""
    keywords = dict(zip(KEYWORDS.get(hook, ()), reversed(args), strict=False))
    return getattr(monitor, hook)(*args[: len(CALLS[hook])], **keywords)


def read(monitor: Monitor) -> dict[Any, Any]:
    """Return the value of every series; of a histogram, its count."""
    found: dict[Any, Any] = {}
    for metric in catalogue.METRICS:
        if metric.name.startswith("process."):
            continue
        for attrs, value in numbers(monitor.store, metric):
            found[metric, tuple(attrs.items())] = value
        for each in histograms(monitor.store, metric):
            seen = each.read()
            assert seen.count == sum(seen.counts)
            assert 0.0 <= seen.sum < inf
            found[metric, tuple(each.attrs.items())] = seen.count
    return found


def check(before: dict[Any, Any], after: dict[Any, Any]) -> None:
    """Compare two readings: sums only grow, levels are what they can be."""
    for (metric, attrs), value in after.items():
        assert isinstance(value, (int, float)), (metric.name, value)
        assert metric.name == catalogue.OFFSET.name or value >= 0, (metric.name, attrs, value)
        if metric.kind in (Kind.COUNTER, Kind.HISTOGRAM):
            assert value >= before.get((metric, attrs), 0), (metric.name, attrs)
    assert [
        metric.name for metric, attrs in after if "None" in map(str, dict(attrs).values())
    ] == []
    gone = before.keys() - after.keys()
    assert [metric.name for metric, _ in gone if metric.kind is not Kind.GAUGE] == []


def counts_right(monitor: Monitor) -> None:
    """One event and one send, done right, count as exactly one each."""
    before = monitor.store.totals()
    active = monitor.events_active
    stream, taken = Stream(), event(77, timestamp=WRITTEN)
    monitor.on_message_in(TP0, 77, taken.message)
    state = monitor.on_stream_event_in(TP0, 77, stream, taken)
    assert monitor.events_active == active + 1
    monitor.on_stream_event_out(TP0, 77, stream, taken, state)
    monitor.on_message_out(TP0, 77, taken.message)
    monitor.on_send_completed(None, monitor.on_send_initiated(None, "out", None, 1, 2), None)
    assert monitor.store.totals() == tuple(total + 1 for total in before)
    assert (monitor.events_active, monitor.store.partition("orders", 0).read) == (active, 77)


@settings(derandomize=True, max_examples=250, deadline=None)
@given(STEPS)
def test_no_hook_raises_and_no_count_is_wrong(
    steps: list[tuple[str, tuple[int, ...], float]],
) -> None:
    """Whatever came before, sums have only grown, levels are sane and a right event counts once."""
    clock = HandClock()
    monitor = Monitor(clock=clock)
    things, states = pool(), [None]
    before: dict[Any, Any] = {}
    for hook, choices, seconds in steps:
        clock.pass_(seconds)
        args = [
            things[choice] if choice < SIZE else states[-1 - (choice - SIZE) % len(states)]
            for choice in choices
        ]
        states.append(call(monitor, hook, args))
        after = read(monitor)
        check(before, after)
        before = after
    counts_right(monitor)
    check(before, read(monitor))
    monitor.asdict()


@pytest.mark.parametrize("hook", sorted(CALLS))
def test_each_hook_takes_anything_as_any_argument(hook: str) -> None:
    """One argument after the other is replaced by everything in the pool."""
    monitor = Monitor(clock=HandClock())
    taken, stream = event(1), Stream()
    right = {
        "on_message_in": [TP0, 1, taken.message],
        "on_message_out": [TP0, 1, taken.message],
        "on_stream_event_in": [TP0, 1, stream, taken],
        "on_stream_event_out": [TP0, 1, stream, taken, None],
        "track_tp_end_offset": [TP0, 5],
    }.get(hook, [None] * 5)
    right += [None] * (5 - len(right))
    for position in range(5):
        for thing in pool():
            args = [*right]
            args[position] = thing
            call(monitor, hook, args)
    check({}, read(monitor))
    counts_right(monitor)
