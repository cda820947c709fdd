"""A store with its hooks, its pipeline and what can be read of it: the body of every monitor."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .kept import kept
from .operations import OperationRecorder
from .partitions import by_topic
from .recorder import EventRecorder
from .views import Views

__all__ = ["Counting"]

#: Views that `Counting.asdict` takes as they are, in Faust's order.
_NAMES = (
    *("messages_active", "messages_received_total", "messages_sent"),
    *("messages_sent_by_topic", "messages_s", "messages_received_by_topic"),
    *("events_active", "events_total", "events_s", "events_runtime_avg"),
    *("events_by_task", "events_by_stream", "commit_latency", "send_latency"),
    *("send_errors", "assignment_latency", "assignments_completed", "assignments_failed"),
    *("metric_counts", "rebalances", "rebalance_return_latency", "rebalance_end_latency"),
    *("rebalance_return_avg", "rebalance_end_avg", "http_response_codes"),
    *("http_response_latency", "http_response_latency_avg"),
)


class Counting(EventRecorder, OperationRecorder, Views):
    """Hooks that write to `store`, and everything Faust reads from ``app.monitor``."""

    def commit_ended(
        self, offsets: Mapping[Any, int], *, error: str | None = None, raised: bool = False
    ) -> None:
        """Take the outcome of the commit going on; one that raised is closed by no hook."""
        store = kept(self).store
        commit = store.open_commit
        if error is None:
            store.committed(dict(offsets))
        elif commit is not None:
            commit["outcome"] = error
        if raised and commit is not None:
            self.on_commit_completed(None, commit)

    def asdict(self) -> dict[str, Any]:
        """Return everything as Faust's Monitor does, with values that JSON takes."""
        tables = _read(self, "tables")
        return {
            **{name: _plain(_read(self, name)) for name in _NAMES},
            "topic_buffer_full": self._topic_buffer_full_dict(),
            "tables": {name: dict(table.asdict()) for name, table in tables.items()},
            "topic_committed_offsets": self._tp_committed_offsets_dict(),
            "topic_read_offsets": self._tp_read_offsets_dict(),
            "topic_end_offsets": self._tp_end_offsets_dict(),
        }

    # What Faust's own pages read, by these names.

    def _topic_buffer_full_dict(self) -> dict[str, int]:
        # Faust's label of a TP is the same for all partitions, which folds them into one.
        full = _read(self, "topic_buffer_full")
        return {f"{tp.topic}-{tp.partition}": count for tp, count in full.items()}

    def _tp_committed_offsets_dict(self) -> dict[str, dict[int, int]]:
        return by_topic(_read(self, "tp_committed_offsets"))

    def _tp_read_offsets_dict(self) -> dict[str, dict[int, int]]:
        return by_topic(_read(self, "tp_read_offsets"))

    def _tp_end_offsets_dict(self) -> dict[str, dict[int, int]]:
        return by_topic(_read(self, "tp_end_offsets"))

    def _events_by_stream_dict(self) -> dict[str, int]:
        return dict(_read(self, "events_by_stream"))

    def _events_by_task_dict(self) -> dict[str, int]:
        return dict(_read(self, "events_by_task"))

    def _metric_counts_dict(self) -> dict[str, int]:
        return dict(_read(self, "metric_counts"))

    def _http_response_codes_dict(self) -> dict[int, int]:
        return dict(_read(self, "http_response_codes"))

    def time(self) -> float:
        """Return the monotonic clock, in seconds."""
        return kept(self).store.clock()

    def secs_since(self, start_time: float) -> float:
        """Return the seconds since a time of `time`."""
        return kept(self).store.clock() - start_time

    def ms_since(self, start_time: float) -> float:
        """Return the milliseconds since a time of `time`."""
        return (kept(self).store.clock() - start_time) * 1000.0

    def secs_to_ms(self, timestamp: float) -> float:
        """Return seconds as milliseconds."""
        return timestamp * 1000.0


def _read(counting: Counting, name: str) -> Any:
    """Return what the view says, also where a subclass shadows it with something of its own."""
    return vars(Views)[name].read(counting)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, (int, float)):
        return int(value) if isinstance(value, int) else value
    return list(value)
