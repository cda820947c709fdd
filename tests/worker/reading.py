"""What a monitor says, as it is exported."""

from __future__ import annotations

from typing import TYPE_CHECKING

from faust_otel import attributes

if TYPE_CHECKING:
    from faust_otel import Monitor
    from faust_otel.words import Metric

Value = int | float


def by(monitor: Monitor, metric: Metric, *keys: str, **labels: str) -> dict[str, Value]:
    """Return the sums by `keys`, joined with a dash, over the series with these `labels`.

    Both are named as the constants of `attributes`; a missing attribute is an empty string, and
    the value of a histogram is its count.
    """
    found: dict[str, Value] = {}
    wanted = {getattr(attributes, name): value for name, value in labels.items()}
    for attrs, value in monitor.query.points(metric):
        if all(attrs.get(name) == given for name, given in wanted.items()):
            key = "-".join(str(attrs.get(getattr(attributes, name), "")) for name in keys)
            found[key] = found.get(key, 0) + value
    return found


def total(monitor: Monitor, metric: Metric, **labels: str) -> Value:
    """Return the sum over all series with these `labels`."""
    return sum(by(monitor, metric, **labels).values())
