"""The hooks that count: what Faust calls for every event and message.

Per event this is one dictionary lookup and a few additions per hook (about half of what Faust's
own Monitor costs). No hook raises, whatever it is called with, and a state is good once.
"""

from __future__ import annotations

from contextlib import suppress
from itertools import chain
from typing import TYPE_CHECKING, Any

from faust_otel.state import (
    CELL,
    ERROR,
    FOLD_AT,
    HELD,
    OFFSET,
    STARTED,
    Flow,
    Held,
    Store,
)

from .kept import Keeper
from .naming import (
    agent_name,
    as_key,
    attribute,
    error_type,
    stream_label,
    task_label,
    topic_partition,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from faust_otel.state import Cell, EventState, Partition

__all__ = ["EventRecorder"]


class EventRecorder(Keeper):
    """Hooks for messages and events, writing to `store`."""

    def __init__(self, *, store: Store, **kwargs: Any) -> None:
        # What the hooks need, under names that no subclass can take by accident.
        self.__store = store
        self.__partitions = store.partitions
        self.__flows = store.flows
        self.__clock, self.__wall = store.clock, store.wall
        self.__held_name = f"_faust_otel_{id(store):x}"
        super().__init__(store=store, **kwargs)

    # -- in the order of a message's life; catching everything costs nothing until it happens

    def track_tp_end_offset(self, tp: Any, offset: int) -> None:
        """Note the end of a partition: the offset that will be written next."""
        if type(offset) is int:
            try:  # once for every record
                self.__partitions[tp].end = offset
            except Exception:  # noqa: BLE001  first met, or not a TP
                self.__partition(tp).end = offset

    def on_message_in(self, tp: Any, offset: int, message: Any) -> None:
        """Count a message that the first of its streams has taken."""
        try:
            partition = self.__partitions[tp]
        except Exception:  # noqa: BLE001  first met, or not a TP
            partition = self.__partition(tp)
        partition.received += 1
        try:
            if not offset <= partition.fetched_upto:  # so put, what is no number goes there too
                partition.take(offset)
            partition.read = offset
            partition.waiting_since = partition.fetched_at
            partition.active[offset] = partition.taken_timestamp = message.timestamp
            key_size, value_size = message.serialized_key_size, message.serialized_value_size
            if key_size > 0 < value_size:
                partition.bytes_in += key_size + value_size
            else:  # a missing key or value has size -1
                partition.bytes_in += max(key_size, 0) + max(value_size, 0)
        except Exception:  # noqa: BLE001, S110  a message that does not know all this
            pass

    def on_stream_event_in(self, tp: Any, offset: int, stream: Any, event: Any) -> EventState:
        """Note that a stream starts on an event; the state returned tells its end."""
        try:
            flow = self.__flows[stream]
            cell = flow.cells[tp]
            held = not stream.enable_acks
        except Exception:  # noqa: BLE001  first met, or not Faust's
            flow, cell, held = self.__meet(tp, stream)
        now = self.__clock()
        partition = cell.partition
        partition.inbound = now
        since = partition.waiting_since
        if since:  # the first of its streams
            partition.waited(now - since)
            partition.waiting_since = 0.0
        state: EventState = [now, cell, offset, None, held]
        if held:
            self.__hold(state, stream=stream, event=event)
        else:
            flow.current = state
        return state

    def on_stream_event_out(
        self, tp: Any, offset: int, stream: Any, event: Any, state: Any = None
    ) -> None:
        """Count an event that a stream has done with."""
        if type(state) is not list:
            state = self.__find_state(tp, offset, stream=stream, event=event)
            if state is None:
                return
        try:
            started, cell, taken_offset, error, held = state
            if started is None or offset != taken_offset:
                # Faust's loop in Python hands the last event's state to one that never came in.
                cell.work  # noqa: B018  raises where it is not a cell
                return
            if held and not self.__release(cell, tp):
                return
            cell.ended += 1
            state[STARTED] = None
            seconds = self.__clock() - started
            cell.remember(seconds)
            if error is None:
                cell.lasted(seconds)
            else:
                self.__failed(cell, error).append(seconds)
        except Exception:  # noqa: BLE001  not a state of ours
            self.on_stream_event_out(tp, offset, stream, event)
            return
        try:
            timestamp = event.message.timestamp
            if timestamp > 0:
                cell.aged(self.__wall() - timestamp)
        except Exception:  # noqa: BLE001, S110  a record without a timestamp has no age
            pass
        if len(cell.pending) >= FOLD_AT:
            cell.work.fold()

    def on_message_out(self, tp: Any, offset: int, message: Any) -> None:
        """Note that all streams have done with a message."""
        try:
            partition = self.__partitions[tp]
            partition.active.pop(offset, None)
            if partition.held:
                partition.acknowledged(offset)
        except Exception:  # noqa: BLE001  not a TP, or of a channel
            found = self.__partitions.get(topic_partition(tp))
            if found is not None:
                with suppress(TypeError):
                    found.acknowledged(offset)

    def on_topic_buffer_full(self, tp: Any) -> None:
        """Count that a buffer was full and fetching had to wait."""
        self.__partition(tp).full += 1

    def event_gone(self, state: EventState, *, message: Any) -> None:
        """End an event of a stream that acknowledges by hand: acknowledged, or it is no more.

        Called wherever objects are freed: it must not take a lock.
        """
        started, cell, _, error, _ = state
        state[STARTED] = None
        cell.work.held -= 1
        if error is None and attribute(message, "acked") is not True:
            return  # given up: some worker will get it again
        cell.ended += 1
        seconds = self.__clock() - started
        cell.remember(seconds)
        if error is None:
            cell.lasted(seconds)
        else:
            self.__failed(cell, error).append(seconds)
        with suppress(Exception):
            if message.timestamp > 0:
                cell.aged(self.__wall() - message.timestamp)

    def agent_failed(
        self, agent: str, exc: BaseException, *, event: Any, topic: str | None = None
    ) -> None:
        """Count an agent's exception, and mark what it was working on: the event, else its batch.

        `topic` is what the agent reads, for where neither tells.
        """
        error = error_type(exc)
        states = self.__in_batches() if event is None else self.__in_work(event)
        failed = [state for state in states if state[CELL].work.agent == agent]
        for state in failed:
            state[ERROR] = error
        told = attribute(attribute(event, "message"), "topic")
        topics = {told} if isinstance(told, str) else {state[CELL].work.topic for state in failed}
        topic = topics.pop() if len(topics) == 1 else topic
        self.__store.agent_exceptions.get(AGENT=agent, TOPIC=topic, ERROR=error).value += 1

    # -- off the path of every event

    def __partition(self, tp: Any) -> Partition:
        topic, number = topic_partition(tp)
        return self.__store.channel() if topic is None else self.__store.partition(topic, number)

    def __meet(self, tp: Any, stream: Any) -> tuple[Flow, Cell, bool]:
        flow = self.__flows.get(as_key(stream)) or self.__new_flow(stream)
        key = topic, number = topic_partition(tp)
        cell = flow.cells.get(key)
        if cell is None:
            partition = self.__store.partition(topic, number) if topic is not None else None
            cell = flow.cells[key] = self.__store.cell(flow, partition=partition)
        return flow, cell, not attribute(stream, "enable_acks", default=True)

    def __new_flow(self, stream: Any) -> Flow:
        for other in list(self.__flows.values()):
            if other.finished():
                self.__flows.pop(as_key(other.stream), None)
        agent = agent_name()
        flow = Flow(stream, agent=agent, label=stream_label(stream), task=task_label(stream, agent))
        self.__flows[as_key(stream)] = flow
        return flow

    def __held(self, event: Any) -> Held | None:
        held = attribute(event, self.__held_name)
        return held if type(held) is Held and held.owner is self else None

    def __hold(self, state: EventState, *, stream: Any, event: Any) -> None:
        held = self.__held(event)
        cell: Cell = state[CELL]
        if held is None:
            held = Held(self, attribute(event, "message"))
            try:
                setattr(event, self.__held_name, held)
            except Exception:  # noqa: BLE001  not Faust's: its end comes with its state only
                state[HELD] = False
                return
            if cell.partition.key[0] is not None:
                with suppress(TypeError):  # not an offset
                    cell.partition.hold(state[OFFSET], held)
        held.states.append((state, stream))
        cell.work.held += 1
        if len(cell.pending) >= FOLD_AT:  # an event that just goes away cannot see to it
            cell.work.fold()

    @staticmethod
    def __release(cell: Cell, tp: Any) -> bool:
        if cell.partition.key != topic_partition(tp):
            return False
        cell.work.held -= 1
        return True

    def __find_state(self, tp: Any, offset: int, *, stream: Any, event: Any) -> EventState | None:
        held = self.__held(event)
        if held is not None:
            return held.find(stream, agent=agent_name())
        flow = self.__flows.get(as_key(stream))
        state = flow.active() if flow is not None else None
        if state is None or state[CELL].partition.key != topic_partition(tp):
            return None
        return state

    def __in_work(self, event: Any) -> Iterator[EventState]:
        """Yield the open states of an event, in all its streams."""
        held = self.__held(event)
        if held is not None:
            yield from held.open()
        message = attribute(event, "message")
        key, offset = topic_partition(attribute(message, "tp")), attribute(message, "offset")
        for flow in list(self.__flows.values()):
            state = flow.active()
            if state is not None and state[CELL].partition.key == key and state[OFFSET] == offset:
                yield state

    def __in_batches(self) -> Iterator[EventState]:
        """Yield the open states of all events whose streams acknowledge by hand."""
        for partition in list(self.__partitions.values()):
            for each in chain.from_iterable(list(partition.held.values())):
                held = each()
                if held is not None:
                    yield from held.open()

    def __failed(self, cell: Cell, error: str) -> list[float]:
        """Return where the durations of failed events wait."""
        work = cell.work
        of = self.__store.processing.get(TOPIC=work.topic, AGENT=work.agent, ERROR=error)
        return of.pending
