"""What a metric is: its declaration, the instrument kinds, the bucket bounds."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

__all__ = ["LONG", "SHORT", "Keys", "Kind", "Metric", "counter", "gauge", "histogram", "up_down"]

#: Upper bounds in seconds; the conventions' fourteen are all among them.
SHORT = (
    *(0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075),
    *(0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0, 30.0, 60.0),
)
#: The same, going on to an hour: for ages, recoveries and rebalances.
LONG = (*SHORT, 300.0, 900.0, 3600.0)


class Kind(Enum):
    """The instrument kinds in use."""

    COUNTER = "counter"
    UP_DOWN = "up-down counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric: `bounds` are upper bucket bounds in the metric's unit, for histograms only."""

    name: str
    kind: Kind
    unit: str
    keys: tuple[str, ...]
    description: str
    bounds: tuple[float, ...] = ()


Keys = tuple[str, ...]


def counter(name: str, unit: str, keys: Keys, description: str) -> Metric:
    """Declare a sum that only grows."""
    return Metric(name, Kind.COUNTER, unit, keys, description)


def up_down(name: str, unit: str, keys: Keys, description: str) -> Metric:
    """Declare a sum that goes up and down."""
    return Metric(name, Kind.UP_DOWN, unit, keys, description)


def gauge(name: str, unit: str, keys: Keys, description: str) -> Metric:
    """Declare a value that cannot be summed."""
    return Metric(name, Kind.GAUGE, unit, keys, description)


def histogram(name: str, keys: Keys, description: str, bounds: tuple[float, ...]) -> Metric:
    """Declare a distribution of seconds."""
    return Metric(name, Kind.HISTOGRAM, "s", keys, description, bounds)
