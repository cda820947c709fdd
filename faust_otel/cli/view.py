"""The live view: figures as tables that fit into 80 columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.console import Group
from rich.constrain import Constrain
from rich.table import Table
from rich.text import Text

from . import text
from .hints import hints

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from .figures import AgentFigures, Figures, TopicFigures

__all__ = ["WIDEST", "Scene", "render"]

MANY = 100
#: Columns: numbers that stand further from their names are hard to read.
WIDEST = 100
MOST_HINTS, MOST_LOG_LINES = 3, 5


@dataclass(frozen=True, slots=True)
class Scene:
    """What the view shows beside the figures: seconds since the feed began, orders fed so far."""

    title: str
    state: str
    elapsed: float
    seconds: float | None
    fed: int
    paused: bool = False
    exporting: str = ""
    log: Sequence[str] = ()


def render(figures: Figures, scene: Scene, *, height: int = 40) -> Constrain:
    """Return the view; of log and hints as many lines as are left of `height`, one in any case."""
    parts = [
        *_head(figures, scene),
        Text(),
        _topics(figures.topics),
        Text(),
        _agents(figures.agents),
        Text(),
        _latencies(figures),
        *_tables(figures),
    ]
    used = sum(part.row_count + bool(part.show_header) for part in parts if isinstance(part, Table))
    left = height - used - sum(isinstance(part, Text) for part in parts)
    shown = hints(figures, paused=scene.paused)[: max(1, min(MOST_HINTS, left))]
    lines = max(0, min(MOST_LOG_LINES, left - len(shown)))
    log = [*scene.log][-lines:] if lines else []
    whole = Group(*parts, *(_line("", line) for line in log), *_hints(shown))
    return Constrain(whole, WIDEST)


def _head(figures: Figures, scene: Scene) -> list[Table | Text]:
    until = f" of {text.clock(scene.seconds)}" if scene.seconds else ""
    top = Table.grid(expand=True)
    top.add_column(no_wrap=True)
    top.add_column(justify="right", no_wrap=True)
    top.add_row(
        Text.assemble(("faust-otel demo  ", "bold"), (scene.title, "dim")),
        Text.assemble((scene.state, "bold green"), f" {text.clock(scene.elapsed)}{until}"),
    )
    rates = Text.assemble(
        ("fed ", "dim"),
        f"{text.count(scene.fed)}   ",
        ("received ", "dim"),
        f"{figures.received_rate:,.0f}/s   ",
        ("events ", "dim"),
        f"{figures.events_rate:,.0f}/s   ",
        ("sent ", "dim"),
        f"{figures.sent_rate:,.0f}/s   ",
        ("memory ", "dim"),
        text.size(figures.memory),
        no_wrap=True,
        overflow="ellipsis",
    )
    exporting = [_line("exporting ", scene.exporting)] if scene.exporting else []
    return [top, rates, *exporting]


def _line(name: str, rest: str) -> Text:
    """Return one line, cut where the terminal ends."""
    style = "" if name else "dim"
    return Text.assemble((name, "cyan"), (rest, style), no_wrap=True, overflow="ellipsis")


def _table(*titles: str) -> Table:
    """Return a table of a name and numbers."""
    table = Table(box=None, expand=True, pad_edge=False, padding=(0, 1, 0, 0), header_style="cyan")
    table.add_column(titles[0], ratio=1, no_wrap=True, overflow="ellipsis")
    for title in titles[1:]:
        table.add_column(title, justify="right", no_wrap=True, min_width=8)
    return table


def _topics(topics: Iterable[TopicFigures]) -> Table:
    table = _table("topic", "consumed", "committed", "sent", "lag", "delay")
    for topic in topics:
        style = "yellow" if (topic.lag or 0) >= MANY else ""
        table.add_row(
            topic.topic,
            text.count(topic.consumed),
            text.count(topic.committed),
            text.count(topic.sent),
            Text(text.count(topic.lag), style=style),
            Text(text.latency(topic.delay), style=style),
        )
    return table


def _agents(agents: Iterable[AgentFigures]) -> Table:
    table = _table("agent", "events", "active", "raised", "p50", "p95", "p99")
    for agent in agents:
        table.add_row(
            agent.agent,
            text.count(sum(agent.events.values())),
            text.count(agent.active),
            Text(text.count(agent.exceptions), style="red" if agent.exceptions else ""),
            *text.percentiles(agent.processing)[:3],
        )
    return table


def _latencies(figures: Figures) -> Table:
    table = _table("latency", "count", "p50", "p95", "p99", "most")
    rows = {
        "commit": figures.commits,
        "send to acknowledged": figures.sends,
        "record written to processed": figures.ages,
        "event loop delay": figures.loop_delays,
    }
    for name, found in rows.items():
        table.add_row(name, text.count(found.count), *text.percentiles(found))
    return table


def _tables(figures: Figures) -> list[Text]:
    return [
        _line(f"table {name}  ", "  ".join(f"{verb} {text.count(n)}" for verb, n in verbs.items()))
        for name, verbs in figures.tables.items()
    ]


def _hints(lines: list[str]) -> list[Text]:
    first = "look next  "
    return [_line(" " * len(first) if index else first, line) for index, line in enumerate(lines)]
