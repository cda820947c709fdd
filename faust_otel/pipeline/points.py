"""Distributions as OpenTelemetry's data points."""

from __future__ import annotations

from typing import TYPE_CHECKING

from opentelemetry.sdk.metrics.export import (
    Buckets,
    ExponentialHistogram,
    ExponentialHistogramDataPoint,
    Histogram,
    HistogramDataPoint,
)

from faust_otel.state import Attrs, Distribution

if TYPE_CHECKING:
    from collections.abc import Iterable

    from opentelemetry.sdk.metrics import Exemplar
    from opentelemetry.sdk.metrics.export import AggregationTemporality

__all__ = ["NO_EXEMPLARS", "explicit", "exponential"]

#: One list for all points: a thousand partitions have some 7,000, and each list made for one of
#: them brings the garbage collector's next pause nearer.
NO_EXEMPLARS: list[Exemplar] = []

Span = tuple[int, int]
Series = tuple[Attrs, tuple[float, ...], Distribution]


def explicit(
    series: Iterable[Series],
    *,
    span: Span,
    temporality: AggregationTemporality,
) -> Histogram:
    """Return histograms with explicit bounds; `span` is start and end in ns since the epoch."""
    start_ns, end_ns = span
    points = [
        HistogramDataPoint(
            attributes=attrs,
            start_time_unix_nano=start_ns,
            time_unix_nano=end_ns,
            count=seen.count,
            sum=seen.sum,
            bucket_counts=seen.counts,
            explicit_bounds=bounds,
            min=seen.min,
            max=seen.max,
            exemplars=NO_EXEMPLARS,
        )
        for attrs, bounds, seen in series
    ]
    return Histogram(points, temporality)


def exponential(
    series: Iterable[Series],
    *,
    span: Span,
    temporality: AggregationTemporality,
) -> ExponentialHistogram:
    """Return base-2 exponential histograms; `span` is start and end in ns since the epoch."""
    start_ns, end_ns = span
    points = [
        ExponentialHistogramDataPoint(
            attributes=attrs,
            start_time_unix_nano=start_ns,
            time_unix_nano=end_ns,
            count=seen.count,
            sum=seen.sum,
            scale=shape.scale,
            zero_count=shape.zero_count,
            positive=Buckets(shape.offset, shape.counts),
            negative=Buckets(0, ()),
            flags=0,
            min=seen.min,
            max=seen.max,
            exemplars=NO_EXEMPLARS,
        )
        for attrs, _, seen in series
        if (shape := seen.exponential) is not None
    ]
    return ExponentialHistogram(points, temporality)
