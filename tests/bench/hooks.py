"""``hooks``: CPU time that a sensor's hooks cost per event, per send and per table operation."""

from __future__ import annotations

from contextlib import ExitStack
from statistics import median
from typing import TYPE_CHECKING

from tests.bench import report
from tests.bench.children import Child
from tests.bench.rungs import MONITOR, NOTHING, Rung

if TYPE_CHECKING:
    import argparse

KINDS = {
    "events": "four hooks per event",
    "sends": "two hooks per send",
    "tables": "one hook per table operation",
}


def run(options: argparse.Namespace) -> None:
    """Run the ladder, print three tables, write the JSON file when asked."""
    events = options.events or (1_000 if options.quick else 10_000)
    rounds = options.rounds or (3 if options.quick else 15)
    rungs = options.rungs
    measured = measure(rungs, events=events, rounds=rounds)
    print(f"hooks: {report.machine_line()}; rounds: {rounds}, events in each: {events:,}")
    summaries = {kind: report.summarize(measured[kind], base=MONITOR.name) for kind in KINDS}
    for kind in KINDS:
        print(f"\n{_table(kind, rungs, measured, summaries[kind])}")
    report.write_json(
        options.json,
        settings={"bench": "hooks", "events": events, "rounds": rounds},
        results={"rounds": measured, "summaries": summaries},
    )


def measure(rungs: list[Rung], *, events: int, rounds: int) -> dict[str, report.Rounds]:
    """Microseconds by kind, rung and round, the bare loop's cost taken off each rung but itself.

    Each kind twice: in all, and what the event loop's thread spent of it.

    The rungs take turns within a round; the round before the first warms them up.
    """
    measured: dict[str, report.Rounds] = {
        figure: {rung.name: [] for rung in rungs}
        for kind in KINDS
        for figure in (kind, f"{kind}.loop")
    }
    with ExitStack() as stack:
        children = {
            rung.name: stack.enter_context(Child("tests.bench.hooks_child", rung.name, str(events)))
            for rung in rungs
        }
        for number in range(rounds + 1):
            answers = {name: child.ask("round") for name, child in children.items()}
            if number > 0:
                _add(measured, answers)
        for child in children.values():
            child.ask("check")
    return measured


def _add(measured: dict[str, report.Rounds], answers: dict[str, dict[str, float]]) -> None:
    for kind, by_rung in measured.items():
        bare = answers[NOTHING.name][kind]
        for name, figures in by_rung.items():
            figures.append(answers[name][kind] - (0.0 if name == NOTHING.name else bare))


def _table(
    kind: str,
    rungs: list[Rung],
    measured: dict[str, report.Rounds],
    summaries: dict[str, report.Summary],
) -> str:
    return report.table(
        (KINDS[kind], "in the loop, us", "in all, us", "ratio to faust.Monitor", "min - max"),
        (
            (
                rung.title,
                f"{median(measured[f'{kind}.loop'][rung.name]):.2f}",
                *summaries[rung.name].cells(),
            )
            for rung in rungs
        ),
    )
