"""Where to look next: one line for each thing that stands out, then what else there is to try."""

from __future__ import annotations

from typing import TYPE_CHECKING

from faust_otel import catalogue as c

from .text import count, latency

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .figures import Figures

__all__ = ["hints"]

MUCH_LAG = 100
OLD = 1.0
LATE_LOOP = 0.05
TO_TRY = (
    "--rate 500 feeds more than checkout can do: watch lag and delay grow",
    "--otlp http://localhost:4318 sends all of this to a Collector as well",
    "the app: faust_otel/cli/orders.py; in yours: app.monitor = Monitor()",
)


def hints(figures: Figures, *, paused: bool = False) -> list[str]:
    """Return lines, the most important first; `paused` says that no orders are fed right now."""
    return [*_standing_out(figures, paused=paused), *TO_TRY]


def _standing_out(figures: Figures, *, paused: bool) -> Iterator[str]:
    if paused:
        yield "no orders are fed while too many wait: the app is slower than --rate"
    behind = max(figures.topics, key=lambda topic: topic.lag or 0, default=None)
    if behind is not None and (behind.lag or 0) >= MUCH_LAG:
        yield f"{c.LAG.name}: {count(behind.lag)} behind in {behind.topic}"
    elif figures.ages.p95 >= OLD:
        age = latency(figures.ages.p95)
        yield f"{c.EVENT_AGE.name}: p95 {age}; an idle fetch waits 1.5 s here"
    if figures.loop_delays.p99 >= LATE_LOOP:
        late = latency(figures.loop_delays.p99)
        yield f"{c.EVENT_LOOP_DELAY.name}: p99 {late}: something blocks the loop"
    if figures.exceptions:
        yield f"{c.AGENT_EXCEPTIONS.name}: its key error.type tells what was raised"
