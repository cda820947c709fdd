"""Log lines while the demo runs."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from faust_otel.cli.logs import KEPT, captured

if TYPE_CHECKING:
    import pytest


def test_lines_are_kept_and_written_nowhere() -> None:
    """From INFO on each record is one line, without the place of Faust's services in their tree."""
    with captured() as lines:
        logging.getLogger("faust.x").info(
            "[^---Agent*: app[.]checkout]: Crashed %s", "here\nand on"
        )
        logging.getLogger("faust.x").debug("nothing")
        logging.getLogger("other").error("plain")
    assert list(lines) == ["info faust.x: Crashed here", "error other: plain"]


def test_warnings_are_told_as_well() -> None:
    """Whoever wants to know is told the lines from WARNING on."""
    told: list[str] = []
    with captured(told.append):
        logging.getLogger("a").info("one")
        logging.getLogger("a").warning("two")
    assert told == ["warning a: two"]


def test_a_record_that_cannot_be_formatted_stops_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong argument in somebody's log call is not raised, and leaves no line."""
    monkeypatch.setattr(logging, "raiseExceptions", False)
    with captured() as lines:
        logging.getLogger("a").info("%d", "no number")
    assert list(lines) == []


def test_only_the_last_lines_are_kept() -> None:
    """A demo that runs for days keeps no more than the last lines."""
    with captured() as lines:
        for number in range(KEPT + 5):
            logging.getLogger("a").info(number)
    assert (len(lines), lines[-1]) == (KEPT, f"info a: {KEPT + 4}")


def test_logging_is_as_it_was_before() -> None:
    """Afterwards the root logger has its handlers and its level back."""
    root = logging.getLogger()
    before = root.handlers[:], root.level
    with captured():
        assert root.handlers != before[0]
    assert (root.handlers, root.level) == before
