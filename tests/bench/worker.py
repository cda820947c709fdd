"""``worker``: throughput, CPU and memory of a whole worker, one process per rung and round."""

from __future__ import annotations

import tempfile
from typing import TYPE_CHECKING

from tests.bench import report
from tests.bench.children import Child
from tests.bench.rungs import MONITOR, Rung

if TYPE_CHECKING:
    import argparse

TOPIC = "bench"

#: Seconds a worker may take to start and join, and events per second it has to manage at least.
START = 60.0
SLOWEST = 500

KINDS = {
    "throughput": ("events per second", 0),
    "cpu": ("CPU microseconds per event", 1),
    "peak": ("peak memory, MiB", 1),
}


def run(options: argparse.Namespace) -> None:
    """Run the ladder, print three tables, write the JSON file when asked."""
    events = options.events or (2_000 if options.quick else 50_000)
    rounds = options.rounds or (1 if options.quick else 5)
    measured = measure(options.rungs, events=events, rounds=rounds)
    print(f"worker: {report.machine_line()}; rounds: {rounds}, events: {events:,}")
    summaries = {kind: report.summarize(measured[kind], base=MONITOR.name) for kind in KINDS}
    for kind, (title, digits) in KINDS.items():
        print(f"\n{_table(title, options.rungs, summaries[kind], digits=digits)}")
    print("\nMemory gained between a tenth of the events and the last, MiB, worst round:")
    for rung in options.rungs:
        print(f"  {rung.name}: {max(measured['growth'][rung.name]):.1f}")
    report.write_json(
        options.json,
        settings={"bench": "worker", "events": events, "rounds": rounds},
        results={"rounds": measured, "summaries": summaries},
    )


def measure(rungs: list[Rung], *, events: int, rounds: int) -> dict[str, report.Rounds]:
    """What the workers answered, by kind, rung and round; the rungs take turns in each round."""
    measured: dict[str, report.Rounds] = {
        kind: {rung.name: [] for rung in rungs} for kind in (*KINDS, "growth", "put_off")
    }
    with Child("tests.bench.broker_child", TOPIC, str(events)) as broker:
        url = broker.read()["url"]
        for _ in range(rounds):
            for rung in rungs:
                answer = _one_worker(rung, url, events=events)
                for kind, by_rung in measured.items():
                    by_rung[rung.name].append(answer[kind])
    return measured


def _one_worker(rung: Rung, url: str, *, events: int) -> dict[str, float]:
    with (
        tempfile.TemporaryDirectory() as datadir,
        Child(
            "tests.bench.worker_child",
            rung.name,
            url,
            TOPIC,
            str(events),
            datadir,
            timeout=START + events / SLOWEST,
        ) as worker,
    ):
        return worker.read()


def _table(
    title: str, rungs: list[Rung], summaries: dict[str, report.Summary], *, digits: int
) -> str:
    return report.table(
        (title, "median", "ratio to faust.Monitor", "min - max"),
        ((rung.title, *summaries[rung.name].cells(digits=digits)) for rung in rungs),
    )
