"""Batches that the consumer fetched: which of them a message is of, and what still waits."""

from __future__ import annotations

from math import nan
from typing import Any

import pytest

from faust_otel.state import Fetch, Histogram, Partition


def partition(**fields: Any) -> Partition:
    made = Partition("orders", 3, waits=Histogram({}, bounds=(1.0,)))
    for name, value in fields.items():
        setattr(made, name, value)
    return made


def fetch(first: int, last: int, *, at: float = 1000.0) -> Fetch:
    return Fetch(first, last, at=at, first_timestamp=0.0)


def taken(part: Partition, offset: int) -> float:
    """Take a message as the hook does; return when it was fetched, or 0.0."""
    if not offset <= part.fetched_upto:
        part.take(offset)
    part.read = offset
    return part.fetched_at


def test_a_message_is_of_the_batch_it_was_fetched_with() -> None:
    """Each message is timed from the fetch of its own batch."""
    part = partition()
    part.fetched(fetch(0, 4, at=1001.0))
    part.fetched(fetch(5, 9, at=1002.0))
    assert [taken(part, offset) for offset in range(10)] == [1001.0] * 5 + [1002.0] * 5


def test_offsets_that_are_missing_are_no_matter() -> None:
    """In a compacted topic some messages, and whole batches, are never taken."""
    part = partition()
    for first, at in ((0, 1001.0), (10, 1002.0), (20, 1003.0)):
        part.fetched(fetch(first, first + 4, at=at))
    assert [taken(part, offset) for offset in (1, 4, 22)] == [1001.0, 1001.0, 1003.0]
    assert len(part.fetches) == 1


def test_a_message_that_nobody_saw_fetched_has_not_waited() -> None:
    """Without its batch, before the first batch or after the last, the time is unknown."""
    part = partition()
    assert taken(part, 3) == 0.0
    part.fetched(fetch(10, 14, at=1001.0))
    assert [taken(part, offset) for offset in (8, 12, 20)] == [0.0, 1001.0, 0.0]


def test_fetching_again_forgets_what_waited() -> None:
    """After the consumer went back, messages are timed from the newer fetch."""
    part = partition()
    part.fetched(fetch(0, 9, at=1001.0))
    assert taken(part, 5) == 1001.0
    part.fetched(fetch(3, 12, at=1002.0))
    assert [taken(part, offset) for offset in (3, 4, 12)] == [1002.0] * 3


def test_fetching_again_what_was_taken_unseen_is_timed() -> None:
    """Going back works also when no batch was known to go back from."""
    part = partition()
    taken(part, 50)
    part.fetched(fetch(40, 45, at=1002.0))
    assert taken(part, 40) == 1002.0


def test_a_consumer_that_goes_back_stands_no_more_where_it_stood() -> None:
    """A batch from before the noted position takes it back, a later one does not."""
    part = partition(read=9, end=20, position=20)
    part.fetched(fetch(20, 24))
    assert part.position == 20
    part.fetched(fetch(10, 14))
    assert [part.position, part.lag()] == [None, 15]


def test_waiting_is_told_from_what_was_fetched_and_taken() -> None:
    """Messages wait from their fetch until the last of them was taken."""
    part = partition()
    assert not part.waits()
    part.fetched(fetch(0, 1))
    assert part.waits()
    taken(part, 0)
    assert part.waits()
    taken(part, 1)
    assert not part.waits()


@pytest.mark.parametrize("offset", [None, "7", 7.0, nan])
def test_what_is_no_offset_cannot_be_taken(offset: Any) -> None:
    """Only an integer is an offset."""
    with pytest.raises(TypeError, match="an offset is an int"):
        partition().take(offset)
