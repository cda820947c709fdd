"""Partitions: lag and delay, and assignments that come and go."""

from __future__ import annotations

from math import inf, nan
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faust_otel.state import Fetch, Histogram, Partition
from faust_otel.state.partition import ENDS_KEPT

NOW = 50_000.0


def partition(**fields: Any) -> Partition:
    made = Partition("orders", 3, waits=Histogram({}, bounds=(1.0,)))
    for name, value in fields.items():
        setattr(made, name, value)
    return made


def fetch(first: int, last: int, *, written: float = 0.0) -> Fetch:
    return Fetch(first, last, at=1000.0, first_timestamp=written)


def take(part: Partition, offset: int) -> None:
    """Take a message as the hook does."""
    if not offset <= part.fetched_upto:
        part.take(offset)
    part.read = offset


# -- lag


@pytest.mark.parametrize(
    ("read", "end", "lag"),
    [(9, 10, 0), (None, 10, None), (9, None, None), (None, None, None), (0, 10, 9), (9, 4, 0)],
)
def test_lag_is_what_lies_between_the_last_message_read_and_the_end(
    read: int | None, end: int | None, lag: int | None
) -> None:
    """The end is the next offset: 0 when caught up, None while unknown, and never negative."""
    assert partition(read=read, end=end).lag() == lag


def test_lag_is_zero_when_caught_up() -> None:
    """After the last of ten messages was read there is nothing left, not one."""
    assert partition(read=9, end=10).lag() == 0


def test_lag_before_the_first_message_counts_from_where_the_group_stands() -> None:
    """Until something was read, what the group has committed or the consumer stands at counts."""
    assert partition(committed=4, end=10).lag() == 6
    assert partition(committed=4, position=7, end=10).lag() == 3


def test_lag_does_not_count_the_marker_of_a_transaction() -> None:
    """A consumer that stands behind the last offset is caught up, whatever it read last."""
    assert partition(read=7, end=9).lag() == 1
    assert partition(read=7, end=9, position=9).lag() == 0


def test_lag_does_not_count_messages_that_no_stream_will_take() -> None:
    """Messages that could not be decoded are behind us once those before them were read."""
    part = partition(read=4, end=8)
    for offset in (5, 7, 6):
        part.skip(offset)
    assert part.lag() == 0
    part.read = 7
    part.skip(8)
    assert (part.skipped, part.upcoming()) == ({8}, 9)


def test_the_first_message_may_be_one_that_is_skipped() -> None:
    """A partition whose only message could not be decoded is caught up."""
    part = partition(committed=0, end=1)
    part.skip(0)
    assert part.lag() == 0


def test_the_end_is_never_before_what_was_fetched() -> None:
    """A batch that reaches beyond the known end moves it, and an unknown end stays unknown."""
    part = partition(read=9, end=10)
    part.fetched(fetch(10, 14))
    assert (part.end, part.lag()) == (15, 5)
    part = partition(read=9)
    part.fetched(fetch(10, 14))
    assert (part.end, part.lag()) == (None, None)


# -- delay


def test_delay_is_zero_when_caught_up() -> None:
    """Nothing to be done has no age."""
    assert partition(read=9, end=10).delay(NOW) == 0.0


@pytest.mark.parametrize("fields", [{"read": 9}, {"end": 9}, {}])
def test_delay_is_unknown_while_lag_is(fields: dict[str, int]) -> None:
    """Without both ends there is no telling how far behind we are."""
    assert partition(**fields).delay(NOW) is None


def test_delay_is_the_age_of_the_oldest_message_in_work() -> None:
    """The oldest record timestamp counts, in whatever order the messages were taken."""
    part = partition(read=9, end=10, active={7: NOW - 3.0, 8: NOW - 8.0, 9: NOW - 1.0})
    assert part.delay(NOW) == 8.0
    assert part.delay(NOW + 60.0) == 68.0


def test_delay_is_the_age_of_the_batch_that_waits() -> None:
    """With nothing in work, the first message of the first waiting batch is the oldest."""
    part = partition(read=9, end=30)
    part.fetched(fetch(5, 9, written=NOW - 100.0))
    part.fetched(fetch(10, 19, written=NOW - 20.0))
    part.fetched(fetch(20, 29, written=NOW - 10.0))
    assert part.delay(NOW) == 20.0


def test_delay_of_a_batch_taken_in_part_is_not_that_of_its_first_message() -> None:
    """What was taken last is a nearer bound for what comes after it than the batch's first."""
    part = partition(end=30)
    part.fetched(fetch(0, 29, written=NOW - 1000.0))
    take(part, 9)
    part.taken_timestamp = NOW - 5.0
    assert part.delay(NOW) == 5.0


