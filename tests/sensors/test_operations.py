"""The hooks of what happens less often: each closes once, measured from its own beginning."""

from __future__ import annotations

from types import MappingProxyType, SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from faust_otel import catalogue as c
from tests.sensors.counted import TP0, TP1

if TYPE_CHECKING:
    from tests.sensors.counted import Counted

#: What is handed back where an override, or nobody, opened anything.
STRANGE: list[Any] = [None, {}, [], "state", 5.0, {"time_start": None}, {"time_start": "now"}]


# -- sends and tables


def test_a_send_is_counted_with_its_bytes(counted: Counted) -> None:
    """Attempts are counted by their outcome, bytes when they are handed over."""
    hooks = counted.hooks
    first = hooks.on_send_initiated(None, "out", None, keysize=3, valsize=7)
    second = hooks.on_send_initiated(None, "out", None, -1, 5)
    counted.pass_(0.5)
    hooks.on_send_completed(None, first, None)
    hooks.on_send_error(None, TimeoutError(), second)
    assert counted.total(c.SENT, TOPIC="out", ERROR=None) == 1
    assert counted.total(c.SENT, TOPIC="out", ERROR="TimeoutError") == 1
    assert counted.total(c.CLIENT_IO, TOPIC="out", IO_DIRECTION="transmit") == 15
    assert counted.seconds(c.OPERATION_DURATION, OPERATION="send") == 1.0


@pytest.mark.parametrize("state", STRANGE)
def test_a_send_closed_with_a_strange_state_counts_nothing(counted: Counted, state: Any) -> None:
    """A close is only worth something with what was opened."""
    counted.hooks.on_send_completed(None, state, None)
    counted.hooks.on_send_error(None, TimeoutError(), state)
    assert counted.points(c.SENT) == []


def test_a_send_to_what_is_no_topic_has_none(counted: Counted) -> None:
    """Odd topics share one series without a topic, and odd sizes have no bytes."""
    for topic in (None, [], object(), 5):
        state = counted.hooks.on_send_initiated(None, topic, None, "big", None)
        counted.hooks.on_send_completed(None, state)
    assert [value for _, value in counted.points(c.SENT)] == [4]
    assert counted.points(c.CLIENT_IO) == []


def test_table_operations_are_counted_by_table(counted: Counted) -> None:
    """A table is told by its name, and what has no name by what it is called."""
    table = SimpleNamespace(name="totals")
    for _ in range(2):
        counted.hooks.on_table_get(table, "k")
        counted.hooks.on_table_set(table, "k", 1)
        counted.hooks.on_table_del(table, "k")
        counted.hooks.on_table_contains(table, "k")
    counted.hooks.on_table_get("other", "k")
    counted.hooks.on_table_set([], "k", 1)
    for operation in ("get", "set", "del", "contains"):
        assert counted.total(c.TABLE_OPERATIONS, TABLE="totals", TABLE_OPERATION=operation) == 2
    assert counted.total(c.TABLE_OPERATIONS, TABLE="other") == 1
    assert counted.total(c.TABLE_OPERATIONS, TABLE="[]") == 1


def test_the_threaded_producers_queue_is_a_number(counted: Counted) -> None:
    """What is none leaves it as it was."""
    for size in (7, None, "9", 8.5):
        counted.hooks.on_threaded_producer_buffer_processed(app=None, size=size)
    assert counted.store.producer_queue == 7


# -- commits


def commit(counted: Counted, *, seconds: float = 0.25) -> Any:
    """Open a commit, and let `seconds` pass."""
    state = counted.hooks.on_commit_initiated(None)
    counted.pass_(seconds)
    return state


def test_a_commit_that_nobody_watches_counts_as_done(counted: Counted) -> None:
    """Without a look into the consumer, a commit that ended was one."""
    state = commit(counted)
    for _ in range(2):
        counted.hooks.on_commit_completed(None, state)
    assert counted.points(c.OPERATION_DURATION) == [
        (
            {
                "messaging.system": "kafka",
                "messaging.operation.name": "commit",
                "messaging.operation.type": "settle",
            },
            1,
        )
    ]
    assert counted.seconds(c.OPERATION_DURATION) == 0.25
    assert [*counted.store.recent.commit] == [0.25]


