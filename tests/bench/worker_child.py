"""One worker: ``python -m tests.bench.worker_child RUNG URL TOPIC EVENTS DATADIR``."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import faust

from tests.bench.children import Answer, tell
from tests.bench.probes import PROBES

if TYPE_CHECKING:
    from tests.bench.probe import Probe

#: Seconds for the hooks of the last event, once the agent has seen it.
SETTLE = 10.0


class Run:
    """What the agent notes at the first event, at a tenth of them and at the last."""

    def __init__(self, *, events: int) -> None:
        self.events = events
        self.done = asyncio.Event()
        self.tenth_rss = 0.0
        self._wall = 0.0
        self._cpu = 0.0

    async def consume(self, stream: Any) -> None:
        """The plainest agent: it counts, and does nothing else."""
        seen = 0
        tenth = max(self.events // 10, 2)
        async for _ in stream:
            seen += 1
            if seen == 1:
                self._wall, self._cpu = time.perf_counter(), time.process_time()
            elif seen == tenth:
                self.tenth_rss = memory("VmRSS")
            if seen == self.events:
                self._wall = time.perf_counter() - self._wall
                self._cpu = time.process_time() - self._cpu
                self.done.set()

    def answer(self, probe: Probe) -> Answer:
        """Events per second, CPU microseconds per event, and MiB of resident memory.

        What the sensor has put off until now is part of both costs: a worker that went on would
        have to do it, and it is CPU alone that it takes.
        """
        peak, growth = memory("VmHWM"), memory("VmRSS") - self.tenth_rss
        put_off = probe.settle()
        return {
            "throughput": (self.events - 1) / (self._wall + put_off),
            "cpu": (self._cpu + put_off) * 1e6 / (self.events - 1),
            "put_off": put_off,
            "peak": peak,
            "growth": growth,
        }


def memory(field: str) -> float:
    """MiB out of this process's status; the kernel's peak there starts with this program."""
    for line in Path("/proc/self/status").read_text("ascii").splitlines():
        name, _, value = line.partition(":")
        if name == field:
            return int(value.split()[0]) / 1024
    raise RuntimeError(f"the kernel does not tell {field}")


async def finish(run: Run, probe: Probe) -> None:
    """Answer when the sensor has counted what the agent saw, then end the process.

    Leaving a group takes as long as joining it, and nothing here needs it: the next worker has a
    group of its own.
    """
    await run.done.wait()
    answer = run.answer(probe)
    deadline = time.monotonic() + SETTLE
    while (problem := _miscount(run, probe)) and time.monotonic() < deadline:  # noqa: ASYNC110
        await asyncio.sleep(0.01)  # a sensor tells nobody when it has counted
    tell({"problem": problem} if problem else answer)
    os._exit(0)


def _miscount(run: Run, probe: Probe) -> str:
    counted = probe.counts()
    if counted is None or (counted.messages, counted.events) == (run.events, run.events):
        return ""
    return f"the agent saw {run.events} events, but the sensor says {counted}"


def main(name: str, url: str, topic: str, events: str, datadir: str) -> None:
    """Run a worker as ``faust worker`` does, in a consumer group of its own.

    Its log lines go to standard error, as they would.
    """
    app = faust.App(
        f"bench-{name}-{os.getpid()}",
        broker=url,
        datadir=datadir,
        web_enabled=False,
        topic_allow_declare=False,
        topic_disable_leader=True,
        consumer_auto_offset_reset="earliest",
    )
    probe = PROBES[name]()
    app.monitor = probe.sensor
    run = Run(events=int(events))
    app.agent(app.topic(topic), name="consume")(run.consume)

    app.task(partial(finish, run, probe))
    faust.Worker(app, loglevel="INFO", quiet=True).execute_from_commandline()


if __name__ == "__main__":
    main(*sys.argv[1:])
