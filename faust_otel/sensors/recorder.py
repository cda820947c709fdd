"""The hooks that count: what Faust calls for every event, message, table key, send and commit.

Per event this is one dictionary lookup and a few additions per hook (about half of what Faust's
own Monitor costs). No hook raises, whatever it is called with, and a state is good once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from faust_otel.state import CELL, ERROR, FOLD_AT, HELD, OFFSET, STARTED, Flow, Held, Store

from .kept import Keeper
from .naming import agent_name, as_key, error_type, stream_label, task_label, topic_partition

if TYPE_CHECKING:
    from faust_otel.state import Cell, EventState, Partition

__all__ = ["EventRecorder"]

STATE_SIZE = 5


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

    # -- in the order of a message's life

    def track_tp_end_offset(self, tp: Any, offset: int) -> None:
        """Note the end of a partition: the offset that will be written next."""
        self.__partition(tp).end = offset

    def on_message_in(self, tp: Any, offset: int, message: Any) -> None:
        """Count a message that the first of its streams has taken."""
        try:
            partition = self.__partitions[tp]
        except (KeyError, TypeError):
            partition = self.__partition(tp)
        partition.received += 1
        partition.read = offset
        try:
            partition.active[offset] = message.timestamp
            key_size, value_size = message.serialized_key_size, message.serialized_value_size
            # A missing key or value has size -1.
            if key_size > 0:
                partition.bytes_in += key_size
            if value_size > 0:
                partition.bytes_in += value_size
            if offset > partition.fetched_upto:
                partition.take(offset)
            if partition.fetched_at:
                partition.waited(self.__clock() - partition.fetched_at)
        except (AttributeError, TypeError):
            if not isinstance(offset, int):
                partition.read = None

    def on_stream_event_in(self, tp: Any, offset: int, stream: Any, event: Any) -> EventState:
        """Note that a stream starts on an event; the state returned tells its end."""
        try:
            flow = self.__flows[stream]
            cell = flow.cells[tp]
            held = not stream.enable_acks
        except (KeyError, TypeError, AttributeError):
            flow, cell = self.__new_cell(tp, stream)
            held = not getattr(stream, "enable_acks", True)
        now = self.__clock()
        cell.partition.inbound = now
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
        if type(state) is not list or len(state) != STATE_SIZE:
            state = self.__find_state(tp, offset, stream=stream, event=event)
            if state is None:
                return
        started = state[STARTED]
        if started is None:
            return
        state[STARTED] = None
        cell = state[CELL]
        cell.ended += 1
        if state[ERROR] is None:
            cell.lasted(self.__clock() - started)
        else:
            self.__failed(state, seconds=self.__clock() - started)
        if state[HELD]:
            cell.work.held -= 1
        try:
            cell.aged(self.__wall() - event.message.timestamp)
        except (AttributeError, TypeError):
            pass  # a record without a timestamp has no age
        if len(cell.pending) >= FOLD_AT:
            cell.work.fold()

    def on_message_out(self, tp: Any, offset: int, message: Any) -> None:
        """Note that all streams have done with a message."""
        try:
            self.__partitions[tp].active.pop(offset, None)
        except (KeyError, TypeError):
            self.__partition(tp).active.pop(offset, None)

    def on_topic_buffer_full(self, tp: Any) -> None:
        """Count that a buffer was full and fetching had to wait."""
        self.__partition(tp).full += 1

    def event_gone(self, state: EventState, *, acked: bool) -> None:
        """End an event of a stream that acknowledges by hand, whose event exists no more."""
        started, cell = state[STARTED], state[CELL]
        state[STARTED] = None
        cell.work.held -= 1
        if acked:
            cell.lasted(self.__clock() - started)
            cell.ended += 1

    def agent_failed(self, agent: str, exc: BaseException, *, event: Any) -> None:
        """Count an agent's exception, and mark the event it was working on."""
        error = error_type(exc)
        message = getattr(event, "message", None)
        topic = getattr(message, "topic", None)
        self.__store.agent_exceptions.get(AGENT=agent, TOPIC=topic, ERROR=error).value += 1
        for flow in list(self.__flows.values()):
            state = flow.active()
            if flow.agent == agent and state is not None and message is not None:
                if state[CELL].partition.key == message.tp and state[OFFSET] == message.offset:
                    state[ERROR] = error

    # -- off the path of every event

    def __partition(self, tp: Any) -> Partition:
        topic, number = topic_partition(tp)
        return self.__store.partition(str(topic), number)

    def __new_cell(self, tp: Any, stream: Any) -> tuple[Flow, Cell]:
        flow = self.__flows.get(as_key(stream)) or self.__new_flow(as_key(stream))
        key = topic, number = topic_partition(tp)
        known = flow.cells.get(key)
        if known is not None:
            return flow, known
        partition = self.__store.partition(topic, number) if topic is not None else None
        return flow, self.__store.cell(flow, key, partition=partition)

    def __new_flow(self, stream: Any) -> Flow:
        for other in list(self.__flows.values()):
            if getattr(other.stream, "should_stop", False):
                self.__store.retire(other)
        agent = agent_name()
        flow = Flow(stream, agent=agent, label=stream_label(stream), task=task_label(stream, agent))
        self.__flows[stream] = flow
        return flow

    def __hold(self, state: EventState, *, stream: Any, event: Any) -> None:
        held = getattr(event, self.__held_name, None)
        if held is None:
            held = Held(self, getattr(event, "message", None))
            try:
                setattr(event, self.__held_name, held)
            except AttributeError:
                state[HELD] = False  # not an event of Faust's: its end comes with its state only
                return
        held.states.append((state, stream))
        state[CELL].work.held += 1

    def __find_state(self, tp: Any, offset: int, *, stream: Any, event: Any) -> EventState | None:
        held = getattr(event, self.__held_name, None)
        if held is not None:
            return held.find(stream)
        flow = self.__flows.get(as_key(stream))
        state = flow.active() if flow is not None else None
        if state is None or state[OFFSET] != offset:
            return None
        return state if state[CELL].partition.key == topic_partition(tp) else None

    def __failed(self, state: EventState, *, seconds: float) -> None:
        work = state[CELL].work
        self.__store.processing.get(TOPIC=work.topic, AGENT=work.agent, ERROR=state[ERROR]).add(
            seconds
        )
