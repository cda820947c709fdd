"""What Faust's user guide documents of its Monitor: there, of the same type, equal where right."""

from __future__ import annotations

import json
from collections import Counter, deque
from collections.abc import Mapping
from typing import Any

import faust
import pytest
from faust.sensors.monitor import TableState
from faust.types import TP

from faust_otel import Monitor
from tests.sensors.script import HandClock, Script

ZERO, ONE = TP("events-0", 0), TP("events-0", 1)

#: Attribute to its type and what both monitors show after the script.
SAME = {
    "messages_active": (int, 1),
    "messages_received_total": (int, 5),
    "messages_received_by_topic": (Counter, Counter({"events-0": 5})),
    "messages_s": (int, 5),
    "send_errors": (int, 1),
    "events_active": (int, 1),
    "events_runtime": (deque, [0.25, 0.5, 0.75, 1.0]),
    "commit_latency": (deque, [0.25, 0.75]),
    "send_latency": (deque, [0.125, 0.375]),
    "assignment_latency": (deque, [0.25, 0.75]),
    "assignments_completed": (int, 1),
    "assignments_failed": (int, 1),
    "topic_buffer_full": (Counter, Counter({ZERO: 1, ONE: 2})),
    "metric_counts": (Counter, Counter({"orders": 3})),
    "tp_committed_offsets": (dict, {ZERO: 2}),
    "tp_read_offsets": (dict, {ZERO: 2, ONE: 1}),
    "tp_end_offsets": (dict, {ZERO: 50, ONE: 60}),
    "rebalances": (int, 2),
    "rebalance_return_latency": (deque, [1.0, 2.0]),
    "rebalance_return_avg": (float, 1.5),
    "rebalance_end_latency": (deque, [4.0, 7.0]),
    "rebalance_end_avg": (float, 5.5),
    "events_runtime_avg": (float, 0.625),
    "http_response_codes": (Counter, Counter({200: 2, 404: 1, 500: 1})),
    "http_response_latency": (deque, [0.5, 1.0, 1.5, 1.25]),
    "max_avg_history": (int, 100),
    "max_commit_latency_history": (int, 30),
    "max_send_latency_history": (int, 30),
    "max_assignment_latency_history": (int, 30),
}

#: Attribute to its type, what Faust shows, what ours shows, and why.
OTHER = {
    "events_total": (int, 5, 4, "counted when processing ended, as faust.events is"),
    "events_s": (int, 5, 4, "as events_total"),
    "messages_sent": (int, 4, 3, "counted when the outcome is known, as the conventions ask"),
    "messages_sent_by_topic": (
        Counter,
        Counter({"out": 3, "other": 1}),
        Counter({"out": 3}),
        "as messages_sent",
    ),
    "http_response_latency_avg": (float, 1.125, 1.0625, "a mean; Faust's is the median"),
}


def shown(value: Any) -> Any:
    """Return `value` as something that compares by content; a Counter takes 0 for missing."""
    if isinstance(value, Mapping) and not isinstance(value, Counter):
        return dict(value)
    return list(value) if isinstance(value, deque) else value


async def played() -> tuple[faust.Monitor, Monitor]:
    """Return Faust's monitor and ours, after the same script and a second's sample of each."""
    both: list[Any] = []
    for cls, argument in ((faust.Monitor, "time"), (Monitor, "clock")):
        clock = HandClock()
        monitor: Any = cls(**{argument: clock})  # type: ignore[arg-type]  # a clock it is
        # What is still going on stays so while the script is alive.
        monitor.script = Script(monitor, clock=clock)
        monitor.script.play()
        both.append(monitor)
    theirs, ours = both
    theirs._sample(0, 0)
    before = ours.store.rates._samples[-1][0]
    ours.query.sample(before + 1.0)
    return theirs, ours


async def test_documented_attributes_are_what_faust_shows_for_the_same_calls() -> None:
    """Each has the documented type and the value of a real faust.Monitor that was told the same."""
    theirs, ours = await played()
    expected = {name: value for name, (_, value) in SAME.items()}

    assert {name: shown(getattr(theirs, name)) for name in SAME} == expected
    assert {name: shown(getattr(ours, name)) for name in SAME} == expected
    assert [
        name for name, (kind, _) in SAME.items() if not isinstance(getattr(ours, name), kind)
    ] == []


async def test_attributes_that_differ_do_so_for_a_reason() -> None:
    """Where ours is not Faust's value, both are what the table of reasons says."""
    theirs, ours = await played()

    assert {name: shown(getattr(theirs, name)) for name in OTHER} == {
        name: value for name, (_, value, _, _) in OTHER.items()
    }
    assert {name: shown(getattr(ours, name)) for name in OTHER} == {
        name: value for name, (_, _, value, _) in OTHER.items()
    }
    assert [
        name for name, (kind, *_) in OTHER.items() if not isinstance(getattr(ours, name), kind)
    ] == []


