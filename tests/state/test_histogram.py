"""Histograms: what is counted, what each reader sees, and many threads at once."""

from __future__ import annotations

import logging
from collections import deque
from itertools import pairwise
from math import inf, nan
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faust_otel.state import FOLD_AT, Distribution, Histogram

if TYPE_CHECKING:
    from collections.abc import Iterable

BOUNDS = (0.1, 1.0, 10.0)
DURATIONS = st.floats(min_value=0.0, max_value=1e6, allow_nan=False)


def near(value: float) -> Any:
    return pytest.approx(value)


def histogram(values: Iterable[float] = (), *, recent: deque[float] | None = None) -> Histogram:
    made = Histogram({"a": "b"}, bounds=BOUNDS, recent=recent)
    for value in values:
        made.add(value)
    return made


def test_a_value_is_counted_under_the_first_bound_that_is_not_below_it() -> None:
    """Bounds are inclusive above, and what exceeds the last has a bucket of its own."""
    seen = histogram([0.0, 0.1, 0.10001, 1.0, 10.0, 11.0, 5000.0]).read()
    assert seen == Distribution(7, near(5022.20001), 0.0, 5000.0, (2, 2, 1, 2))


def test_an_empty_histogram_reads_as_nothing() -> None:
    """Without values everything is zero, and the extremes are those of no number at all."""
    assert histogram().read() == Distribution(0, 0.0, inf, -inf, (0, 0, 0, 0))


def test_a_negative_value_counts_as_zero() -> None:
    """A clock that stepped back is a duration of 0.0, in the buckets and in the sum."""
    assert histogram([-3.0, 2.0]).read() == Distribution(2, 2.0, 0.0, 2.0, (1, 0, 1, 0))


@pytest.mark.parametrize("value", [nan, inf, -inf])
def test_what_is_not_finite_is_left_out(value: float) -> None:
    """No NaN or infinity is counted, added up, or kept among the recent ones."""
    recent: deque[float] = deque(maxlen=9)
    made = histogram([value, 2.0, value], recent=recent)
    assert (made.read(), [*recent]) == (Distribution(1, 2.0, 2.0, 2.0, (0, 0, 1, 0)), [2.0])


@pytest.mark.parametrize("position", [0, 1, 2])
@pytest.mark.parametrize(("odd", "counted"), [(nan, 2), (inf, 2), (-inf, 2), (-1.0, 3)])
def test_what_a_hot_path_appends_is_looked_at_when_it_is_folded(
    odd: float, counted: int, position: int
) -> None:
    """An odd value appended past `add`, wherever it stands, costs itself and no other value."""
    made = histogram()
    values = [0.05, 5.0]
    values.insert(position, odd)
    made.pending.extend(values)
    seen = made.read()
    assert (seen.count, sum(seen.counts), seen.sum, seen.max) == (counted, counted, 5.05, 5.0)


def test_only_odd_values_leave_the_histogram_empty() -> None:
    """A batch of nothing but NaN changes nothing."""
    made = histogram()
    made.pending.extend([nan, nan])
    assert made.read() == histogram().read()


@settings(derandomize=True, max_examples=60, deadline=None)
@given(st.lists(st.lists(DURATIONS, max_size=20), max_size=6))
def test_every_value_is_in_exactly_one_bucket_and_in_the_sum(batches: list[list[float]]) -> None:
    """Whenever it is folded, each value falls into the bucket that its bounds say."""
    made = histogram()
    for batch in batches:
        made.pending.extend(batch)
        made.fold()
    values = [value for batch in batches for value in batch]
    edges = [-inf, *BOUNDS, inf]
    expected = [sum(low < value <= high for value in values) for low, high in pairwise(edges)]
    seen = made.read()
    assert [*seen.counts] == expected
    assert (seen.count, seen.sum) == (len(values), near(sum(values)))
    assert (seen.min, seen.max) == (min(values, default=inf), max(values, default=-inf))


def test_values_are_folded_when_enough_of_them_wait() -> None:
    """The value that fills the waiting list empties it."""
    made = histogram([0.5] * (FOLD_AT - 1))
    assert len(made.pending) == FOLD_AT - 1
    made.add(0.5)
    assert (made.pending, made.total()) == ([], FOLD_AT)


def test_each_reader_gets_what_came_since_it_last_looked() -> None:
    """Two readers with cursors of their own see every value once each, with its own extremes."""
    made = histogram([2.0])
    assert made.read("one") == Distribution(1, 2.0, 2.0, 2.0, (0, 0, 1, 0))
    made.add(0.5)
    assert made.read("one") == Distribution(1, 0.5, 0.5, 0.5, (0, 1, 0, 0))
    made.add(20.0)
    assert made.read("two") == Distribution(3, 22.5, 0.5, 20.0, (0, 1, 1, 1))
    assert made.read("one") == Distribution(1, 20.0, 20.0, 20.0, (0, 0, 0, 1))
    made.add(0.05)
    made.add(3.0)
    for reader in ("one", "two"):
        assert made.read(reader) == Distribution(2, near(3.05), 0.05, 3.0, (1, 0, 1, 0))
    assert made.read() == Distribution(5, near(25.55), 0.05, 20.0, (1, 1, 2, 1))


def test_an_interval_without_values_is_empty() -> None:
    """A reader that looks twice sees nothing the second time, extremes included."""
    made = histogram([2.0])
    made.read("one")
    assert made.read("one") == Distribution(0, 0.0, inf, -inf, (0, 0, 0, 0))


