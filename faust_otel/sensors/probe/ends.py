"""The ends of partitions, asked from the broker: lag moves although the consumer does not."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

from faust_otel.sensors.kept import kept

if TYPE_CHECKING:
    from collections.abc import Iterable

    from faust_otel.sensors.counting import Counting
    from faust_otel.state import Partition

__all__ = ["Ends"]

logger = logging.getLogger(__name__)

#: Seconds that the broker has for its answer; the next question comes soon enough.
PATIENCE = 5.0


class Ends:
    """Asks for the ends of all assigned partitions in one request, one question at a time.

    The records that arrive bring the ends along; this is for a consumer that is stuck, or idle.
    The question runs on the consumer's own thread, where its client lives, but not through its
    queue: two calls that wait there keep the consumer from fetching and committing.
    """

    def __init__(self, app: Any, monitors: list[Counting]) -> None:
        self._app = app
        self._monitors = monitors
        self._asking: asyncio.Task[None] | None = None

    def ask(self) -> None:
        """Begin to ask, unless the last question waits for its answer still."""
        if self._asking is None or self._asking.done():
            self._asking = asyncio.ensure_future(self._ask())

    def cancel(self) -> None:
        """Wait for no answer any more."""
        if self._asking is not None:
            self._asking.cancel()

    async def _ask(self) -> None:
        try:
            consumer = self._app._consumer  # noqa: SLF001  the property would make one
            if consumer is None:
                return
            acking = self._app.topics.acking_topics
            assigned = [tp for tp in consumer.assignment() if tp.topic in acking]
            if assigned:
                await self._ask_on_thread(consumer._thread, assigned)  # noqa: SLF001  no other way
        except Exception as exc:  # noqa: BLE001  starting, stopping, or the broker is away
            logger.debug("the ends of partitions could not be asked for: %r", exc)

    async def _ask_on_thread(self, thread: Any, assigned: list[Any]) -> None:
        ends: dict[Any, int] = {}
        positions: dict[Any, int] = {}
        client = thread._ensure_consumer()  # noqa: SLF001  aiokafka's consumer itself
        unclear = [tp for tp in assigned if any(map(_is_unclear, self._partitions(tp)))]
        question = _question(client, assigned, unclear, ends=ends, positions=positions)
        try:
            answer = asyncio.run_coroutine_threadsafe(question, thread.thread_loop)
        except RuntimeError:  # the thread has ended
            question.close()
            return
        await asyncio.wait_for(asyncio.wrap_future(answer), PATIENCE + 1.0)
        for tp in assigned:
            for partition in self._partitions(tp):
                _tell(partition, end=ends.get(tp), position=positions.get(tp))

    def _partitions(self, tp: Any) -> Iterable[Partition]:
        for monitor in self._monitors:
            partition = kept(monitor).store.partitions.get((tp.topic, tp.partition))
            if partition is not None and partition.assigned:
                yield partition


async def _question(
    client: Any,
    assigned: list[Any],
    unclear: list[Any],
    *,
    ends: dict[Any, int],
    positions: dict[Any, int],
) -> None:
    """Put in `ends` and `positions` what is known in time: a partial answer beats none."""

    async def ask_position(tp: Any) -> None:
        positions[tp] = await client.position(tp)

    async def ask_ends() -> None:
        ends.update(await client.end_offsets(assigned))

    # A position is known at once, or it is being looked up and has to be waited for.
    tasks = [asyncio.ensure_future(asked) for asked in (ask_ends(), *map(ask_position, unclear))]
    try:
        await asyncio.wait(tasks, timeout=PATIENCE)
    finally:
        for task in tasks:
            task.cancel()
        for outcome in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(outcome, Exception):
                logger.debug("the broker was asked for offsets: %r", outcome)


def _is_unclear(partition: Partition) -> bool:
    """Tell whether only the consumer can tell what is taken next: nothing it fetched waits here."""
    return partition.lag() != 0 and not partition.waits()


def _tell(partition: Partition, *, end: int | None, position: int | None) -> None:
    # What was fetched while the question waited for its answer may know of a later end.
    if end is not None and (partition.end is None or end > partition.end):
        partition.end = end
    if position is not None and not partition.waits():
        partition.position = position
