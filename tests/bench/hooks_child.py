"""One rung of the hooks ladder: ``python -m tests.bench.hooks_child RUNG EVENTS``."""

from __future__ import annotations

import asyncio
import gc
import sys
from time import process_time_ns, thread_time_ns
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
        """Run one round; microseconds per event, per send and per table operation.

        Each kind twice: all CPU that it cost (``events``), and the part of it that the thread of
        the event loop spent in the hooks (``events.loop``).
        """
        gc.collect()
        scene, sensor = self.scene, self.probe.sensor
        self.rounds += 1
        if sensor is None:
            return {
                **self._timed("events", make=scene.events, loop=loops.bare_events),
                **self._timed("sends", make=scene.sends, loop=loops.bare_sends),
                **self._timed("tables", make=_keys, loop=loops.bare_table, calls=3),
            }
        return {
            **self._timed(
                "events",
                make=self._events,
                loop=lambda made: loops.sensor_events(sensor, scene, made),
            ),
            **self._timed(
                "sends",
                make=scene.sends,
                loop=lambda made: loops.sensor_sends(sensor, scene, made),
            ),
            **self._timed(
                "tables",
                make=_keys,
                loop=lambda made: loops.sensor_table(sensor, scene, made),
                calls=3,
            ),
        }

    def _events(self, count: int) -> list[Any]:
        events = self.scene.events(count)
        self.probe.fetched(events)
        return events

    def _timed(
        self,
        kind: str,
        *,
        make: Callable[[int], Any],
        loop: Callable[[Any], int],
        calls: int = 1,
    ) -> dict[str, float]:
        """Make the objects of each chunk off the clock, and run the loop over them.

        Other threads are on the clock throughout, and so is what the sensor put off.
        """
        elsewhere = _other_threads()
        in_loop = sum(loop(make(size)) for size in chunks(self.events, size=CHUNK))
        elsewhere = _other_threads() - elsewhere
        put_off = self.probe.settle() * 1e9
        each = self.events * calls * 1000
        return {kind: (in_loop + elsewhere + put_off) / each, f"{kind}.loop": in_loop / each}

    async def check(self) -> Answer:
        """Compare: a sensor that did not count what it was shown has no cost worth printing."""
        counted = self.probe.counts()
        fed = self.rounds * self.events
        expected = Counts(fed, fed, fed, 3 * fed)
        if counted not in (None, expected):
            return {"problem": f"fed {expected}, but the sensor says {counted}"}
        return {}


def _other_threads() -> int:
    """Nanoseconds of CPU that all threads but this one have used."""
    return process_time_ns() - thread_time_ns()


def _keys(count: int) -> list[str]:
    return [f"key-{number}" for number in range(count)]


async def _main(name: str, *, events: int) -> None:
    rung = HooksRung(PROBES[name](), events=events)
    await serve({"round": rung.round, "check": rung.check})


if __name__ == "__main__":
    asyncio.run(_main(sys.argv[1], events=int(sys.argv[2])))
