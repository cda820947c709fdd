"""A store with its hooks, its pipeline and what can be read of it: the body of every monitor."""

from __future__ import annotations

from collections.abc import Mapping
from threading import Lock
from typing import TYPE_CHECKING, Any

from faust_otel.pipeline import Pipeline, Query, open_pipeline

from .operations import OperationRecorder
from .recorder import EventRecorder
from .views import Views

if TYPE_CHECKING:
    from faust_otel.state import Store

__all__ = ["Counting"]


class Counting(EventRecorder, OperationRecorder, Views):
    """Hooks that write to `store`, and everything Faust reads from ``app.monitor``."""

    def __init__(self, *, store: Store, meter_provider: Any = None, **kwargs: Any) -> None:
        self._meter_provider = meter_provider
        self._pipeline: Pipeline | None = None
        self._pipeline_lock = Lock()
        super().__init__(store=store, **kwargs)

    @property
    def pipeline(self) -> Pipeline:
        """The pipeline, opened when first asked for: a constructor must not look for providers."""
        with self._pipeline_lock:
            if self._pipeline is None:
                self._pipeline = open_pipeline(self.store, meter_provider=self._meter_provider)
            return self._pipeline

    @property
    def query(self) -> Query:  # type: ignore[override]  # declared by the views
        """Questions to the in-memory reader."""
        return self.pipeline.query

    def commit_ended(
        self, offsets: Mapping[Any, int], *, error: str | None = None, raised: bool = False
    ) -> None:
        """Take the outcome of the commit going on; one that raised is closed by no hook."""
        commit = self.store.open_commit
        if error is None:
            self.store.committed(dict(offsets))
        elif commit is not None:
            commit["outcome"] = error
        if raised and commit is not None:
            self.on_commit_completed(None, commit)

    def asdict(self) -> dict[str, Any]:
        """Return everything as Faust's Monitor does, with values that JSON takes."""
        names = (
            *("messages_active", "messages_received_total", "messages_sent"),
            *("messages_sent_by_topic", "messages_s", "messages_received_by_topic"),
            *("events_active", "events_total", "events_s", "events_runtime_avg"),
            *("events_by_task", "events_by_stream", "commit_latency", "send_latency"),
            *("send_errors", "assignment_latency", "assignments_completed", "assignments_failed"),
            *("metric_counts", "rebalances", "rebalance_return_latency", "rebalance_end_latency"),
            *("rebalance_return_avg", "rebalance_end_avg", "http_response_codes"),
            *("http_response_latency", "http_response_latency_avg"),
        )
        return {
            **{name: _plain(getattr(self, name)) for name in names},
            "topic_buffer_full": self._topic_buffer_full_dict(),
            "tables": {name: dict(table.asdict()) for name, table in self.tables.items()},
            "topic_committed_offsets": self._tp_committed_offsets_dict(),
            "topic_read_offsets": self._tp_read_offsets_dict(),
            "topic_end_offsets": self._tp_end_offsets_dict(),
        }

    # What Faust's own pages read, by these names.

    def _topic_buffer_full_dict(self) -> dict[str, int]:
        # Faust's label of a TP is the same for all partitions, which folds them into one.
        return {f"{tp.topic}-{tp.partition}": n for tp, n in self.topic_buffer_full.items()}

    def _tp_committed_offsets_dict(self) -> dict[str, dict[int, int]]:
        return self.by_topic(self.tp_committed_offsets)

    def _tp_read_offsets_dict(self) -> dict[str, dict[int, int]]:
        return self.by_topic(self.tp_read_offsets)

    def _tp_end_offsets_dict(self) -> dict[str, dict[int, int]]:
        return self.by_topic(self.tp_end_offsets)

    def _events_by_stream_dict(self) -> dict[str, int]:
        return dict(self.events_by_stream)

    def _events_by_task_dict(self) -> dict[str, int]:
        return dict(self.events_by_task)

    def _metric_counts_dict(self) -> dict[str, int]:
        return dict(self.metric_counts)

    def _http_response_codes_dict(self) -> dict[int, int]:
        return dict(self.http_response_codes)

    def time(self) -> float:
        """Return the monotonic clock, in seconds."""
        return self.store.clock()

    def secs_since(self, start_time: float) -> float:
        """Return the seconds since a time of `time`."""
        return self.store.clock() - start_time

    def ms_since(self, start_time: float) -> float:
        """Return the milliseconds since a time of `time`."""
        return self.secs_since(start_time) * 1000.0

    def secs_to_ms(self, timestamp: float) -> float:
        """Return seconds as milliseconds."""
        return timestamp * 1000.0


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, (int, float)):
        return int(value) if isinstance(value, int) else value
    return list(value)
