"""The end of the demo: what telemetry counted, beside what the broker holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from faust_otel.testing import EmbeddedBroker

    from .figures import AgentFigures, Figures, TopicFigures

__all__ = ["AgentLine", "Held", "Summary", "TopicLine", "held_by", "summarize"]


@dataclass(frozen=True, slots=True)
class Held:
    """What the broker holds of one topic, over all partitions.

    `committed` is how many records the group has committed, None when it never committed there.
    """

    end: int
    committed: int | None = None


@dataclass(frozen=True, slots=True)
class TopicLine:
    """One topic: three counts of telemetry's, two of the broker's; None where nothing is due.

    Once everything is processed, every number that is there is the number of its records.
    """

    topic: str
    consumed: int | None
    committed: int | None
    sent: int | None
    held: Held

    def differs(self) -> str:
        """Return what differs, "" when nothing does."""
        counts = {
            "consumed": self.consumed,
            "committed": self.committed,
            "sent": self.sent,
            "committed on the broker": self.held.committed,
        }
        wrong = [
            f"{name} {count:,}"
            for name, count in counts.items()
            if count is not None and count != self.held.end
        ]
        return f"{self.topic}: {', '.join(wrong)}, records {self.held.end:,}" if wrong else ""


@dataclass(frozen=True, slots=True)
class AgentLine:
    """One agent: events it has processed by topic, beside the records of these topics."""

    agent: str
    events: dict[str, int]
    records: dict[str, int]

    def differs(self) -> str:
        """Return what differs, "" when nothing does."""
        wrong = [
            f"{self.events.get(topic, 0):,} events of {topic}, records {count:,}"
            for topic, count in self.records.items()
            if self.events.get(topic, 0) != count
        ]
        return f"{self.agent}: {', '.join(wrong)}" if wrong else ""


@dataclass(frozen=True, slots=True)
class Summary:
    """Both sides, line by line; `fed` orders were written by the feeder to the topic `fed_to`."""

    topics: tuple[TopicLine, ...]
    agents: tuple[AgentLine, ...]
    exceptions: int
    send_errors: int
    fed: int
    fed_to: str

    def differences(self) -> list[str]:
        """Return every line that differs."""
        lines: Iterable[TopicLine | AgentLine] = (*self.topics, *self.agents)
        found = [difference for line in lines if (difference := line.differs())]
        held = next((line.held.end for line in self.topics if line.topic == self.fed_to), 0)
        if held != self.fed:
            found.append(f"{self.fed_to}: {self.fed:,} orders fed, records {held:,}")
        return found


def held_by(broker: EmbeddedBroker, *, group: str) -> dict[str, Held]:
    """Return what `broker` holds, by topic, and how much of it `group` has committed."""
    found = {}
    for topic in broker.topics():
        offsets = [at for at in broker.committed(group, topic).values() if at is not None]
        end = sum(broker.end_offsets(topic).values())
        found[topic] = Held(end, sum(offsets) if offsets else None)
    return found


def summarize(
    figures: Figures,
    held: Mapping[str, Held],
    *,
    reads: Mapping[str, Iterable[str]],
    fed: int,
    fed_to: str,
) -> Summary:
    """Put telemetry's `figures` beside what is `held`.

    `reads` names the topics that each agent is known to read: one that telemetry says nothing of
    must not go unnoticed. The topic `fed_to` is not written to by the app.
    """
    counted = {topic.topic: topic for topic in figures.topics}
    read_topics = {topic for topics in reads.values() for topic in topics}
    return Summary(
        topics=tuple(_topic_lines(counted, held, read_topics=read_topics, fed_to=fed_to)),
        agents=tuple(_agent_lines(figures.agents, held, reads=reads)),
        exceptions=figures.exceptions,
        send_errors=figures.send_errors,
        fed=fed,
        fed_to=fed_to,
    )


def _topic_lines(
    counted: Mapping[str, TopicFigures],
    held: Mapping[str, Held],
    *,
    read_topics: set[str],
    fed_to: str,
) -> Iterator[TopicLine]:
    for topic in dict.fromkeys((*counted, *held)):
        found, there = counted.get(topic), held.get(topic, Held(0))
        is_read = topic in read_topics or bool(there.committed or (found and found.consumed))
        if is_read:
            there = Held(there.end, there.committed or 0)
        yield TopicLine(
            topic,
            consumed=(found and found.consumed) or 0 if is_read else None,
            committed=(found and found.committed) or 0 if is_read else None,
            sent=None if topic == fed_to else (found and found.sent) or 0,
            held=there,
        )


def _agent_lines(
    agents: Iterable[AgentFigures],
    held: Mapping[str, Held],
    *,
    reads: Mapping[str, Iterable[str]],
) -> Iterator[AgentLine]:
    counted = {agent.agent: agent.events for agent in agents}
    for agent in dict.fromkeys((*reads, *counted)):
        events = counted.get(agent, {})
        topics = dict.fromkeys((*reads.get(agent, ()), *events))
        records = {topic: held[topic].end if topic in held else 0 for topic in topics}
        yield AgentLine(agent, events=events, records=records)
