"""``collect``: what one collection costs as partitions grow, and how it holds up the loop."""

from __future__ import annotations

from contextlib import ExitStack
from statistics import median
from typing import TYPE_CHECKING, Any

from tests.bench import report
from tests.bench.children import Child

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from tests.bench.rungs import Rung

SIZES = (100, 1_000, 2_000)
#: What the other thread does while the loop is watched, as the child and as the table call it.
WATCHED = {
    "idle": "nothing",
    "collecting": "collects",
    "frozen": "collects, heap frozen",
    "spinning": "spins",
}
Key = tuple[str, int]
Answers = dict[Key, list[dict[str, Any]]]


def run(options: argparse.Namespace) -> None:
    """Run every rung at every size, print two tables, write the JSON file when asked."""
    events = options.events or 5
    rounds = options.rounds or (1 if options.quick else 10)
    seconds = 0.1 if options.quick else 1.0
    rungs: list[Rung] = options.rungs
    answers = measure(rungs, rounds=rounds, events=events, seconds=seconds)
    print(f"collect: {report.machine_line()}; rounds: {rounds}")
    print(f"\n{_cost_table(rungs, answers)}\n\n{_lateness_table(rungs, answers)}")
    report.write_json(
        options.json,
        settings={"bench": "collect", "events": events, "rounds": rounds, "seconds": seconds},
        results={f"{name} {size}": found for (name, size), found in answers.items()},
    )


def measure(rungs: list[Rung], *, rounds: int, events: int, seconds: float) -> Answers:
    """What each rung answered at each size, round by round, taking turns; a first one warms up."""
    keys = [(rung.name, size) for rung in rungs for size in SIZES]
    answers: Answers = {key: [] for key in keys}
    with ExitStack() as stack:
        children = {
            (name, size): stack.enter_context(
                Child("tests.bench.collect_child", name, str(size), str(events), str(seconds))
            )
            for name, size in keys
        }
        for number in range(rounds + 1):
            for key, child in children.items():
                answer = child.ask("round")
                if number > 0:
                    answers[key].append(answer)
    return answers


def _cost_table(rungs: list[Rung], answers: Answers) -> str:
    return report.table(
        ("one collection", "partitions", "series", "CPU ms", "us per series", "to the smallest"),
        _cost_rows(rungs, answers),
    )


def _cost_rows(rungs: list[Rung], answers: Answers) -> Iterator[tuple[str, ...]]:
    for rung in rungs:
        base = _per_series(answers[rung.name, SIZES[0]])
        for size in SIZES:
            found = answers[rung.name, size]
            each = _per_series(found)
            yield (
                rung.title,
                f"{size:,}",
                f"{found[-1]['series']:,}",
                f"{median(answer['cpu'] for answer in found):.2f}",
                f"{each:.2f}",
                f"{each / base:.2f}",
            )


def _per_series(found: list[dict[str, Any]]) -> float:
    return float(median(answer["cpu"] * 1000 / answer["series"] for answer in found))


def _lateness_table(rungs: list[Rung], answers: Answers) -> str:
    """The median of the rounds' percentiles, and the worst of all rounds."""
    return report.table(
        ("loop late by, ms: p99 / worst", "partitions", *WATCHED.values()),
        (
            (
                rung.title,
                f"{size:,}",
                *(_late(answers[rung.name, size], what) for what in WATCHED),
            )
            for rung in rungs
            for size in SIZES
        ),
    )


def _late(found: list[dict[str, Any]], what: str) -> str:
    p99 = median(answer[what][0] for answer in found)
    worst = max(answer[what][1] for answer in found)
    return f"{p99:.1f} / {worst:.1f}"
