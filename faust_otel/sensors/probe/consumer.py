"""What the consumer knows and tells no hook: fetched batches, the outcome of commits, offsets."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from faust_otel.sensors.naming import error_type, topic_partition
from faust_otel.state import Fetch

from .patches import Patches

if TYPE_CHECKING:
    from faust_otel.sensors.counting import Counting

__all__ = ["ConsumerProbe"]

logger = logging.getLogger(__name__)

#: ``error.type`` of a commit that Faust gave up without keeping its exception: it swallows this
#: one alone (the group has rebalanced meanwhile).
LOST_COMMIT = "aiokafka.errors.CommitFailedError"


class ConsumerProbe:
    """Watches one app's consumer, for all its monitors."""

    def __init__(self, app: Any, monitors: list[Counting]) -> None:
        self._app = app
        self._monitors = monitors
        self._patches = Patches()
        self._failing = False

    def attach(self) -> None:
        """Begin to watch."""
        app = self._app
        self._patches.replace(app.consumer, "_getmany", self._watched_fetch)
        self._patches.replace(app.consumer, "_commit", self._watched_commit)
        self._patches.replace(app.consumer.transactions, "commit", self._watched_commit)
        app.on_partitions_assigned.connect(self._assigned)
        app.on_partitions_revoked.connect(self._revoked)

    def detach(self) -> None:
        """Stop watching."""
        self._patches.undo()
        self._app.on_partitions_assigned.disconnect(self._assigned)
        self._app.on_partitions_revoked.disconnect(self._revoked)

    async def _assigned(self, app: Any, assigned: Iterable[Any], **_: Any) -> None:
        for monitor in self._monitors:
            for tp in assigned:
                monitor.store.partition(*tp).assigned = True

    async def _revoked(self, app: Any, revoked: Iterable[Any], **_: Any) -> None:
        for monitor in self._monitors:
            for tp in revoked:
                monitor.store.partition(*tp).revoke()

    def _watched_fetch(self, fetch: Callable[..., Awaitable[Any]]) -> Callable[..., Any]:
        async def watched(*args: Any, **kwargs: Any) -> Any:
            records = await fetch(*args, **kwargs)
            try:
                self._fetched(records or {})
            except Exception:
                self._say_once("a fetched batch could not be read")
            return records

        return watched

    def _fetched(self, records: Mapping[Any, Any]) -> None:
        acking = self._app.topics.acking_topics
        for tp, batch in records.items():
            topic, number = topic_partition(tuple(tp))
            if not batch or topic not in acking:
                continue
            first, last = batch[0], batch[-1]
            end = self._app.consumer.highwater(tp)
            for monitor in self._monitors:
                partition = monitor.store.partition(topic, number)
                partition.end = end
                timestamp = (first.timestamp or 0) / 1000.0
                partition.fetched(
                    Fetch(
                        first.offset,
                        last.offset,
                        at=monitor.store.clock(),
                        first_timestamp=timestamp,
                    )
                )

    def _watched_commit(self, commit: Callable[..., Awaitable[Any]]) -> Callable[..., Any]:
        async def watched(offsets: Mapping[Any, int], *args: Any, **kwargs: Any) -> Any:
            try:
                done = await commit(offsets, *args, **kwargs)
            except Exception as exc:
                for monitor in self._monitors:
                    monitor.commit_ended(offsets, error=error_type(exc), raised=True)
                raise
            reason = getattr(self._app.consumer, "crash_reason", None)
            error = LOST_COMMIT if reason is None else error_type(reason)
            for monitor in self._monitors:
                monitor.commit_ended(offsets, error=None if done else error)
            return done

        return watched

    async def refresh(self) -> None:
        """Ask the broker for the ends of all assigned partitions, and where unread ones stand.

        Records that arrive bring them along; this is for a consumer that is stuck, or idle.
        """
        consumer = self._app.consumer
        try:
            acking = self._app.topics.acking_topics
            assigned = [tp for tp in consumer.assignment() if tp.topic in acking]
            if not assigned:
                return
            ends = await asyncio.wait_for(consumer.highwaters(*assigned), timeout=5.0)
            for tp, end in ends.items():
                await self._tell_end(tp, end)
        except Exception as exc:  # noqa: BLE001  starting, stopping, or the broker is away
            logger.debug("end offsets could not be asked for: %r", exc)

    async def _tell_end(self, tp: Any, end: int | None) -> None:
        committed = self._app.consumer._committed_offset.get(tp)  # noqa: SLF001  told by no hook
        for monitor in self._monitors:
            partition = monitor.store.partition(*tp)
            if not partition.assigned:
                continue  # revoked while the broker was asked
            if end is not None:
                partition.end = end
            if partition.committed is None:
                partition.committed = committed
            if partition.read is None:
                position = committed
                if position is None:
                    position = await asyncio.wait_for(self._app.consumer.position(tp), timeout=5.0)
                if position is not None and partition.read is None:
                    partition.read = position - 1

    def _say_once(self, what: str) -> None:
        if not self._failing:
            self._failing = True
            logger.exception("%s; some of its measurements are missing", what)
