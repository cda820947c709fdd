"""``python -m tests.bench hooks|worker|collect``."""

from __future__ import annotations

import argparse
import importlib
from typing import NamedTuple

from tests.bench import rungs


class Bench(NamedTuple):
    """A ladder, the rungs it compares all others with, and what it answers."""

    ladder: tuple[rungs.Rung, ...]
    needed: tuple[rungs.Rung, ...]
    what: str


BENCHES = {
    "hooks": Bench(
        rungs.HOOKS,
        (rungs.NOTHING, rungs.MONITOR),
        "what the hooks of a sensor cost, called directly",
    ),
    "worker": Bench(
        rungs.WORKER,
        (rungs.MONITOR,),
        "what a sensor costs a whole worker: throughput, CPU, memory",
    ),
    "collect": Bench(
        rungs.COLLECT,
        (),
        "what one collection costs, and how long it holds up the event loop",
    ),
}

EVENTS = {
    "hooks": "events per round (10,000)",
    "worker": "events in the topic (50,000); a million takes minutes per rung, see README.md",
    "collect": "events per partition before the first collection (5)",
}


def parser() -> argparse.ArgumentParser:
    """One subcommand per benchmark, all with the same options."""
    top = argparse.ArgumentParser(
        prog="python -m tests.bench",
        description="What monitoring costs a Faust worker, as a ladder of monitors. "
        "Figures of a shared machine move: read the ratios, which pair the rungs of one round.",
    )
    commands = top.add_subparsers(dest="bench", required=True)
    for name, bench in BENCHES.items():
        command = commands.add_parser(name, help=bench.what, description=bench.what)
        command.add_argument("--quick", action="store_true", help="a smoke run, no measurement")
        command.add_argument("--rounds", type=int, help="rounds, in each of which every rung runs")
        command.add_argument("--events", type=int, help=EVENTS[name])
        names = ",".join(rung.name for rung in bench.ladder)
        command.add_argument("--rungs", metavar="A,B", help=f"only these, out of {names}")
        command.add_argument("--json", metavar="FILE", help="every single figure, for later")
    return top


def main() -> None:
    """Run the benchmark named on the command line; its module is imported only then."""
    command = parser()
    options = command.parse_args()
    bench = BENCHES[options.bench]
    try:
        options.rungs = rungs.choose(bench.ladder, names=options.rungs, needed=bench.needed)
    except ValueError as error:
        command.error(str(error))
    importlib.import_module(f"tests.bench.{options.bench}").run(options)


if __name__ == "__main__":
    main()
