"""What is read from a monitor that no app uses."""

from __future__ import annotations

from faust_otel import Monitor, catalogue
from faust_otel.cli.figures import read
from faust_otel.cli.percentiles import NOTHING


def test_a_monitor_without_an_app_has_no_figures() -> None:
    """Before anything happened everything is zero and empty."""
    figures = read(Monitor())
    assert (figures.topics, figures.agents, figures.tables, figures.lag) == ((), (), {}, 0)
    assert (figures.ages, figures.received_rate, figures.send_errors) == (NOTHING, 0.0, 0)


def test_distributions_are_the_buckets_of_each_series() -> None:
    """A query gives every histogram with its attributes, bounds and counts per bucket."""
    monitor = Monitor(clock=lambda: 5.0)
    monitor.on_assignment_completed(None, {"time_start": 4.5})
    [(attrs, point)] = monitor.query.distributions(catalogue.ASSIGNMENT_DURATION)
    bounds = catalogue.ASSIGNMENT_DURATION.bounds
    assert (attrs, tuple(point.explicit_bounds), point.max) == ({}, bounds, 0.5)
    counted = [bound for bound, count in zip(bounds, point.bucket_counts, strict=False) if count]
    assert counted == [0.5]
