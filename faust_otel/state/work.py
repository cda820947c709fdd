"""What is known of events: by topic and agent, by partition and agent, by stream."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .histogram import Histogram

if TYPE_CHECKING:
    from collections.abc import Hashable

    from .partition import Partition
    from .series import Attrs

__all__ = [
    "CELL",
    "ERROR",
    "HELD",
    "OFFSET",
    "STARTED",
    "Cell",
    "EventSeries",
    "EventState",
    "Flow",
    "Held",
    "Work",
]

#: What Faust keeps for us between in and out of an event: a list, the cheapest thing there is that
#: can be told apart and crossed out. `STARTED` is monotonic, and None once the event has ended: a
#: state is good once. `HELD` says that its stream acknowledges by hand.
EventState = list[Any]
STARTED, CELL, OFFSET, ERROR, HELD = range(5)


class Work:
    """Events of one topic in one agent (either may be None)."""

    __slots__ = ("active_attrs", "age", "agent", "duration", "held", "topic", "waits")

    def __init__(
        self,
        topic: str | None,
        agent: str | None,
        *,
        duration: Histogram,
        age: Histogram,
        waits: Histogram | None,
        active_attrs: Attrs,
    ) -> None:
        self.topic, self.agent = topic, agent
        self.duration, self.age, self.waits = duration, age, waits
        self.active_attrs = active_attrs
        #: Events in work of streams that acknowledge by hand: several at a time.
        self.held = 0

    def fold(self) -> None:
        """Count what waits in the histograms that events fill."""
        self.duration.fold()
        self.age.fold()
        if self.waits is not None:
            self.waits.fold()


class EventSeries:
    """Events of one partition in one agent; `retired` were counted by streams that are gone."""

    __slots__ = ("attrs", "retired")

    def __init__(self, attrs: Attrs) -> None:
        self.attrs = attrs
        self.retired = 0


class Cell:
    """Events of one partition in one stream, with what the hot path needs at hand."""

    __slots__ = ("aged", "ended", "lasted", "partition", "pending", "series", "work")

    def __init__(self, work: Work, partition: Partition, *, series: EventSeries) -> None:
        self.work = work
        self.partition = partition
        self.series = series
        self.ended = 0
        self.lasted = work.duration.pending.append
        self.aged = work.age.pending.append
        self.pending = work.duration.pending


class Flow:
    """One stream: its cells by topic-partition, and the event it is working on.

    A stream that acknowledges by itself works on one event at a time; when the next comes in while
    the last has not ended (a processor raised), the last one was lost on the way and is no more.
    """

    __slots__ = ("agent", "cells", "current", "label", "stream", "task")

    def __init__(self, stream: Any, *, agent: str | None, label: str, task: str) -> None:
        self.stream = stream
        self.agent = agent
        self.label, self.task = label, task
        self.cells: dict[Hashable, Cell] = {}
        self.current: EventState | None = None

    def active(self) -> EventState | None:
        """Return the state of the event in work, if any."""
        current = self.current
        return current if current is not None and current[STARTED] is not None else None

    def ended(self) -> int:
        """Return the number of events that ended in this stream."""
        return sum(cell.ended for cell in list(self.cells.values()))

    def retire(self) -> None:
        """Hand the counts to the series: the stream is gone."""
        for cell in self.cells.values():
            cell.series.retired += cell.ended
            cell.ended = 0


class Held:
    """States of an event whose streams acknowledge by hand (``take()``, ``noack()``).

    Lives on the event and dies with it. `event.ack()` and ``async with event`` call no hook: when
    the event is gone, its work has ended, acknowledged or given up.
    """

    __slots__ = ("_message", "_owner", "states")

    def __init__(self, owner: Any, message: Any) -> None:
        self._owner = owner
        self._message = message
        self.states: list[tuple[EventState, Any]] = []

    def find(self, stream: Any) -> EventState | None:
        """Return the open state that `stream` opened, else any open one.

        Under ``noack()`` the stream that opened is a clone of the one that acknowledges.
        """
        opened = [(state, by) for state, by in self.states if state[STARTED] is not None]
        for state, by in opened:
            if by is stream:
                return state
        return opened[0][0] if opened else None

    def __del__(self) -> None:
        for state, _ in self.states:
            if state[STARTED] is not None:
                self._owner.event_gone(state, acked=bool(getattr(self._message, "acked", False)))
