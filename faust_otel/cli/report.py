"""The demo's last words: the summary as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from .text import count

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import RenderableType

    from .summary import Summary

__all__ = ["report"]


def report(summary: Summary) -> Iterator[RenderableType]:
    """Yield what to print."""
    yield Text("\nWhat telemetry counted, beside what the broker holds\n", style="bold")
    yield _topics(summary)
    yield Text()
    yield _agents(summary)
    if summary.exceptions:
        yield Text(
            f"\nAgents raised on {count(summary.exceptions)} of these events: Faust acknowledges "
            "such an event and starts the agent anew, so it is in every count."
        )
    if summary.send_errors:
        yield Text(f"\nSends that failed: {count(summary.send_errors)}, in no count above.")
    differences = summary.differences()
    for line in differences:
        yield Text(f"differs: {line}", style="red")
    if not differences and summary.fed:
        yield Text("\nAll equal.", style="bold green")
    elif not summary.fed:
        yield Text("\nThe end came before the worker was ready: nothing was fed.")


def _topics(summary: Summary) -> Table:
    columns = "telemetry\nconsumed", "\ncommitted", "\nsent", "broker\ncommitted", "\nrecords", ""
    table = _table("\ntopic", *columns)
    for line in summary.topics:
        counts = (line.consumed, line.committed, line.sent, line.held.committed, line.held.end)
        table.add_row(line.topic, *map(count, counts), _mark(line.differs()))
    return table


def _agents(summary: Summary) -> Table:
    table = _table("\nagent (topics)", "telemetry\nevents", "broker\nrecords", "")
    for line in summary.agents:
        events, records = sum(line.events.values()), sum(line.records.values())
        name = f"{line.agent} ({', '.join(line.records)})"
        table.add_row(name, count(events), count(records), _mark(line.differs()))
    return table


def _table(*titles: str) -> Table:
    table = Table(box=None, expand=True, pad_edge=False, padding=(0, 1, 0, 0), header_style="cyan")
    table.add_column(titles[0], ratio=1, overflow="fold")
    for title in titles[1:]:
        table.add_column(title, justify="right", no_wrap=True)
    return table


def _mark(difference: str) -> Text:
    return Text("differs", style="red") if difference else Text("=", style="green")
