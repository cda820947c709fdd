"""The timed loops: only what Faust does around the hooks, bound methods held as its streams do."""

from __future__ import annotations

from time import thread_time_ns
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.bench.scene import Scene, Send


def bare_events(events: list[Any]) -> int:
    """Walk the events without a sensor; nanoseconds of this thread, as of all here."""
    started = thread_time_ns()
    for event in events:
        message = event.message
        tp = message.tp
        offset = message.offset
    finished = thread_time_ns()
    del message, tp, offset
    return finished - started


def sensor_events(sensor: Any, scene: Scene, events: list[Any]) -> int:
    """One message's four hooks, in the order of its life."""
    stream = scene.stream
    on_message_in = sensor.on_message_in
    on_stream_event_in = sensor.on_stream_event_in
    on_stream_event_out = sensor.on_stream_event_out
    on_message_out = sensor.on_message_out
    started = thread_time_ns()
    for event in events:
        message = event.message
        tp = message.tp
        offset = message.offset
        on_message_in(tp, offset, message)
        state = on_stream_event_in(tp, offset, stream, event)
        on_stream_event_out(tp, offset, stream, event, state)
        on_message_out(tp, offset, message)
    return thread_time_ns() - started


def bare_sends(sends: list[Send]) -> int:
    """Walk the messages to be sent without a sensor."""
    started = thread_time_ns()
    for _message, metadata in sends:
        topic = metadata.topic
    finished = thread_time_ns()
    del topic
    return finished - started


def sensor_sends(sensor: Any, scene: Scene, sends: list[Send]) -> int:
    """A send and its acknowledgement, with the keywords that Faust's topics use."""
    producer = scene.producer
    on_send_initiated = sensor.on_send_initiated
    on_send_completed = sensor.on_send_completed
    started = thread_time_ns()
    for message, metadata in sends:
        topic = metadata.topic
        state = on_send_initiated(producer, topic, message=message, keysize=3, valsize=7)
        on_send_completed(producer, state, metadata)
    return thread_time_ns() - started


def bare_table(keys: list[str]) -> int:
    """Walk the keys without a sensor."""
    started = thread_time_ns()
    for key in keys:
        value = key
    finished = thread_time_ns()
    del value
    return finished - started


def sensor_table(sensor: Any, scene: Scene, keys: list[str]) -> int:
    """Get, set and delete each key."""
    table = scene.table
    on_table_get = sensor.on_table_get
    on_table_set = sensor.on_table_set
    on_table_del = sensor.on_table_del
    started = thread_time_ns()
    for key in keys:
        on_table_get(table, key)
        on_table_set(table, key, 1)
        on_table_del(table, key)
    return thread_time_ns() - started
