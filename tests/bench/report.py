"""Medians, ratios within a round, Markdown tables, and the JSON file."""

from __future__ import annotations

import json
import os
import platform
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

#: One list per rung, one figure per round, all of one length.
Rounds = dict[str, list[float]]


@dataclass(frozen=True)
class Summary:
    """The median figure of a rung, and its ratios to the base rung of the same round."""

    median: float
    ratio: float
    ratio_min: float
    ratio_max: float

    def cells(self, *, digits: int = 2) -> tuple[str, str, str]:
        """Figure, ratio and the range of the ratio, as table cells."""
        return (
            f"{self.median:,.{digits}f}",
            f"{self.ratio:.2f}",
            f"{self.ratio_min:.2f} - {self.ratio_max:.2f}",
        )


def summarize(rounds: Mapping[str, Sequence[float]], *, base: str) -> dict[str, Summary]:
    """Pair each rung with the base of the same round: noise that lasts longer cancels out.

    Raises:
        ValueError: a rung has another number of rounds than the base.
    """
    return {name: _summary(figures, rounds[base]) for name, figures in rounds.items()}


def _summary(figures: Sequence[float], base: Sequence[float]) -> Summary:
    ratios = [mine / theirs for mine, theirs in zip(figures, base, strict=True)]
    return Summary(median(figures), median(ratios), min(ratios), max(ratios))


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Lay out a Markdown table, first column to the left, the others to the right."""
    lines = [list(header), *(list(row) for row in rows)]
    widths = [max(len(cell) for cell in column) for column in zip(*lines, strict=True)]
    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    laid_out = [
        [line[0].ljust(widths[0])]
        + [cell.rjust(width) for cell, width in zip(line[1:], widths[1:], strict=True)]
        for line in [lines[0], rule, *lines[1:]]
    ]
    return "\n".join("| " + " | ".join(line) + " |" for line in laid_out)


def machine() -> dict[str, Any]:
    """Describe what the figures were taken on, without naming it."""
    return {
        "cpus": os.cpu_count(),
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "system": f"{platform.system()} {platform.machine()}",
    }


def machine_line() -> str:
    """Say :func:`machine` in one line."""
    facts = machine()
    return f"{facts['cpus']} CPUs, {facts['python']}, {facts['system']}"


def write_json(path: str | None, *, settings: Mapping[str, Any], results: Any) -> None:
    """Write every single figure to ``path``, when one was given."""
    if path is not None:
        document = {"machine": machine(), "settings": dict(settings), "results": results}
        Path(path).write_text(json.dumps(document, indent=2, default=asdict) + "\n", "utf-8")
