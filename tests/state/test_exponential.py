"""Exponential histograms against exact arithmetic, themselves, and the OpenTelemetry SDK."""

from __future__ import annotations

import sys
from decimal import Decimal, localcontext
from itertools import chain
from math import inf, ldexp, nan, nextafter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.sdk.metrics import Histogram, MeterProvider, export, view

from faust_otel.state.exponential import ExponentialBuckets, ExponentialSnapshot

Batches = list[list[float]]

SMALLEST = sys.float_info.min
ANY_SCALE = st.integers(-10, 20)
SIZES = st.sampled_from((2, 3, 7, 20, 160))
DURATIONS = st.integers(0, 10**13).map(lambda nanoseconds: nanoseconds / 1e9)
MANTISSAS = st.integers(0, 999).map(lambda thousandths: 1 + thousandths / 1000)
WIDE = st.builds(ldexp, MANTISSAS, st.integers(-1022, 1023))
ANYTHING = st.one_of(DURATIONS, WIDE, st.floats(min_value=0.0, allow_infinity=False))
BATCHES = st.lists(st.lists(ANYTHING, max_size=30), max_size=5)

same_everywhere = settings(derandomize=True, deadline=None, max_examples=150)


def folded(*batches: list[float], max_size: int = 160, max_scale: int = 20) -> ExponentialBuckets:
    buckets = ExponentialBuckets(max_size=max_size, max_scale=max_scale)
    for batch in batches:
        buckets.fold(batch)
    return buckets


def exact_position(value: float, *, scale: int) -> Decimal:
    """The value's logarithm to the base of `scale`, to 60 digits."""
    with localcontext() as context:
        context.prec = 60
        return Decimal(value).ln() / Decimal(2).ln() * Decimal(2) ** scale


@same_everywhere
@given(value=ANYTHING.filter(bool), scale=ANY_SCALE)
def test_value_lies_in_its_bucket(value: float, scale: int) -> None:
    """A value lies above its bucket's lower edge and not above its upper, up to one rounding."""
    buckets = folded([value], max_scale=scale)
    position = exact_position(max(value, SMALLEST), scale=scale)
    rounding = Decimal(2) ** (scale - 52)
    assert (buckets.scale, buckets.counts) == (scale, [1])
    assert buckets.offset - rounding < position <= buckets.offset + 1 + rounding


@pytest.mark.parametrize("scale", range(-10, 21))
def test_powers_of_two_are_exact(scale: int) -> None:
    """A power of two is the last value of its octave, and the next float the first of the next."""
    for exponent in range(-1022, 1024):
        value = 2.0**exponent
        last = exponent * 2**scale - 1 if scale >= 0 else (exponent - 1) >> -scale
        first = exponent * 2**scale if scale >= 0 else exponent >> -scale
        assert last == folded([value], max_scale=scale).offset
        assert first == folded([nextafter(value, inf)], max_scale=scale).offset


@same_everywhere
@given(batches=BATCHES, max_size=SIZES, max_scale=ANY_SCALE)
def test_counts_sum_to_the_values(batches: Batches, max_size: int, max_scale: int) -> None:
    """Every value is counted once, in at most `max_size` buckets, the outer ones not empty."""
    buckets = folded(*batches, max_size=max_size, max_scale=max_scale)
    values = list(chain(*batches))
    assert len(values) == buckets.count == buckets.zero_count + sum(buckets.counts)
    assert values.count(0.0) == buckets.zero_count
    assert len(buckets.counts) <= max_size
    assert not buckets.counts or (buckets.counts[0] and buckets.counts[-1])


@same_everywhere
@given(values=st.lists(ANYTHING, max_size=40), max_size=SIZES)
def test_scale_is_the_finest_that_fits(values: list[float], max_size: int) -> None:
    """The scale is 20, or one finer would need more than `max_size` buckets."""
    buckets = folded(values, max_size=max_size)
    if buckets.scale < 20:
        finer = folded(values, max_size=2 * max_size, max_scale=buckets.scale + 1)
        assert len(finer.counts) > max_size


@same_everywhere
@given(batches=BATCHES, max_size=SIZES)
def test_order_and_portions_do_not_matter(batches: Batches, max_size: int) -> None:
    """The same values in another order and in one batch give the same histogram."""
    values = sorted(chain(*batches), key=repr)
    expected = folded(*batches, max_size=max_size).snapshot()
    assert expected == folded(values, max_size=max_size).snapshot()


@same_everywhere
@given(batches=BATCHES, later=st.lists(ANYTHING, max_size=30), max_size=SIZES)
def test_minus_is_the_interval(batches: Batches, later: list[float], max_size: int) -> None:
    """Two snapshots differ by the histogram of the values between, at the coarser scale of both."""
    buckets = folded(*batches, max_size=max_size)
    before = buckets.snapshot()
    buckets.fold(later)
    after = buckets.snapshot()
    expected = folded(later, max_size=max_size).snapshot().downscale(after.scale)
    assert expected == after.minus(before)
    coarser = after.scale - 1
    assert expected.downscale(coarser) == after.minus(before.downscale(coarser))


