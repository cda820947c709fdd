"""The query API of the contract: each answer is collected when it is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from faust_otel import attributes as key
from faust_otel import catalogue as c

if TYPE_CHECKING:
    from faust_otel.pipeline import Query

__all__ = ["Queries"]


class Queries:
    """Totals as ints, rates per second, latencies in seconds; 0 or 0.0 before anything happened.

    Rates are averages over the last `max_avg_history` seconds, latencies over the last
    `max_commit_latency_history`, `max_send_latency_history` and `max_avg_history` observations.
    `messages_received_total` and `events_total` are among the views: Faust reads them as attributes.
    """

    query: Query

    def messages_sent_total(self) -> int:
        """Return the number of messages sent, those that failed included."""
        return self.query.total(c.SENT)

    def messages_received_per_second(self) -> float:
        """Return the messages received per second."""
        return self.query.rate(0)

    def messages_sent_per_second(self) -> float:
        """Return the messages sent per second."""
        return self.query.rate(1)

    def events_per_second(self) -> float:
        """Return the events processed per second."""
        return self.query.rate(2)

    def tables_contains_total(self) -> int:
        """Return how often ``key in table`` was evaluated."""
        return self._table_operations("contains")

    def tables_get_total(self) -> int:
        """Return how often table keys were read."""
        return self._table_operations("get")

    def tables_set_total(self) -> int:
        """Return how often table keys were written."""
        return self._table_operations("set")

    def tables_del_total(self) -> int:
        """Return how often table keys were deleted."""
        return self._table_operations("del")

    def _table_operations(self, operation: str) -> int:
        return self.query.by(c.TABLE_OPERATIONS, key.TABLE_OPERATION).get(operation, 0)

    def commit_latency_avg(self) -> float:
        """Return the mean of the last commit latencies."""
        return self.query.recent("commit", "mean")

    def send_latency_avg(self) -> float:
        """Return the mean of the last send latencies, of sends that were acknowledged."""
        return self.query.recent("send", "mean")

    def commit_latency_max(self) -> float:
        """Return the greatest of the last commit latencies."""
        return self.query.recent("commit", "max")

    def send_latency_max(self) -> float:
        """Return the greatest of the last send latencies."""
        return self.query.recent("send", "max")

    def assignment_latency_avg(self) -> float:
        """Return the mean of the last durations of partition assignments."""
        return self.query.recent("assignment", "mean")

    def assignment_error_total(self) -> int:
        """Return the number of partition assignments that failed."""
        points = self.query.points(c.ASSIGNMENT_DURATION)
        return sum(int(count) for attrs, count in points if key.ERROR in attrs)

    def rebalances_total(self) -> int:
        """Return the number of rebalances started."""
        return self.query.total(c.REBALANCES)

    def rebalance_return_latency_avg(self) -> float:
        """Return the mean of the last durations of rebalances until partitions were assigned."""
        return self.query.recent("rebalance_return", "mean")

    def topic_buffer_full_total(self) -> int:
        """Return how often a topic's buffer was full."""
        return self.query.total(c.BUFFER_FULL)
