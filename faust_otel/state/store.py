"""All that has been counted, in one place: hooks write here, the pipeline reads here.

One store belongs to one monitor. Hooks add to plain ints and lists without locks: per-event hooks
run on the event loop's thread, sends and histograms are safe on any. Readers copy dictionaries
before they iterate, since the loop goes on inserting meanwhile.
"""

from __future__ import annotations

from collections import Counter
from os import getpid
from time import monotonic, time, time_ns
from typing import TYPE_CHECKING, Any

from faust_otel import attributes as key
from faust_otel import catalogue

from .partition import Partition
from .recent import History, Rates, Recent
from .sends import SentTopic
from .series import Counts, Histograms, label
from .tables import Table
from .work import Cell, EventSeries, Flow, Work

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator, Mapping

    from faust_otel.typing import Clock
    from faust_otel.words import Metric

__all__ = ["Reading", "Store"]

#: A value read from the app at collection: labels (named as in `attributes`) and the value.
Reading = tuple[dict[str, "str | int"], "int | float"]


class Store:
    """Owns every record; `clock` is monotonic seconds, `wall` seconds since the epoch."""

    def __init__(
        self, *, clock: Clock = monotonic, wall: Clock = time, history: History | None = None
    ) -> None:
        self.clock, self.wall = clock, wall
        self.history = history or History()
        self.group: str | None = None
        self.app_id: str | None = None
        #: The same for all stores of one app, which all count the same.
        self.app: Hashable | None = None
        self.faust_version: str | None = None
        self.partitions: dict[Hashable, Partition] = {}
        self.flows: dict[Any, Flow] = {}
        self.tables: dict[str, Table] = {}
        self.sent: dict[str | None, SentTopic] = {}
        self.metric_counts: Counter[str] = Counter()
        self._works: dict[tuple[str | None, str | None], Work] = {}
        self._series: dict[tuple[Hashable, str | None], EventSeries] = {}
        self._cells: dict[Hashable, Cell] = {}
        #: Sources that attached parts add: called at collection, on the reader's thread.
        self.readings: dict[Metric, list[Callable[[], list[Reading]]]] = {}
        self._start()

    def _start(self) -> None:
        self.start_time_ns = time_ns()
        self.pid = getpid()
        self.recent = Recent(self.history)
        self._make_families()
        self.rates = Rates(self.history, now=self.clock())
        self.rebalancing = 0
        #: True once somebody tells the outcome of commits (see `sensors.probe`).
        self.commits_watched = False
        #: Messages that wait for the producer's thread, when it has one.
        self.producer_queue = 0
        #: The commit going on, as the hook that opened it keeps it.
        self.open_commit: dict[str, Any] | None = None

    def _make_families(self) -> None:
        recent, c = self.recent, catalogue
        self.sends = Histograms(
            c.OPERATION_DURATION,
            recent=recent.send,
            SYSTEM="kafka",
            OPERATION="send",
            OPERATION_TYPE="send",
        )
        self.commits = Histograms(
            c.OPERATION_DURATION,
            recent=recent.commit,
            SYSTEM="kafka",
            OPERATION="commit",
            OPERATION_TYPE="settle",
        )
        self.processing = Histograms(
            c.PROCESS_DURATION, recent=recent.event, SYSTEM="kafka", OPERATION="process"
        )
        self.ages = Histograms(c.EVENT_AGE)
        self.waits = Histograms(c.QUEUE_DURATION)
        self.loop_delays = Histograms(c.EVENT_LOOP_DELAY)
        self.recoveries = Histograms(c.RECOVERY_DURATION)
        self.assignments = Histograms(c.ASSIGNMENT_DURATION)
        self.rebalance_durations = Histograms(c.REBALANCE_DURATION)
        self.requests = Histograms(c.HTTP_DURATION)
        self.commit_noops = Counts(c.COMMIT_NOOPS)
        self.decode_errors = Counts(c.DECODE_ERRORS)
        self.agent_exceptions = Counts(c.AGENT_EXCEPTIONS)
        self.agent_restarts = Counts(c.AGENT_RESTARTS)
        self.rebalances = Counts(c.REBALANCES)
        self.sensor_errors = Counts(c.SENSOR_ERRORS)

    def families(self) -> Iterator[Counts | Histograms]:
        """Yield every family of series."""
        for value in list(vars(self).values()):
            if isinstance(value, (Counts, Histograms)):
                yield value

    def histograms(self, metric: Metric) -> Iterator[Histograms]:
        """Yield the families of histograms that make up `metric`."""
        for family in self.families():
            if isinstance(family, Histograms) and family.metric is metric:
                yield family

    def identify(self, *, group: str, app_id: str) -> None:
        """Name the consumer group and app, when they become known."""
        if (group, app_id) == (self.group, self.app_id):
            return
        self.group, self.app_id = group, app_id
        self.processing.rename(GROUP=group)
        for partition in list(self.partitions.values()):
            partition.attrs = None

    def partition(self, topic: str, number: int) -> Partition:
        """Return the partition's record, made on first use."""
        found = self.partitions.get((topic, number))
        if found is None:
            found = Partition(topic, number, waits=self.waits.get(TOPIC=topic))
            # Hooks run on several threads: the first to store its record wins for all.
            found = self.partitions.setdefault((topic, number), found)
        return found

    def cell(self, flow: Flow, *, partition: Partition | None) -> Cell:
        """Return the stream's record for a partition; None is an in-memory channel.

        Streams of the same label, task and agent share theirs, one after the other or at once.
        """
        place = (flow.label, flow.task, flow.agent, partition and partition.key)
        found = self._cells.get(place)
        if found is None:
            topic = partition.topic if partition else None
            found = self._cells[place] = Cell(
                self._works.get((topic, flow.agent)) or self._new_work(topic, flow.agent),
                partition or self.channel(),
                series=self._event_series(partition, flow.agent),
                label=flow.label,
                task=flow.task,
            )
        return found

    def channel(self) -> Partition:
        """Return a record that is read by nobody: an in-memory channel has no topic."""
        record = Partition("", 0, waits=self.waits.get(TOPIC=None))
        record.key = (None, 0)
        return record

    def _event_series(self, partition: Partition | None, agent: str | None) -> EventSeries:
        place = (partition and partition.key, agent)
        found = self._series.get(place)
        if found is None:
            values = {
                key.TOPIC: partition.topic if partition else None,
                key.PARTITION: str(partition.partition) if partition else None,
                key.AGENT: agent,
            }
            found = self._series[place] = EventSeries(label(catalogue.EVENTS, values))
        return found

    def _new_work(self, topic: str | None, agent: str | None) -> Work:
        work = self._works[topic, agent] = Work(
            topic,
            agent,
            duration=self.processing.get(TOPIC=topic, AGENT=agent, ERROR=None),
            age=self.ages.get(TOPIC=topic, AGENT=agent),
            waits=self.waits.get(TOPIC=topic) if topic is not None else None,
            active_attrs=label(catalogue.EVENT_ACTIVE, {key.TOPIC: topic, key.AGENT: agent}),
        )
        return work

    def works(self) -> list[Work]:
        """Return all records by topic and agent."""
        return list(self._works.values())

    def event_series(self) -> list[EventSeries]:
        """Return all records by partition and agent."""
        return list(self._series.values())

    def cells(self) -> list[Cell]:
        """Return all records by partition and stream."""
        return list(self._cells.values())

    def table(self, name: str) -> Table:
        """Return the table's record, made on first use."""
        return self.tables.get(name) or self.tables.setdefault(name, Table(name))

    def sent_to(self, topic: str | None) -> SentTopic:
        """Return the record of sends to `topic`, made on first use."""
        found = self.sent.get(topic)
        if found is None:
            values = {key.TOPIC: topic, key.IO_DIRECTION: "transmit"}
            found = SentTopic(
                topic, durations=self.sends, io_attrs=label(catalogue.CLIENT_IO, values)
            )
            found = self.sent.setdefault(topic, found)
        return found

    def totals(self) -> tuple[int, int, int]:
        """Return how many messages were received and sent, and how many events ended."""
        received = sum(partition.received for partition in list(self.partitions.values()))
        sent = sum(histogram.total() for histogram in self.sends)
        return received, sent, sum(cell.ended for cell in self.cells())

    def committed(self, offsets: Mapping[tuple[str | None, int], Any]) -> None:
        """Note offsets that were committed: the next to read after a restart."""
        for (topic, number), offset in offsets.items():
            if topic is not None and isinstance(offset, int):
                self.partition(topic, number).committed = offset
        if self.open_commit is not None:
            self.open_commit["outcome"] = True

    def fold(self) -> None:
        """Count what waits in all histograms."""
        for family in self.families():
            if isinstance(family, Histograms):
                for histogram in family:
                    histogram.fold()

    def clear(self) -> None:
        """Begin at zero: in a forked child, whose parent goes on with these counts.

        What was open in the parent ends in its records, which nobody reads here.
        """
        for records in (
            *(self.partitions, self.flows, self.tables, self.sent, self.metric_counts),
            *(self._works, self._series, self._cells),
        ):
            records.clear()
        self._start()
        self.processing.rename(GROUP=self.group)
