"""What is known of events: by topic and agent, by partition and stream, by stream."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Hashable

    from .histogram import Histogram
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
    """The attributes of the events of one partition in one agent: its cells add up to a series."""

    __slots__ = ("attrs",)

    def __init__(self, attrs: Attrs) -> None:
        self.attrs = attrs


class Cell:
    """Events of one partition in the streams of one label and task, and what the hot path needs.

    `ended` only grows: an agent's next stream goes on with the cells of the one before, so that an
    event that ends after its stream was replaced is still counted, and nothing is handed over.
    """

    __slots__ = (
        *("aged", "ended", "label", "lasted", "partition"),
        *("pending", "remember", "series", "task", "work"),
    )

    def __init__(
        self,
        work: Work,
        partition: Partition,
        *,
        series: EventSeries,
        label: str,
        task: str,
    ) -> None:
        self.work = work
        self.partition = partition
        self.series = series
        self.label, self.task = label, task
        self.ended = 0
        self.lasted = work.duration.pending.append
        self.remember = work.duration.remember
        self.aged = work.age.pending.append
        self.pending = work.duration.pending


class Flow:
    """One stream: its cells by topic-partition, and the event it is working on.

    A stream that acknowledges by itself works on one event at a time; when the next comes in while
    the last has not ended (a processor raised), the last one was lost on the way and is no more.
    """

    __slots__ = ("_ran", "agent", "cells", "current", "label", "stream", "task")

    def __init__(self, stream: Any, *, agent: str | None, label: str, task: str) -> None:
        self.stream = stream
        self.agent = agent
        self.label, self.task = label, task
        self.cells: dict[Hashable, Cell] = {}
        self.current: EventState | None = None
        self._ran = self._is("started")

    def active(self) -> EventState | None:
        """Return the state of the event that has not ended, if any."""
        current = self.current
        return current if current is not None and current[STARTED] is not None else None

    def finished(self) -> bool:
        """Tell whether the stream has stopped: one that leaves its loop is reset after that."""
        return self._is("should_stop") or (self._ran and not self._is("started"))

    def _is(self, what: str) -> bool:
        try:
            return getattr(self.stream, what, False) is True
        except Exception:  # noqa: BLE001  not a stream of Faust's
            return False


class Held:
    """States of an event whose streams acknowledge by hand (``take()``, ``noack()``).

    Lives on the event and dies with it. `event.ack()` and ``async with event`` call no hook: when
    the message is acknowledged, or the event gone, its work has ended.
    """

    __slots__ = ("__weakref__", "_message", "owner", "states")

    def __init__(self, owner: Any, message: Any) -> None:
        self.owner = owner
        self._message = message
        self.states: list[tuple[EventState, Any]] = []

    def find(self, stream: Any, *, agent: str | None) -> EventState | None:
        """Return the open state of `stream`, or of the one it became, or of its `agent`.

        Under ``noack()`` the stream that opened is a clone of the one that acknowledges.
        """
        opened = [(state, by) for state, by in self.states if state[STARTED] is not None]
        own = [state for state, by in opened if by is stream]
        if not own and opened:
            became = _became(stream)
            own = [state for state, by in opened if by is became]
        if not own:
            own = [state for state, _ in opened if state[CELL].work.agent == agent]
        return own[0] if own else None

    def open(self) -> list[EventState]:
        """Return the states that have not ended."""
        return [state for state, _ in self.states if state[STARTED] is not None]

    def acknowledged(self) -> None:
        """End what has not ended, now that all streams have done with the message."""
        if getattr(self._message, "acked", False) is True:
            self._end()

    def _end(self) -> None:
        for state in self.open():
            self.owner.event_gone(state, message=self._message)

    def __del__(self) -> None:
        self._end()


def _became(stream: Any) -> Any:
    try:
        return stream.get_active_stream()
    except Exception:  # noqa: BLE001  not a stream of Faust's
        return stream
