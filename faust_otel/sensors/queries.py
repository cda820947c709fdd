"""The query API of the contract: each answer is collected when it is asked for."""

from __future__ import annotations

from faust_otel import attributes as key
from faust_otel import catalogue as c

from .kept import Keeper

__all__ = ["Queries"]


class Queries(Keeper):
    """Totals as ints, rates per second, latencies in seconds; 0 or 0.0 before anything happened.

    Rates are averages over the last `max_avg_history` seconds, latencies over the last
    `max_commit_latency_history`, `max_send_latency_history` and `max_avg_history` observations.
    Faust reads `messages_received_total` and `events_total` as attributes: they are views.
    """

    def messages_sent_total(self) -> int:
        """Return the number of messages sent, those that failed included."""
        return self._faust_otel.query.total(c.SENT)

    def messages_received_per_second(self) -> float:
        """Return the messages received per second."""
        return self._faust_otel.query.rate(0)

    def messages_sent_per_second(self) -> float:
        """Return the messages sent per second."""
        return self._faust_otel.query.rate(1)

    def events_per_second(self) -> float:
        """Return the events processed per second."""
        return self._faust_otel.query.rate(2)

    def tables_contains_total(self) -> int:
        """Return how often ``key in table`` was evaluated."""
        return self.__table_operations("contains")

    def tables_get_total(self) -> int:
        """Return how often table keys were read."""
        return self.__table_operations("get")

    def tables_set_total(self) -> int:
        """Return how often table keys were written."""
        return self.__table_operations("set")

    def tables_del_total(self) -> int:
        """Return how often table keys were deleted."""
        return self.__table_operations("del")

    def __table_operations(self, operation: str) -> int:
        return self._faust_otel.query.by(c.TABLE_OPERATIONS, key.TABLE_OPERATION).get(operation, 0)

    def commit_latency_avg(self) -> float:
        """Return the mean of the last commit latencies."""
        return self._faust_otel.query.recent("commit", "mean")

    def send_latency_avg(self) -> float:
        """Return the mean of the last send latencies, of sends that were acknowledged."""
        return self._faust_otel.query.recent("send", "mean")

    def commit_latency_max(self) -> float:
        """Return the greatest of the last commit latencies."""
        return self._faust_otel.query.recent("commit", "max")

    def send_latency_max(self) -> float:
        """Return the greatest of the last send latencies."""
        return self._faust_otel.query.recent("send", "max")

    def assignment_latency_avg(self) -> float:
        """Return the mean of the last durations of partition assignments."""
        return self._faust_otel.query.recent("assignment", "mean")

    def assignment_error_total(self) -> int:
        """Return the number of partition assignments that failed."""
        points = self._faust_otel.query.points(c.ASSIGNMENT_DURATION)
        return sum(int(count) for attrs, count in points if key.ERROR in attrs)

    def rebalances_total(self) -> int:
        """Return the number of rebalances started."""
        return self._faust_otel.query.total(c.REBALANCES)

    def rebalance_return_latency_avg(self) -> float:
        """Return the mean of the last durations of rebalances until partitions were assigned."""
        return self._faust_otel.query.recent("rebalance_return", "mean")

    def topic_buffer_full_total(self) -> int:
        """Return how often a topic's buffer was full."""
        return self._faust_otel.query.total(c.BUFFER_FULL)