async def test_a_send_in_flight_counts_once_its_outcome_is_known() -> None:
    """What Faust counts when a send begins, ours counts when it ends, and then both agree."""
    clock = HandClock()
    both: list[Any] = [Monitor(clock=clock), faust.Monitor()]
    seen = []
    for monitor in both:
        script = Script(monitor, clock=clock)
        sending = script.sending("other")
        seen.append(shown(monitor.messages_sent_by_topic))
        script.sent(sending)
        seen.append((monitor.messages_sent, shown(monitor.messages_sent_by_topic)))

    other = Counter({"other": 1})
    assert seen == [Counter(), (1, other), other, (1, other)]


async def test_tables_have_faust_s_states() -> None:
    """`tables` maps names to Faust's own TableState, with the operations that were counted."""
    theirs, ours = await played()

    assert {type(state) for state in ours.tables.values()} == {TableState}
    assert {name: state.asdict() for name, state in ours.tables.items()} == {
        name: state.asdict() for name, state in theirs.tables.items()
    }
    assert ours.tables["counts"].keys_retrieved == 3


async def test_events_are_counted_by_stream_and_task() -> None:
    """Both are Counters by name: the stream's label, and the agent or task that consumes it."""
    _, ours = await played()

    assert isinstance(ours.events_by_stream, Counter)
    assert list(ours.events_by_stream.values()) == [4]
    assert "events-0" in next(iter(ours.events_by_stream))
    assert ours.events_by_task == Counter({"consume": 4})


async def test_the_dictionary_has_faust_s_keys_and_goes_through_json() -> None:
    """asdict() has every key of Faust's, and is the same after a round through JSON."""
    theirs, ours = await played()

    told = ours.asdict()
    assert list(told) == list(told | dict(theirs.asdict()))
    assert set(told) == set(theirs.asdict())
    again = json.loads(json.dumps(told))
    for offsets in ("topic_committed_offsets", "topic_read_offsets", "topic_end_offsets"):
        assert told.pop(offsets) == dict(theirs.asdict()[offsets])
        again.pop(offsets)
    assert told.pop("http_response_codes") == {200: 2, 404: 1, 500: 1}
    assert again.pop("http_response_codes") == {"200": 2, "404": 1, "500": 1}
    assert told == again
    assert told["topic_buffer_full"] == {"events-0-0": 1, "events-0-1": 2}


async def test_offsets_of_revoked_partitions_are_not_shown() -> None:
    """What is told of a partition after it was revoked belongs to another worker."""
    _, ours = await played()
    ours.store.partition(*ZERO).revoke()
    ours.track_tp_end_offset(ZERO, 99)

    assert ours.tp_end_offsets == {ONE: 60}
    assert ours.tp_read_offsets == {ONE: 1}
    assert dict(ours.stream_inbound_time).keys() == {ONE}


async def test_inbound_times_are_asked_one_by_one_or_listed() -> None:
    """stream_inbound_time is a mapping of TP to the clock's time of the last event that came in."""
    clock = HandClock()
    monitor = Monitor(clock=clock)
    script = Script(monitor, clock=clock)
    for _ in range(3):
        script.event(0.5)
    monitor.on_topic_buffer_full(TP("other", 0))
    inbound = monitor.stream_inbound_time

    assert (inbound.get(ZERO), inbound.get(ONE)) == (1001.0, 1000.5)
    assert (inbound.get(TP("other", 0)), inbound.get(TP("unknown", 0))) == (None, None)
    assert dict(inbound) == {ZERO: 1001.0, ONE: 1000.5}
    assert (len(inbound), repr(inbound)) == (2, repr({ZERO: 1001.0, ONE: 1000.5}))


def test_times_are_told_in_the_monitor_s_own_clock() -> None:
    """time, secs_since, ms_since and secs_to_ms are Faust's, in seconds and milliseconds."""
    clock = HandClock()
    monitor = Monitor(clock=clock)
    clock.pass_(0.5)

    assert monitor.time() == 1000.5
    assert (monitor.secs_since(1000.0), monitor.ms_since(1000.0)) == (0.5, 500.0)
    assert monitor.secs_to_ms(0.25) == 250.0


@pytest.mark.parametrize("name", ["_events_by_stream_dict", "_events_by_task_dict"])
async def test_what_faust_s_pages_call_gives_plain_dictionaries(name: str) -> None:
    """The methods by which Faust's own pages read a monitor return dictionaries of plain keys."""
    _, ours = await played()

    assert list(getattr(ours, name)().values()) == [4]
    assert ours._metric_counts_dict() == {"orders": 3}
    assert ours._http_response_codes_dict() == {200: 2, 404: 1, 500: 1}


def test_the_views_are_documented_on_the_class() -> None:
    """help() finds each attribute on the class, with a sentence."""
    names = [*SAME, *OTHER, "tables", "events_by_stream", "events_by_task", "stream_inbound_time"]
    assert [name for name in names if not vars_of(Monitor)[name].__doc__] == []


def vars_of(cls: type) -> dict[str, Any]:
    """Return the attributes of a class and its bases, unread."""
    return {name: value for base in reversed(cls.__mro__) for name, value in vars(base).items()}