def test_a_watched_commit_without_anything_to_commit_is_a_noop(counted: Counted) -> None:
    """Most of Faust's commits do nothing; they are no latencies."""
    counted.store.commits_watched = True
    counted.hooks.on_commit_completed(None, commit(counted))
    assert counted.total(c.COMMIT_NOOPS) == 1
    assert (counted.points(c.OPERATION_DURATION), [*counted.store.recent.commit]) == ([], [])


def test_a_failed_commit_is_not_committed(counted: Counted) -> None:
    """Its duration carries the error, the offsets stay, and no latency is kept of it."""
    counted.store.commits_watched = True
    state = commit(counted)
    counted.hooks.commit_ended({TP0: 7}, error="CommitFailedError")
    counted.hooks.on_tp_commit({TP0: 7})
    counted.hooks.on_commit_completed(None, state)
    assert counted.total(c.OPERATION_DURATION, ERROR="CommitFailedError") == 1
    assert counted.hooks.tp_committed_offsets == {}
    assert [*counted.store.recent.commit] == []


def test_a_commit_that_succeeded_has_moved_its_offsets(counted: Counted) -> None:
    """Its outcome is told before its end."""
    counted.store.commits_watched = True
    state = commit(counted)
    counted.hooks.commit_ended({TP0: 7, TP1: 3})
    counted.hooks.on_commit_completed(None, state)
    assert counted.hooks.tp_committed_offsets == {TP0: 7, TP1: 3}
    assert counted.total(c.OPERATION_DURATION, ERROR=None) == 1


def test_a_commit_that_raised_is_closed_once(counted: Counted) -> None:
    """Faust calls no hook for it; should one come all the same, it counts nothing."""
    counted.store.commits_watched = True
    state = commit(counted)
    counted.hooks.commit_ended({TP0: 7}, error="KafkaError", raised=True)
    counted.hooks.on_commit_completed(None, state)
    counted.hooks.commit_ended({TP0: 8}, error="KafkaError", raised=True)
    assert counted.total(c.OPERATION_DURATION) == 1


def test_unwatched_commits_note_their_offsets(counted: Counted) -> None:
    """What Faust tells its monitor is taken where nothing better is known."""
    counted.hooks.on_tp_commit(
        MappingProxyType({TP0: 5, "orders-1": 6, None: 7, ("orders", 2): "9"})
    )
    for odd in (None, 5, [TP0], "text"):
        counted.hooks.on_tp_commit(odd)
    assert counted.hooks.tp_committed_offsets == {TP0: 5, TP1: 6}


@pytest.mark.parametrize("state", STRANGE)
def test_a_commit_closed_with_a_strange_state_counts_nothing(counted: Counted, state: Any) -> None:
    """A commit is not measured without its beginning."""
    counted.hooks.on_commit_completed(None, state)
    assert counted.points(c.OPERATION_DURATION) == []


def test_a_state_of_somebody_elses_is_measured_by_its_start(counted: Counted) -> None:
    """An override may open with a dictionary like Faust's; what else is in it does not matter."""
    counted.hooks.on_commit_completed(None, {"time_start": 990, "outcome": []})
    assert counted.seconds(c.OPERATION_DURATION) == 10.0


# -- assignments and rebalances


def test_assignments_are_measured_with_their_outcome(counted: Counted) -> None:
    """Both ends of an assignment count once, from its start."""
    for seconds in (0.5, 1.5):
        state = counted.hooks.on_assignment_start(None)
        counted.pass_(seconds)
        if seconds < 1.0:
            counted.hooks.on_assignment_completed(None, state)
        counted.hooks.on_assignment_error(None, state, RuntimeError("no"))
        counted.hooks.on_assignment_completed(None, state)
    assert counted.seconds(c.ASSIGNMENT_DURATION, ERROR=None) == 0.5
    assert counted.seconds(c.ASSIGNMENT_DURATION, ERROR="RuntimeError") == 1.5
    assert counted.total(c.ASSIGNMENT_DURATION) == 2
    assert [*counted.store.recent.assignment] == [0.5, 1.5]


