"""Levels that are read from the app when somebody collects: buffers, tables, recovery."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from faust_otel import attributes as key
from faust_otel import catalogue

if TYPE_CHECKING:
    from faust_otel.sensors.counting import Counting
    from faust_otel.state import Reading
    from faust_otel.words import Metric

__all__ = ["LevelProbe"]


class LevelProbe:
    """Reads one app's levels into the store of one monitor, and its recoveries."""

    def __init__(self, app: Any, monitor: Counting) -> None:
        self._app = app
        self._store = monitor.store
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
        for metric, reading in self._readings.items():
            self._store.readings[metric].remove(reading)

    def watch_recovery(self) -> None:
        """Measure a recovery that has ended since the last call."""
        recovery = self._app.tables.recovery
        started = getattr(recovery, "_recovery_started_at", None)
        ended = getattr(recovery, "_recovery_ended_at", None)
        if started is None or ended is None or ended == self._recovered_at:
            return
        self._recovered_at = ended
        self._store.recoveries.get().add(ended - started)

    def _stream_buffers(self) -> list[Reading]:
        sizes: dict[str, int] = {}
        for channel in list(self._app.topics):
            waiting = channel.queue.qsize()
            for topic in channel.topics or ():
                sizes[topic] = sizes.get(topic, 0) + waiting
        return [({key.TOPIC: topic}, size) for topic, size in sizes.items()]

    def _producer_buffer(self) -> list[Reading]:
        return [({}, self._app.producer.buffer.size + self._store.producer_queue)]

    def _table_sizes(self) -> list[Reading]:
        return [
            ({key.TABLE: name}, len(data))
            for name, table in list(self._app.tables.items())
            if isinstance(data := getattr(table.data, "data", None), Mapping)
        ]

    def _recovery_remaining(self) -> list[Reading]:
        recovery = self._app.tables.recovery
        if not recovery.in_recovery:
            return []
        names = {
            table.changelog_topic.get_topic_name(): name
            for name, table in list(self._app.tables.items())
        }
        remaining: dict[str, int] = {}
        for tp, left in recovery.active_remaining().items():
            name = names.get(tp.topic, tp.topic)
            remaining[name] = remaining.get(name, 0) + max(0, left)
        return [({key.TABLE: name}, left) for name, left in remaining.items()]
