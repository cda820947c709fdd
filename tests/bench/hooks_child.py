"""One rung of the hooks ladder: ``python -m tests.bench.hooks_child RUNG EVENTS``."""

from __future__ import annotations

import asyncio
import gc
import sys
from typing import TYPE_CHECKING, Any

from tests.bench import loops
from tests.bench.children import Answer, serve
from tests.bench.probe import Counts, Probe
from tests.bench.probes import PROBES
from tests.bench.scene import Scene, chunks

if TYPE_CHECKING:
    from collections.abc import Callable

#: Events alive at once; about what one fetch hands to a stream.
CHUNK = 500


class HooksRung:
    """A sensor on its scene, fed with one round after another."""

    def __init__(self, probe: Probe, *, events: int) -> None:
        self.probe = probe
        self.scene = Scene(probe.sensor, topics=2, partitions=8)
        self.events = events
        self.rounds = 0

    async def round(self) -> Answer:
        """Run one round; microseconds per event, per send and per table operation."""
        gc.collect()
        scene = self.scene
        sensor = self.probe.sensor
        self.rounds += 1
        if sensor is None:
            return {
                "events": self._timed(scene.events, loops.bare_events),
                "sends": self._timed(scene.sends, loops.bare_sends),
                "tables": self._timed(_keys, loops.bare_table) / 3,
            }
        return {
            "events": self._timed(
                self._events, lambda made: loops.sensor_events(sensor, scene, made)
            ),
            "sends": self._timed(scene.sends, lambda made: loops.sensor_sends(sensor, scene, made)),
            "tables": self._timed(_keys, lambda made: loops.sensor_table(sensor, scene, made)) / 3,
        }

    def _events(self, count: int) -> list[Any]:
        events = self.scene.events(count)
        self.probe.fetched(events)
        return events

    def _timed(self, make: Callable[[int], Any], loop: Callable[[Any], int]) -> float:
        """Make the objects of each chunk off the clock, then run the loop over them."""
        spent = sum(loop(make(size)) for size in chunks(self.events, size=CHUNK))
        return spent / self.events / 1000

    async def check(self) -> Answer:
        """Compare; only after the last round, since asking may do a part of the sensor's work.

        A sensor that did not count what it was shown has no cost worth printing.
        """
        counted = self.probe.counts()
        fed = self.rounds * self.events
        expected = Counts(fed, fed, fed, 3 * fed)
        if counted not in (None, expected):
            return {"problem": f"fed {expected}, but the sensor says {counted}"}
        return {}


def _keys(count: int) -> list[str]:
    return [f"key-{number}" for number in range(count)]


async def _main(name: str, *, events: int) -> None:
    rung = HooksRung(PROBES[name](), events=events)
    await serve({"round": rung.round, "check": rung.check})


if __name__ == "__main__":
    asyncio.run(_main(sys.argv[1], events=int(sys.argv[2])))
