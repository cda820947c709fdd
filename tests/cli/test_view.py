"""What is shown while the demo runs, on fixed numbers."""

from __future__ import annotations

from dataclasses import replace
from io import StringIO
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from faust_otel.cli import text
from faust_otel.cli.hints import TO_TRY, hints
from faust_otel.cli.percentiles import NOTHING
from faust_otel.cli.screen import line
from faust_otel.cli.view import Scene, render

from .scenes import FIGURES, SCENE, changed

if TYPE_CHECKING:
    from faust_otel.cli.figures import Figures


def shown(figures: Figures = FIGURES, scene: Scene = SCENE, *, width: int, height: int = 40) -> str:
    """Return the view as text."""
    console = Console(record=True, width=width, file=StringIO())
    console.print(render(figures, scene, height=height))
    return console.export_text()


def words(*, width: int) -> list[list[str]]:
    """Return the words of each line of the view."""
    return [row.split() for row in shown(width=width).splitlines()]


@pytest.mark.parametrize("width", [80, 120])
def test_the_view_shows_every_figure(width: int) -> None:
    """Rates, topics, agents, latencies and tables stand in it uncut, at 80 columns as at 120."""
    rows = words(width=width)
    assert rows[0][:2] == ["faust-otel", "demo"]
    assert rows[0][-4:] == ["running", "1:05", "of", "1:30"]
    assert rows[1] == (
        "fed 1,214 received 135/s events 181/s sent 138/s memory 73 MiB".split()  # noqa: SIM905
    )
    assert ["orders", "1,214", "1,214", "-", "250", "1.2", "s"] in rows
    assert ["shop-tills-changelog", "-", "-", "1,226", "-", "-"] in rows
    assert ["checkout", "1,214", "1", "2", "2.3", "ms", "9.1", "ms", "16", "ms"] in rows
    assert ["sales", "2,424", "0", "0", "0.10", "ms", "0.58", "ms", "3.5", "ms"] in rows
    assert ["commit", "56", "2.0", "ms", "11", "ms", "512", "ms", "527", "ms"] in rows
    assert ["record", "written", "to", "processed", "0", "-", "-", "-", "-"] in rows
    assert ["table", "tills", *"get 2,414 set 1,212 del 14 contains 1,212".split()] in rows  # noqa: SIM905
    assert ["error", "faust.agents.actor:", "Crashed"] in rows


@pytest.mark.parametrize(("width", "height"), [(80, 21), (80, 40), (120, 30), (60, 23)])
def test_the_view_fits_into_the_terminal(width: int, height: int) -> None:
    """No line is longer and there are no more lines than the terminal has."""
    crowded = replace(SCENE, log=["x" * 300] * 20, exporting="OTLP (grpc) to http://localhost:4317")
    rows = shown(scene=crowded, width=width, height=height).splitlines()
    assert len(rows) <= height
    assert max(map(len, rows)) <= min(width, 100)


def test_a_view_of_nothing_can_be_shown() -> None:
    """Before the first message there are headings and no numbers, and still something to try."""
    empty = replace(FIGURES, topics=(), agents=(), tables={}, commits=NOTHING, sends=NOTHING)
    found = shown(empty, replace(SCENE, seconds=None, log=()), width=80)
    assert "look next" in found
    assert "1:05\n" in found


def test_what_stands_out_is_said_first() -> None:
    """Lag, a late loop and exceptions come before what there is to try, each with its metric."""
    late = replace(FIGURES, loop_delays=replace(FIGURES.loop_delays, p99=0.2))
    assert hints(late, paused=True) == [
        "no orders are fed while too many wait: the app is slower than --rate",
        "faust.consumer.lag: 250 behind in orders",
        "faust.event_loop.delay: p99 200 ms: something blocks the loop",
        "faust.agent.exceptions: its key error.type tells what was raised",
        *TO_TRY,
    ]


def test_nothing_stands_out_when_all_is_well() -> None:
    """Without lag, lateness and exceptions only what there is to try is said."""
    well = replace(changed("orders", lag=0), agents=FIGURES.agents[1:])
    assert hints(well) == list(TO_TRY)
    assert hints(replace(well, ages=replace(FIGURES.sends, p95=1.8)))[0] == (
        "faust.event.age: p95 1.8 s; an idle fetch waits 1.5 s here"
    )


def test_hints_fit_into_their_line() -> None:
    """Every hint can be read in full at 80 columns, with the longest topic and most lag."""
    worst = replace(
        changed("sales-paid-country-repartition", lag=123_456),
        loop_delays=replace(FIGURES.loop_delays, p99=12.5),
    )
    indent = len("look next  ")
    found = {*hints(worst, paused=True), *hints(replace(worst, topics=(), ages=worst.loop_delays))}
    assert [hint for hint in found if indent + len(hint) > 80] == []


def test_one_moment_is_one_line() -> None:
    """The line without a live view has the time, what was fed, rate, lag, latencies, exceptions."""
    expected = " 1:05  fed 1214  events 181/s  lag 250  p50 2.3 ms  p95 9.1 ms  p99 16 ms  raised 2"
    assert line(FIGURES, SCENE) == expected
    assert "p50 -  p95 -  p99 -" in line(replace(FIGURES, agents=()), SCENE)


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (None, "-"),
        (0.0, "0 ms"),
        (0.00012, "0.12 ms"),
        (0.0018, "1.8 ms"),
        (0.0123, "12 ms"),
        (0.9, "900 ms"),
        (1.25, "1.2 s"),
        (75.0, "75.0 s"),
    ],
)
def test_latencies_are_short(seconds: float | None, expected: str) -> None:
    """A latency has two digits that mean something, and its unit."""
    assert text.latency(seconds) == expected
