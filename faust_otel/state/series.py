"""Series that are not on the per-event path: looked up by their labels, made on first use."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Generic, TypeVar

from faust_otel import attributes as key

from .histogram import Histogram

if TYPE_CHECKING:
    from collections import deque
    from collections.abc import Iterator, Mapping

    from faust_otel.words import Metric

__all__ = ["Attrs", "Count", "Counts", "Family", "Histograms", "label"]

Attrs = dict[str, "str | int"]
#: Attributes of a series to what is told its values.
SinkOf = Callable[[Attrs], Callable[[list[float]], None]]


def label(metric: Metric, values: Mapping[str, str | int | None]) -> Attrs:
    """Return the attributes of one series: the metric's keys that have a value."""
    return {name: value for name in metric.keys if (value := values.get(name)) is not None}


class Count:
    """One counter; `value` is added to by a single thread."""

    __slots__ = ("attrs", "value")

    def __init__(self, attrs: Attrs) -> None:
        self.attrs = attrs
        self.value = 0


Series = TypeVar("Series", Count, Histogram)


class Family(Generic[Series]):
    """All series of one metric that share the values in `common`."""

    def __init__(self, metric: Metric, **common: str | int | None) -> None:
        self.metric = metric
        self._common = {getattr(key, name): value for name, value in common.items()}
        self._series: dict[tuple[str | int | None, ...], Series] = {}

    def _make(self, attrs: Attrs) -> Series:
        raise NotImplementedError  # each family below says what it is made of

    def get(self, **labels: str | int | None) -> Series:
        """Return the series with these labels, named as the constants of `attributes`."""
        found = self._series.get(tuple(labels.values()))
        if found is None:
            values = {getattr(key, name): value for name, value in labels.items()}
            found = self._make(label(self.metric, {**self._common, **values}))
            # Two threads may both get here: the first to store its series wins for both.
            found = self._series.setdefault(tuple(labels.values()), found)
        return found

    def rename(self, **common: str | int | None) -> None:
        """Give all series these values for labels that became known."""
        self._common.update({getattr(key, name): value for name, value in common.items()})
        for series in self:
            series.attrs = label(self.metric, {**series.attrs, **self._common})

    def __iter__(self) -> Iterator[Series]:
        # A copy: the event loop inserts while a reader iterates.
        return iter(list(self._series.values()))


class Counts(Family[Count]):
    """Counters of one metric."""

    def _make(self, attrs: Attrs) -> Count:
        return Count(attrs)

    def total(self) -> int:
        """Return the sum of all series."""
        return sum(series.value for series in self)


class Histograms(Family[Histogram]):
    """Histograms of one metric; `recent` keeps the last values of those without an error."""

    def __init__(
        self, metric: Metric, *, recent: deque[float] | None = None, **common: str | int | None
    ) -> None:
        super().__init__(metric, **common)
        self._recent = recent
        self._sink_of: SinkOf | None = None
        self._exponential = False

    def _make(self, attrs: Attrs) -> Histogram:
        recent = None if key.ERROR in attrs else self._recent
        made = Histogram(attrs, bounds=self.metric.bounds, recent=recent)
        if self._sink_of is not None:
            made.sink = self._sink_of(attrs)
        if self._exponential:
            made.begin_exponential()
        return made

    def rename(self, **common: str | int | None) -> None:
        """Give all series these values for labels that became known, and their sinks too."""
        super().rename(**common)
        if self._sink_of is not None:
            self.tell(self._sink_of)

    def begin_exponential(self) -> None:
        """Have every histogram, also those to come, count in exponential buckets too."""
        self._exponential = True
        for histogram in self:
            histogram.begin_exponential()

    def tell(self, sink_of: SinkOf) -> None:
        """Have every histogram tell its values to the sink that `sink_of` makes for it."""
        self._sink_of = sink_of
        for histogram in self:
            histogram.sink = sink_of(histogram.attrs)
