"""What the demo shows: read from the monitor, and from nothing else."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from faust_otel import attributes as key
from faust_otel import catalogue as c

from .percentiles import Spread, spread

if TYPE_CHECKING:
    from faust_otel import Monitor
    from faust_otel.pipeline import Query
    from faust_otel.words import Metric

__all__ = ["AgentFigures", "Figures", "TopicFigures", "read"]


@dataclass(frozen=True, slots=True)
class TopicFigures:
    """One topic: messages consumed, committed and sent, messages behind, seconds behind.

    None is what does not apply: nobody commits a topic that is only written to.
    """

    topic: str
    consumed: int | None = None
    committed: int | None = None
    sent: int | None = None
    lag: int | None = None
    delay: float | None = None


@dataclass(frozen=True, slots=True)
class AgentFigures:
    """One agent: events processed by topic, in work now, exceptions, restarts, time per event."""

    agent: str
    events: dict[str, int]
    active: int
    exceptions: int
    restarts: int
    processing: Spread


@dataclass(frozen=True, slots=True)
class Figures:
    """Everything at one moment; rates per second, latencies in seconds, memory in bytes."""

    received_rate: float
    sent_rate: float
    events_rate: float
    topics: tuple[TopicFigures, ...]
    agents: tuple[AgentFigures, ...]
    commits: Spread
    sends: Spread
    ages: Spread
    loop_delays: Spread
    tables: dict[str, dict[str, int]]
    memory: int
    send_errors: int

    @property
    def lag(self) -> int:
        """Messages behind, over all topics."""
        return sum(topic.lag or 0 for topic in self.topics)

    @property
    def exceptions(self) -> int:
        """Exceptions of all agents."""
        return sum(agent.exceptions for agent in self.agents)


def read(monitor: Monitor) -> Figures:
    """Return what `monitor` says now; takes some milliseconds, on whatever thread calls it."""
    query = monitor.query
    return Figures(
        received_rate=monitor.messages_received_per_second(),
        sent_rate=monitor.messages_sent_per_second(),
        events_rate=monitor.events_per_second(),
        topics=_topics(query),
        agents=_agents(query),
        commits=_spread(query, c.OPERATION_DURATION, OPERATION="commit"),
        sends=_spread(query, c.OPERATION_DURATION, OPERATION="send"),
        ages=_spread(query, c.EVENT_AGE),
        loop_delays=_spread(query, c.EVENT_LOOP_DELAY),
        tables=_tables(query),
        memory=query.total(c.MEMORY_USAGE),
        send_errors=monitor.send_errors,
    )


def _topics(query: Query) -> tuple[TopicFigures, ...]:
    consumed = query.by(c.CONSUMED, key.TOPIC)
    committed = _sums(query, c.OFFSET, OFFSET_TYPE="committed")
    sent = _sums(query, c.SENT, ERROR=None)
    lag = query.by(c.LAG, key.TOPIC)
    delays = _greatest(query, c.DELAY)
    names = {*consumed, *sent, *lag}
    return tuple(
        TopicFigures(
            topic,
            consumed=consumed.get(topic),
            committed=committed.get(topic),
            sent=sent.get(topic),
            lag=lag.get(topic),
            delay=delays.get(topic),
        )
        for topic in sorted(names, key=lambda name: (name not in consumed, name))
    )


def _agents(query: Query) -> tuple[AgentFigures, ...]:
    events: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for attrs, count in query.points(c.EVENTS):
        if key.AGENT in attrs:
            events[str(attrs[key.AGENT])][str(attrs.get(key.TOPIC))] += int(count)
    active, exceptions, restarts = (
        query.by(metric, key.AGENT)
        for metric in (c.EVENT_ACTIVE, c.AGENT_EXCEPTIONS, c.AGENT_RESTARTS)
    )
    return tuple(
        AgentFigures(
            agent,
            events=dict(topics),
            active=active.get(agent, 0),
            exceptions=exceptions.get(agent, 0),
            restarts=restarts.get(agent, 0),
            processing=_spread(query, c.PROCESS_DURATION, AGENT=agent),
        )
        for agent, topics in sorted(events.items())
    )


def _tables(query: Query) -> dict[str, dict[str, int]]:
    tables: dict[str, dict[str, int]] = {}
    for attrs, count in query.points(c.TABLE_OPERATIONS):
        table = tables.setdefault(str(attrs[key.TABLE]), {})
        table[str(attrs[key.TABLE_OPERATION])] = int(count)
    return tables


def _sums(query: Query, metric: Metric, **labels: str | None) -> dict[str, int]:
    """Return sums by topic, of the series with these labels; None is a label that is not there."""
    sums: dict[str, int] = {}
    for attrs, value in query.points(metric):
        if _matches(attrs, labels):
            topic = str(attrs[key.TOPIC])
            sums[topic] = sums.get(topic, 0) + int(value)
    return sums


def _greatest(query: Query, metric: Metric) -> dict[str, float]:
    greatest: dict[str, float] = {}
    for attrs, value in query.points(metric):
        topic = str(attrs[key.TOPIC])
        greatest[topic] = max(greatest.get(topic, 0.0), float(value))
    return greatest


def _spread(query: Query, metric: Metric, **labels: str | None) -> Spread:
    points = query.distributions(metric)
    return spread(point for attrs, point in points if _matches(attrs, labels))


def _matches(attrs: dict[str, Any], labels: dict[str, str | None]) -> bool:
    return all(attrs.get(getattr(key, name)) == value for name, value in labels.items())
