"""What the consumer knows and tells no hook: assignments, fetched batches, acknowledgements."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from faust_otel.sensors.kept import kept
from faust_otel.sensors.naming import topic_partition
from faust_otel.state import Fetch

from .ends import Ends
from .patches import Patches

if TYPE_CHECKING:
    from faust_otel.sensors.counting import Counting

    from .guard import Guard

__all__ = ["ConsumerProbe"]

Method = Callable[..., Awaitable[Any]]


class ConsumerProbe:
    """Watches one app's consumer, for all its monitors."""

    name = "the consumer"

    def __init__(self, app: Any, monitors: list[Counting], *, guard: Guard) -> None:
        self._app = app
        self._monitors = monitors
        self._guard = guard
        self._patches = Patches()
        self.ends = Ends(app, monitors)

    def attach(self) -> None:
        """Begin to watch; again does nothing."""
        consumer = self._app._consumer  # noqa: SLF001  the property would make one
        if consumer is None:
            return
        self._patches.replace(consumer, "_getmany", self._watched_fetch)
        self._patches.replace(consumer, "perform_seek", self._watched_seek)
        self._patches.replace(consumer, "ack", self._watched_ack)
        # Weakly: Faust keeps the receivers of all apps in one place.
        self._app.on_partitions_assigned.connect(self._assigned, weak=True)
        self._app.on_partitions_revoked.connect(self._revoked, weak=True)

    def detach(self) -> None:
        """Stop watching."""
        self._patches.undo()
        self._app.on_partitions_assigned.disconnect(self._assigned, weak=True)
        self._app.on_partitions_revoked.disconnect(self._revoked, weak=True)
        self.ends.cancel()

    def catch_up(self, monitor: Counting) -> None:
        """Tell a monitor that comes late what is assigned and committed, and ask for the rest."""
        consumer = self._app._consumer  # noqa: SLF001  the property would make one
        if consumer is None or not consumer.started:
            return
        partitions = kept(monitor).store.partitions
        for topic, number in (topic_partition(tuple(tp)) for tp in consumer.assignment()):
            kept(monitor).store.partition(str(topic), number).assign()
        _begin(partitions, dict(consumer._committed_offset))  # noqa: SLF001  no hook
        self.ends.ask()

    async def _assigned(self, app: Any, assigned: Iterable[Any], **_: Any) -> None:
        with self._guard("the assignment of partitions"):
            keys = {topic_partition(tuple(tp)) for tp in assigned}
            for monitor in self._monitors:
                store = kept(monitor).store
                for partition in list(store.partitions.values()):
                    if partition.assigned and partition.key not in keys:
                        partition.revoke()
                for topic, number in keys:
                    store.partition(str(topic), number).assign()

    async def _revoked(self, app: Any, revoked: Iterable[Any], **_: Any) -> None:
        with self._guard("the assignment of partitions"):
            for topic, number in (topic_partition(tuple(tp)) for tp in revoked):
                for monitor in self._monitors:
                    kept(monitor).store.partition(str(topic), number).revoke()

    def _watched_fetch(self, fetch: Method) -> Method:
        async def watched(*args: Any, **kwargs: Any) -> Any:
            records = await fetch(*args, **kwargs)
            if records:
                with self._guard("what is fetched"):
                    self._fetched(records)
            return records

        return watched

    def _fetched(self, records: Mapping[Any, Any]) -> None:
        acking = self._app.topics.acking_topics
        for tp, batch in records.items():
            topic, number = topic_partition(tuple(tp))
            if not batch or topic not in acking:
                continue
            first, last = batch[0], batch[-1]
            timestamp = (first.timestamp or 0) / 1000.0
            end = self._app.consumer.highwater(tp)
            for monitor in self._monitors:
                store = kept(monitor).store
                partition = store.partition(str(topic), number)
                if end is not None:
                    partition.end = end  # Faust tells it to the app's own monitor alone
                partition.fetched(
                    Fetch(first.offset, last.offset, at=store.clock(), first_timestamp=timestamp)
                )

    def _watched_seek(self, seek: Method) -> Method:
        """Faust goes to the offsets that the group has committed before it begins to fetch."""

        async def watched(*args: Any, **kwargs: Any) -> Any:
            done = await seek(*args, **kwargs)
            with self._guard("where the consumer begins"):
                # Commits move these offsets even when they fail; now they are the broker's.
                committed = dict(self._app.consumer._committed_offset)  # noqa: SLF001  no hook
                for monitor in self._monitors:
                    _begin(kept(monitor).store.partitions, committed)
                self.ends.ask()
            return done

        return watched

    def _watched_ack(self, ack: Callable[[Any], bool]) -> Callable[[Any], bool]:
        """``event.ack()`` and ``async with event`` call no hook, but they come by here."""

        def watched(message: Any) -> bool:
            last = ack(message)
            if last:
                try:
                    self._acknowledged(message)
                except Exception as exc:  # noqa: BLE001  said by the guard
                    self._guard.say("acknowledgements", exc)
            return last

        return watched

    def _acknowledged(self, message: Any) -> None:
        for monitor in self._monitors:
            partition = kept(monitor).store.partitions.get(message.tp)
            if partition is not None:
                partition.acknowledged(message.offset)


def _begin(partitions: Mapping[Any, Any], committed: Mapping[Any, int | None]) -> None:
    for tp, offset in committed.items():
        partition = partitions.get(topic_partition(tuple(tp)))
        if partition is not None and partition.assigned and offset is not None:
            partition.committed = offset
