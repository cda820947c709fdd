"""The type interfaces of the contract: what a sensor and a monitor look like from outside."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol, runtime_checkable

__all__ = ["Attributes", "Clock", "MonitorT", "SensorT"]

#: Seconds, monotonic or since the epoch, as the name of the argument says.
Clock = Callable[[], float]

#: Attributes of one series, as OpenTelemetry takes them.
Attributes = Mapping[str, "str | int"]


@runtime_checkable
class SensorT(Protocol):
    """What Faust calls on a sensor, and what a reader may ask of it."""

    def on_message_in(self, tp: Any, offset: int, message: Any) -> None:
        """Message taken by the first stream."""

    def on_message_out(self, tp: Any, offset: int, message: Any) -> None:
        """Message acknowledged by all streams."""

    def on_table_get(self, table: Any, key: Any) -> None:
        """Key read from a table."""

    def on_table_set(self, table: Any, key: Any, value: Any) -> None:
        """Key written to a table."""

    def on_commit_completed(self, consumer: Any, state: Any) -> None:
        """Commit of offsets finished."""

    def asdict(self) -> Mapping[str, Any]:
        """Return what was measured as a dictionary."""


@runtime_checkable
class MonitorT(SensorT, Protocol):
    """A sensor that answers queries."""

    def messages_received_total(self) -> int:
        """Return the number of messages received."""

    def messages_sent_total(self) -> int:
        """Return the number of messages sent."""

    def events_per_second(self) -> float:
        """Return the recent rate of events."""

    def commit_latency_avg(self) -> float:
        """Return the mean of the recent commit latencies in seconds."""