def test_minus_refuses_what_is_not_the_past() -> None:
    """A snapshot with values that the later one lacks is refused, zeros and buckets alike."""
    later = folded([0.0, 1.0, 1.0]).snapshot()
    for values in ([0.0, 0.0], [1.0, 1.0, 1.0], [4.0], [0.25]):
        with pytest.raises(ValueError, match="not from the past"):
            later.minus(folded(values).snapshot())


@same_everywhere
@given(values=st.lists(ANYTHING, max_size=40), scale=ANY_SCALE)
def test_downscale_merges_neighbours(values: list[float], scale: int) -> None:
    """A snapshot brought to a coarser scale is the histogram that started at that scale."""
    snapshot = folded(values).snapshot()
    if scale > snapshot.scale:
        with pytest.raises(ValueError, match="cannot refine"):
            snapshot.downscale(scale)
    else:
        assert folded(values, max_scale=scale).snapshot() == snapshot.downscale(scale)


def test_snapshot_stays_as_it_was() -> None:
    """Values folded after a snapshot do not change it."""
    buckets = folded([0.0, 1.0, 2.0], max_scale=0)
    snapshot = buckets.snapshot()
    buckets.fold([0.0, 1.0, 1000.0])
    assert ExponentialSnapshot(scale=0, zero_count=1, offset=-1, counts=(1, 1)) == snapshot
    assert snapshot.count == 3


def test_fold_never_raises() -> None:
    """Below zero counts as zero, subnormal as smallest normal, what is not finite not at all."""
    strange = [0.0, -0.0, -1.0, 5e-324, SMALLEST, sys.float_info.max, nan, inf, -inf, 10**400]
    snapshot = folded(strange, [nan], [], max_scale=-10).snapshot()
    assert ExponentialSnapshot(scale=-10, zero_count=3, offset=-1, counts=(2, 1)) == snapshot


@pytest.mark.parametrize("wrong", [{"max_size": 1}, {"max_scale": 21}, {"max_scale": -11}])
def test_impossible_limits_are_refused(wrong: dict[str, int]) -> None:
    """Limits within which not every float fits, or no index, are refused by name."""
    with pytest.raises(ValueError, match=next(iter(wrong))):
        ExponentialBuckets(**wrong)


class Witness:
    """One SDK histogram, read with both temporalities."""

    def __init__(self, *, max_size: int) -> None:
        temporality = export.AggregationTemporality
        aggregation = view.ExponentialBucketHistogramAggregation(max_size=max_size, max_scale=20)
        self._readers = [
            export.InMemoryMetricReader({Histogram: kind}, {Histogram: aggregation})
            for kind in (temporality.CUMULATIVE, temporality.DELTA)
        ]
        self.provider = MeterProvider(metric_readers=self._readers, shutdown_on_exit=False)
        self._histogram = self.provider.get_meter("witness").create_histogram("durations")

    def record(self, values: list[float]) -> list[ExponentialSnapshot]:
        """Record `values`; what the SDK then says of all values so far, and of these."""
        for value in values:
            self._histogram.record(value)
        return [self._read(reader) for reader in self._readers]

    @staticmethod
    def _read(reader: export.InMemoryMetricReader) -> ExponentialSnapshot:
        data = reader.get_metrics_data()
        assert data is not None
        (point,) = data.resource_metrics[0].scope_metrics[0].metrics[0].data.data_points
        assert isinstance(point, export.ExponentialHistogramDataPoint)
        said = ExponentialSnapshot(
            scale=point.scale,
            zero_count=point.zero_count,
            offset=point.positive.offset,
            counts=tuple(point.positive.bucket_counts),
        )
        return said.minus(folded().snapshot())  # without the empty room that the SDK sends along


# The SDK takes the logarithm of the whole value, so misplaces the nearest neighbours of a power of
# two: the values given to it keep more distance. To zeros alone it gives scale 0, where the
# specification asks for the finest one: so each batch has a value that is not zero.
FOR_WITNESS = st.lists(st.one_of(DURATIONS, WIDE), min_size=1, max_size=30).filter(any)


@same_everywhere
@given(batches=st.lists(FOR_WITNESS, min_size=1, max_size=4), max_size=SIZES)
def test_equals_the_sdk(batches: Batches, max_size: int) -> None:
    """After each batch the SDK's cumulative point is the snapshot, its delta the difference."""
    witness, buckets = Witness(max_size=max_size), ExponentialBuckets(max_size=max_size)
    for batch in batches:
        before = buckets.snapshot()
        buckets.fold(batch)
        after = buckets.snapshot()
        cumulative, delta = witness.record(batch)
        assert cumulative == after
        assert delta.downscale(after.scale) == after.minus(before)
    witness.provider.shutdown()