def test_a_forgotten_reader_begins_anew() -> None:
    """After its cursor was dropped, a reader gets everything again."""
    made = histogram([2.0])
    made.read("one")
    made.read("one", exponential=True)
    made.forget("one")
    made.forget("never seen")
    assert (made.read("one").count, made.read("one", exponential=True).count) == (1, 0)


def test_exponential_buckets_begun_late_hold_what_came_after() -> None:
    """All figures of an exponential reading are of the same values: those since it began."""
    made = histogram([1.0, 2.0])
    assert made.read().count == 2
    late = made.read(exponential=True)
    assert late.exponential is not None
    assert (late.count, late.sum, late.exponential.count, sum(late.counts)) == (0, 0.0, 0, 0)
    for value in (4.0, 4.5, 0.0):
        made.add(value)
    seen = made.read(exponential=True)
    assert seen.exponential is not None
    assert (seen.count, seen.sum, seen.min, seen.max) == (3, 8.5, 0.0, 4.5)
    assert (seen.exponential.count, seen.exponential.zero_count, sum(seen.counts)) == (3, 1, 3)
    assert made.read().count == 5


def test_exponential_readers_have_intervals_too() -> None:
    """A cursor sees the exponential buckets of its interval, whatever another cursor has read."""
    made = histogram()
    made.begin_exponential()
    made.add(1.0)
    assert made.read("one", exponential=True).count == 1
    made.add(8.0)
    made.read("two", exponential=True)
    made.add(3.0)
    seen = made.read("one", exponential=True)
    assert seen.exponential is not None
    assert (seen.count, seen.exponential.count, seen.min, seen.max) == (2, 2, 3.0, 8.0)
    second = made.read("two", exponential=True)
    assert second.exponential is not None
    assert (second.count, second.exponential.count, second.sum) == (1, 1, 3.0)


def test_one_reader_may_ask_for_both_shapes() -> None:
    """Explicit and exponential readings under one cursor do not disturb each other."""
    made = histogram([1.0])
    assert made.read("one").count == 1
    assert made.read("one", exponential=True).count == 0
    made.add(1.0)
    assert (made.read("one").count, made.read("one", exponential=True).count) == (1, 1)


def test_the_sink_is_told_every_counted_value_once_in_order() -> None:
    """Another histogram is handed the values as they came, those that count and no others."""
    made = histogram()
    told: list[float] = []
    made.sink = told.extend
    for value in (3.0, nan, -1.0, 2.0):
        made.add(value)
    made.fold()
    made.add(1.0)
    assert (made.total(), told) == (4, [3.0, 0.0, 2.0, 1.0])


def test_a_sink_that_raises_costs_no_count_and_is_said_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """What cannot be handed on is still counted, and nobody who adds a value is told of it."""

    def broken(values: list[float]) -> None:
        raise RuntimeError(f"no room for {len(values)}")

    made = histogram()
    made.sink = broken
    for _ in range(FOLD_AT * 2):
        made.add(1.0)
    assert made.total() == FOLD_AT * 2
    said = [(record.levelno, record.getMessage()) for record in caplog.records]
    assert said == [(logging.ERROR, "measurements could not be handed on: {'a': 'b'}")]


def test_the_recent_values_are_the_last_by_arrival_over_several_histograms() -> None:
    """Histograms that share a ring keep in it what came last, not what was folded last."""
    recent: deque[float] = deque(maxlen=3)
    first, second = histogram(recent=recent), histogram(recent=recent)
    first.add(1.0)
    second.add(2.0)
    first.add(3.0)
    second.add(4.0)
    second.fold()
    first.fold()
    assert [*recent] == [2.0, 3.0, 4.0]


class Meanwhile(list[float]):
    """A waiting list to which another thread adds a value whenever it is copied."""

    def __getitem__(self, index: Any) -> Any:
        batch = super().__getitem__(index)
        self.append(9.0)
        return batch


def test_what_is_added_while_the_waiting_list_is_copied_goes_on_waiting() -> None:
    """Only what was copied is taken out."""
    made = histogram()
    made.pending = Meanwhile([0.5, 0.5])
    assert [made.total() for _ in range(3)] == [2, 3, 4]
    assert (made.read().sum, [*made.pending]) == (1.0 + 3 * 9.0, [9.0])


def test_no_value_is_lost_or_torn_among_threads() -> None:
    """While several add and several read, every reading adds up, and in the end all are there."""
    made = histogram()
    torn: list[Distribution] = []
    intervals: dict[str, list[Distribution]] = {"one": [], "two": []}

    def add() -> None:
        for _ in range(20_000):
            made.add(0.5)

    adding = [Thread(target=add) for _ in range(3)]

    def read(reader: str) -> None:
        while any(thread.is_alive() for thread in adding):
            seen = made.read(reader)
            intervals[reader].append(seen)
            if seen.count != sum(seen.counts) or seen.sum != 0.5 * seen.count:
                torn.append(seen)

    reading = [Thread(target=read, args=(reader,)) for reader in intervals]
    for thread in (*adding, *reading):
        thread.start()
    for thread in (*adding, *reading):
        thread.join(timeout=60)
    for reader, seen in intervals.items():
        seen.append(made.read(reader))
        assert sum(each.count for each in seen) == 60_000
    assert (torn, made.read().count, made.read().sum) == ([], 60_000, 30_000.0)