@pytest.mark.parametrize("state", STRANGE)
def test_an_assignment_closed_with_a_strange_state_counts_nothing(
    counted: Counted, state: Any
) -> None:
    """An assignment is not measured without its beginning."""
    counted.hooks.on_assignment_error(None, state, RuntimeError())
    counted.hooks.on_assignment_completed(None, state)
    assert counted.points(c.ASSIGNMENT_DURATION) == []


def test_a_rebalance_is_measured_from_its_start(counted: Counted) -> None:
    """Faust's other sensors measure it from its end, which is always 0.0."""
    state = counted.hooks.on_rebalance_start(None)
    assert (counted.total(c.REBALANCES), counted.total(c.REBALANCE_ACTIVE)) == (1, 1)
    counted.pass_(2.0)
    counted.hooks.on_rebalance_return(None, state)
    counted.pass_(3.0)
    assert counted.total(c.REBALANCE_ACTIVE) == 1
    counted.hooks.on_rebalance_end(None, state)
    assert counted.total(c.REBALANCE_ACTIVE) == 0
    assert counted.seconds(c.REBALANCE_DURATION, REBALANCE_PHASE="return") == 2.0
    assert counted.seconds(c.REBALANCE_DURATION, REBALANCE_PHASE="end") == 5.0
    assert [*counted.store.recent.rebalance_return] == [2.0]
    assert [*counted.store.recent.rebalance_end] == [5.0]


def test_overlapping_rebalances_leave_none_active(counted: Counted) -> None:
    """Faust starts a second one before the first has ended, and ends only the second."""
    for _ in range(3):
        for seconds in (1.0, 2.0):
            state = counted.hooks.on_rebalance_start(None)
            counted.pass_(seconds)
            counted.hooks.on_rebalance_return(None, state)
            assert counted.total(c.REBALANCE_ACTIVE) == 1
        counted.hooks.on_rebalance_end(None, state)
        assert counted.total(c.REBALANCE_ACTIVE) == 0
    assert counted.total(c.REBALANCES) == 6
    assert counted.seconds(c.REBALANCE_DURATION, REBALANCE_PHASE="return") == 9.0
    assert counted.seconds(c.REBALANCE_DURATION, REBALANCE_PHASE="end") == 6.0
    assert counted.total(c.REBALANCE_DURATION) == 9


def test_a_rebalance_returns_and_ends_once(counted: Counted) -> None:
    """Hooks that come again, or too late, measure nothing."""
    state = counted.hooks.on_rebalance_start(None)
    for _ in range(2):
        counted.hooks.on_rebalance_return(None, state)
    for _ in range(2):
        counted.hooks.on_rebalance_end(None, state)
    counted.hooks.on_rebalance_return(None, state)
    assert counted.total(c.REBALANCE_DURATION) == 2


@pytest.mark.parametrize("state", [*STRANGE, {"returned": False}, {"time_start": 5.0}])
def test_a_rebalance_with_a_strange_state_has_no_return(counted: Counted, state: Any) -> None:
    """Only what a rebalance opened has a return, and whatever ends leaves none active."""
    counted.hooks.on_rebalance_start(None)
    counted.hooks.on_rebalance_return(None, state)
    assert counted.points(c.REBALANCE_DURATION) == []
    counted.hooks.on_rebalance_end(None, state)
    assert counted.total(c.REBALANCE_ACTIVE) == 0


def test_counts_of_the_apps_own_are_kept(counted: Counted) -> None:
    """`count` is Faust's way to count what is the app's."""
    counted.hooks.count("mine")
    counted.hooks.count("mine", 4)
    assert dict(counted.hooks.metric_counts) == {"mine": 5}
