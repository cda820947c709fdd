"""Percentiles from buckets."""

from __future__ import annotations

from dataclasses import astuple, dataclass
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faust_otel.cli.percentiles import NOTHING, quantile, spread
from faust_otel.state import Histogram
from faust_otel.words import SHORT


@dataclass
class Point:
    """A data point as the SDK makes it."""

    bucket_counts: list[int]
    min: float
    max: float
    explicit_bounds: tuple[float, ...] = (1.0, 2.0, 4.0)


@pytest.mark.parametrize(
    ("share", "expected"), [(0.0, 0.5), (0.25, 1.0), (0.5, 2.0), (0.625, 3.0), (0.75, 4.0), (1, 6)]
)
def test_a_percentile_lies_in_its_bucket_in_proportion(share: float, expected: float) -> None:
    """Values are taken as evenly spread between the bounds, and the outer ones as min and max."""
    found = quantile(share, bounds=(1.0, 2.0, 4.0), counts=(2, 2, 2, 2), low=0.5, high=6.0)
    assert found == pytest.approx(expected)


def test_a_bucket_is_no_wider_than_the_values_in_it() -> None:
    """With all values in one wide bucket no percentile leaves the least and the greatest value."""
    bounds, counts = (1.0, 100.0), (0, 10, 0)
    found = [quantile(s, bounds=bounds, counts=counts, low=3.0, high=5.0) for s in (0.0, 0.5, 1.0)]
    assert found == [3.0, 4.0, 5.0]


def test_no_values_have_no_percentiles() -> None:
    """Nothing observed is 0.0 and a count of 0."""
    assert quantile(0.5, bounds=(1.0,), counts=(0, 0), low=0.0, high=0.0) == 0.0
    assert spread([]) == spread([Point([0, 0, 0, 0], 0.0, 0.0)]) == NOTHING


def test_several_series_are_taken_together() -> None:
    """The spread of two points is that of all their values: counts added, extremes of both."""
    both = spread(
        [Point([0, 4, 0, 0], 1.5, 2.0), Point([0, 0, 0, 0], 9, 9), Point([2, 0, 0, 2], 0, 8)]
    )
    assert astuple(both) == pytest.approx((8, 1.5, 7.2, 7.84, 8.0))


@given(st.lists(st.floats(0, 100), min_size=1, max_size=300))
def test_percentiles_are_as_exact_as_their_buckets(values: list[float]) -> None:
    """Each percentile of any values lies in the same bucket as the true one, in ascending order."""
    histogram = Histogram({}, bounds=SHORT)
    for value in values:
        histogram.add(value)
    seen = histogram.read()
    edges = [0.0, *SHORT, float("inf")]
    found = []
    for share in (0.01, 0.5, 0.95, 0.99, 1.0):
        answer = quantile(share, bounds=SHORT, counts=seen.counts, low=seen.min, high=seen.max)
        true = sorted(values)[max(0, -(-share * len(values) // 1).__int__() - 1)]
        [(low, high)] = [(low, high) for low, high in pairwise(edges) if low < true <= high] or [
            (0.0, SHORT[0])
        ]
        assert low <= answer <= high
        found.append(answer)
    assert found == sorted(found)