def test_delay_of_unfetched_messages_grows_from_when_they_were_first_seen() -> None:
    """For messages still on the broker the time since we know of them is a lower bound."""
    part = partition(read=9, end=20)
    assert [part.delay(NOW + passed) for passed in (0.0, 5.0, 60.0)] == [0.0, 5.0, 60.0]
    part.read = 19
    assert part.delay(NOW + 61.0) == 0.0
    part.end = 21
    assert [part.delay(NOW + passed) for passed in (62.0, 65.0)] == [0.0, 3.0]


def test_delay_of_a_consumer_that_keeps_up_does_not_grow() -> None:
    """With a few messages always ahead, each look finds others, and the delay stays small."""
    part = partition(read=9, end=12)
    delays = []
    for look in range(20):
        delays.append(part.delay(NOW + 10.0 * look))
        part.read, part.end = 12 + 3 * look - 1, 12 + 3 * look + 3
    assert delays == [0.0] * 20


def test_delay_of_a_slow_consumer_is_that_of_the_message_it_comes_to() -> None:
    """The ends that were seen tell since when the next message has existed."""
    part = partition(read=9, end=20)
    assert part.delay(NOW) == 0.0
    part.end = 30
    assert part.delay(NOW + 10.0) == 10.0
    part.read = 19
    assert part.delay(NOW + 20.0) == 10.0


def test_many_ends_are_thinned_out_and_the_oldest_is_kept() -> None:
    """However long a consumer is stuck while messages arrive, little is kept and nothing lost."""
    part = partition(read=9, end=10)
    for look in range(500):
        part.end = 20 + look
        assert part.delay(NOW + look) == float(look)
    assert len(part._ends) <= ENDS_KEPT + 1


def test_an_end_that_went_back_is_forgotten() -> None:
    """When a topic was made anew, what was seen of the old one says nothing."""
    part = partition(read=9, end=500)
    part.delay(NOW)
    part.end = 12
    assert part.delay(NOW + 30.0) == 0.0


def test_delay_is_never_negative() -> None:
    """A producer whose clock is ahead writes messages that are not older than now."""
    assert partition(read=9, end=10, active={9: NOW + 30.0}).delay(NOW) == 0.0


@pytest.mark.parametrize("timestamp", [None, -1, -0.001, 0, nan, inf, "yesterday"])
def test_a_record_without_a_timestamp_has_no_age(timestamp: object) -> None:
    """What a producer left out is neither 1970 nor an error: the next best is used."""
    part = partition(read=9, end=12, active={9: timestamp})
    part.fetched(fetch(10, 11, written=timestamp))  # type: ignore[arg-type]  # what must hold
    assert part.delay(NOW) == 0.0
    assert part.delay(NOW + 4.0) == 4.0
    part.active[8] = NOW - 6.0
    assert part.delay(NOW) == 6.0


@settings(derandomize=True, max_examples=100, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("fetch"), st.integers(0, 40), st.integers(0, 5)),
            st.tuples(st.just("take"), st.integers(0, 40), st.just(0)),
            st.tuples(st.just("end"), st.integers(0, 60), st.just(0)),
            st.tuples(st.just("revoke"), st.just(0), st.just(0)),
        )
    )
)
def test_lag_and_delay_are_never_negative_whatever_happens(
    steps: list[tuple[str, int, int]],
) -> None:
    """Batches, offsets and ends in any order leave lag and delay unknown, zero or positive."""
    part = partition()
    for passed, (what, offset, more) in enumerate(steps):
        if what == "fetch":
            part.fetched(fetch(offset, offset + more, written=NOW + offset))
        elif what == "take":
            take(part, offset)
        elif what == "end":
            part.end = offset
        else:
            part.revoke()
        lag, delay = part.lag(), part.delay(NOW + passed)
        assert (lag is None) is (delay is None)
        assert lag is None or (lag >= 0 and delay is not None and delay >= 0.0)


# -- assignments


def test_revoking_forgets_the_offsets_and_keeps_the_counts() -> None:
    """What another worker has now is unknown here, and counters go on when it returns."""
    part = partition(received=5, bytes_in=50, full=1, read=9, end=12, committed=7)
    part.active[9] = NOW
    part.fetched(fetch(10, 11, written=NOW - 4.0))
    part.delay(NOW)
    part.revoke()
    gone = (part.read, part.end, part.committed, part.active, part.lag(), part.delay(NOW))
    assert gone == (None, None, None, {}, None, None)
    assert (part.assigned, part.received, part.bytes_in, part.full) == (False, 5, 50, 1)
    part.assign()
    assert (part.assigned, part.lag(), part.received) == (True, None, 5)


def test_what_is_told_of_a_revoked_partition_does_not_outlive_its_next_assignment() -> None:
    """A late hook of the old assignment leaves no offset behind for the new one."""
    part = partition(read=9, end=12)
    part.revoke()
    part.read = 9
    part.assign()
    assert [part.read] == [None]
    part.read = 3
    part.assign()
    assert part.read == 3
