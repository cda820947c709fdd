"""Telemetry's counts beside the broker's: every wrong number is found, and named."""

from __future__ import annotations

from dataclasses import replace
from io import StringIO
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from faust_otel.cli.report import report
from faust_otel.cli.summary import Held, Summary, summarize

from .scenes import FED, FIGURES, HELD, READS, changed

if TYPE_CHECKING:
    from faust_otel.cli.figures import Figures

COUNTED = 1_214


def compared(figures: Figures, held: dict[str, Held], *, fed: int = COUNTED) -> Summary:
    """Put both side by side."""
    return summarize(figures, held, reads=READS, fed=fed, fed_to=FED)


def shown(summary: Summary) -> str:
    """Return what is printed."""
    console = Console(record=True, width=80, file=StringIO())
    for part in report(summary):
        console.print(part)
    return console.export_text()


def test_equal_counts_do_not_differ() -> None:
    """With the same number on both sides there is no difference."""
    assert compared(FIGURES, HELD).differences() == []


@pytest.mark.parametrize(
    ("figures", "difference"),
    [
        (changed(FED, consumed=1_213), "orders: consumed 1,213, records 1,214"),
        (changed(FED, consumed=None), "orders: consumed 0, records 1,214"),
        (changed(FED, committed=1_200), "orders: committed 1,200, records 1,214"),
        (changed("paid", sent=1_213), "paid: sent 1,213, records 1,212"),
        (changed("paid", sent=None), "paid: sent 0, records 1,212"),
        (
            changed("shop-tills-changelog", sent=1_225),
            "shop-tills-changelog: sent 1,225, records 1,226",
        ),
        (
            replace(FIGURES, topics=FIGURES.topics[:3]),
            "shop-tills-changelog: sent 0, records 1,226",
        ),
        (
            replace(FIGURES, agents=FIGURES.agents[1:]),
            "checkout: 0 events of orders, records 1,214",
        ),
        (
            replace(FIGURES, agents=(replace(FIGURES.agents[0], events={FED: 1_215}),)),
            "checkout: 1,215 events of orders, records 1,214",
        ),
    ],
)
def test_a_wrong_count_of_telemetry_is_named(figures: Figures, difference: str) -> None:
    """The line that differs is named with both numbers, and so it is when a count is missing."""
    assert difference in compared(figures, HELD).differences()


@pytest.mark.parametrize(
    ("held", "difference"),
    [
        (Held(1_212, 1_211), "paid: committed on the broker 1,211, records 1,212"),
        (Held(1_212), "paid: committed on the broker 0, records 1,212"),
        (Held(1_213, 1_213), "paid: consumed 1,212, committed 1,212, sent 1,212, records 1,213"),
    ],
)
def test_what_the_broker_holds_otherwise_is_named(held: Held, difference: str) -> None:
    """Records that are not committed, and records that telemetry has not seen, are differences."""
    assert difference in compared(FIGURES, {**HELD, "paid": held}).differences()


def test_orders_that_the_broker_does_not_have_are_named() -> None:
    """What was fed must be what its topic holds."""
    found = compared(FIGURES, HELD, fed=1_220).differences()
    assert found == ["orders: 1,220 orders fed, records 1,214"]


def test_the_summary_is_printed_beside_each_other() -> None:
    """Every topic and agent has its line within 80 columns, and equality is said."""
    lines = shown(compared(FIGURES, HELD)).splitlines()
    words = [line.split() for line in lines]
    assert ["orders", "1,214", "1,214", "-", "1,214", "1,214", "="] in words
    assert ["shop-tills-changelog", "-", "-", "1,226", "-", "1,226", "="] in words
    assert ["checkout", "(orders)", "1,214", "1,214", "="] in words
    assert ["All", "equal."] in words
    assert any("raised on 2 of these events" in line for line in lines)
    assert max(map(len, lines)) <= 80


def test_a_difference_is_printed_as_one() -> None:
    """The line is marked, the difference is named, and equality is not said."""
    text = shown(compared(changed(FED, consumed=1_213), HELD))
    [line] = [line for line in text.splitlines() if line.startswith("orders ")]
    assert line.split()[-1] == "differs"
    assert "differs: orders: consumed 1,213, records 1,214" in text
    assert "All equal" not in text


def test_sends_that_failed_are_told() -> None:
    """They are in no count, which the summary says."""
    assert "Sends that failed: 3" in shown(compared(replace(FIGURES, send_errors=3), HELD))


def test_an_end_before_the_beginning_is_told() -> None:
    """Without any order there is no equality to speak of."""
    nothing = compared(replace(FIGURES, topics=(), agents=()), {}, fed=0)
    assert nothing.differences() == []
    assert "nothing was fed" in shown(nothing)
    assert "All equal" not in shown(nothing)
