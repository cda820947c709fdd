"""One rung at one size: ``python -m tests.bench.collect_child RUNG PARTITIONS EVENTS SECONDS``."""

from __future__ import annotations

import asyncio
import gc
import sys
from time import process_time
from typing import TYPE_CHECKING

from tests.bench import loops
from tests.bench.children import Answer, serve
from tests.bench.lateness import lateness, spin
from tests.bench.probes import PROBES
from tests.bench.scene import Scene

if TYPE_CHECKING:
    from tests.bench.probe import Probe

#: Partitions of one topic.
PER_TOPIC = 100


class CollectRung:
    """A sensor that has seen every partition, collected again and again."""

    def __init__(self, probe: Probe, *, partitions: int, events: int, seconds: float) -> None:
        self.probe = probe
        self.seconds = seconds
        self.scene = Scene(
            probe.sensor,
            topics=max(partitions // PER_TOPIC, 1),
            partitions=min(partitions, PER_TOPIC),
        )
        feed(probe, self.scene, events=events)

    async def round(self) -> Answer:
        """Milliseconds of CPU for one collection, the series in it, and the loop's lateness."""
        gc.collect()
        started = process_time()
        self.probe.collect()
        spent = process_time() - started
        collecting = await lateness(seconds=self.seconds, work=self.probe.collect)
        gc.collect()
        gc.freeze()  # from here the garbage collector passes over all there is now
        frozen = await lateness(seconds=self.seconds, work=self.probe.collect)
        gc.unfreeze()
        idle = await lateness(seconds=self.seconds)
        spinning = await lateness(seconds=self.seconds, work=spin)
        return {
            "cpu": spent * 1000,
            "series": self.probe.series(),
            "idle": idle,
            "collecting": collecting,
            "frozen": frozen,
            "spinning": spinning,
        }


def feed(probe: Probe, scene: Scene, *, events: int) -> None:
    """Show the sensor ``events`` messages and one send of each partition, all of it committed.

    Raises:
        RuntimeError: the sensor did not count them.
    """
    sensor, tps = probe.sensor, scene.tps
    for _ in range(events):
        loops.sensor_events(sensor, scene, scene.events(len(tps)))
    loops.sensor_sends(sensor, scene, scene.sends(len(tps)))
    for tp in tps:
        sensor.track_tp_end_offset(tp, 2 * events)
    sensor.on_tp_commit(dict.fromkeys(tps, events))
    counted = probe.counts()
    if counted is None or counted.events != events * len(tps):
        raise RuntimeError(f"fed {events} events to {len(tps)} partitions, counted {counted}")


async def _main(name: str, partitions: str, events: str, seconds: str) -> None:
    rung = CollectRung(
        PROBES[name](), partitions=int(partitions), events=int(events), seconds=float(seconds)
    )
    await serve({"round": rung.round})


if __name__ == "__main__":
    asyncio.run(_main(*sys.argv[1:]))
