"""Levels that are read from the app when somebody collects: buffers, tables, recovery.

A reader has a thread of its own, so nothing here may make what the app makes on first use, and
what the event loop changes meanwhile is copied before it is looked at.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from faust_otel import attributes as key
from faust_otel import catalogue
from faust_otel.sensors.kept import kept

if TYPE_CHECKING:
    from faust_otel.sensors.counting import Counting
    from faust_otel.state import Reading
    from faust_otel.words import Metric

__all__ = ["LevelProbe"]


class LevelProbe:
    """Reads one app's levels into the store of one monitor, and its recoveries."""

    def __init__(self, app: Any, monitor: Counting) -> None:
        self._app = app
        self._store = kept(monitor).store
        self._recovered_at: float | None = None
        self._readings: dict[Metric, Callable[[], list[Reading]]] = {
            catalogue.STREAM_BUFFER_SIZE: self._stream_buffers,
            catalogue.PRODUCER_BUFFER_SIZE: self._producer_buffer,
            catalogue.TABLE_SIZE: self._table_sizes,
            catalogue.RECOVERY_REMAINING: self._recovery_remaining,
        }

    def attach(self) -> None:
        """Begin to be read."""
        for metric, reading in self._readings.items():
            self._store.readings.setdefault(metric, []).append(reading)

    def detach(self) -> None:
        """Be read no more."""
        self.watch_recovery()
        for metric, reading in self._readings.items():
            self._store.readings[metric].remove(reading)

    def watch_recovery(self) -> None:
        """Measure a recovery that has ended since the last call."""
        recovery = self._app.tables._recovery  # noqa: SLF001  the property would make one
        if recovery is None:
            return
        started, ended = recovery._recovery_started_at, recovery._recovery_ended_at  # noqa: SLF001
        if started is None or ended is None or ended < started or ended == self._recovered_at:
            return
        self._recovered_at = ended
        self._store.recoveries.get().add(ended - started)

    def _stream_buffers(self) -> list[Reading]:
        sizes: Counter[str] = Counter()
        for channel in list(self._app.topics):
            queue, topics = channel._queue, list(channel.topics or ())  # noqa: SLF001  as above
            sizes.update(dict.fromkeys(topics, 0))
            if queue is None:
                continue
            if len(topics) == 1:
                sizes[topics[0]] += queue.qsize()
            else:
                sizes.update(event.message.topic for event in list(queue._queue))  # noqa: SLF001
        return [({key.TOPIC: topic}, size) for topic, size in sizes.items()]

    def _producer_buffer(self) -> list[Reading]:
        producer = self._app._producer  # noqa: SLF001  as above
        return [] if producer is None else [({}, producer.buffer.size)]

    def _table_sizes(self) -> list[Reading]:
        return [
            ({key.TABLE: name}, len(data))
            for name, table in list(self._app.tables.items())
            if isinstance(data := getattr(table._data, "data", None), Mapping)  # noqa: SLF001
        ]

    def _recovery_remaining(self) -> list[Reading]:
        recovery = self._app.tables._recovery  # noqa: SLF001  as above
        if recovery is None or not recovery.in_recovery:
            return []
        names = {
            table.changelog_topic.get_topic_name(): name
            for name, table in list(self._app.tables.items())
        }
        read = dict(recovery.active_offsets)
        remaining: Counter[str] = Counter()
        for tp, end in dict(recovery.active_highwaters).items():
            done = read.get(tp)
            if end is not None and done is not None:
                remaining[names.get(tp.topic, tp.topic)] += max(0, end - done)
        return [({key.TABLE: name}, left) for name, left in remaining.items()]
