"""What every reader must be handed after the script of hooks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from faust_otel import attributes as key
from faust_otel.words import LONG, SHORT

from .reading import series
from .script import APP

if TYPE_CHECKING:
    from .reading import Numbers

__all__ = ["NUMBERS"]

KAFKA = {key.SYSTEM: "kafka"}
POLL = {**KAFKA, key.OPERATION: "poll", key.TOPIC: "orders", key.GROUP: APP}
SEND = {**KAFKA, key.OPERATION: "send", key.TOPIC: "bills"}
SENDING = {**SEND, key.OPERATION_TYPE: "send"}
COMMIT = {**KAFKA, key.OPERATION: "commit", key.OPERATION_TYPE: "settle"}
PROCESS = {**KAFKA, key.OPERATION: "process", key.TOPIC: "orders", key.GROUP: APP}
FIRST, SECOND = {key.PARTITION: "0"}, {key.PARTITION: "1"}
HERE = {key.TOPIC: "orders", key.GROUP: APP}
TIMED_OUT = {key.ERROR: "TimeoutError"}


def _one(value: Any, **labels: str | int) -> dict[Any, Any]:
    """Return one series; labels are named as the constants of `attributes`."""
    return {series({getattr(key, name): each for name, each in labels.items()}): value}


def _seconds(*values: float, bounds: tuple[float, ...] = SHORT) -> tuple[int, float, Any]:
    counts = [0] * (len(bounds) + 1)
    for value in values:
        counts[sum(value > bound for bound in bounds)] += 1
    return len(values), sum(values), tuple(counts)


NUMBERS: Numbers = {
    "messaging.client.consumed.messages": {
        series({**POLL, **FIRST}): 3,
        series({**POLL, **SECOND}): 2,
    },
    "messaging.client.sent.messages": {series(SEND): 2, series({**SEND, **TIMED_OUT}): 1},
    "messaging.client.operation.duration": {
        series(SENDING): _seconds(0.25, 0.5),
        series({**SENDING, **TIMED_OUT}): _seconds(1.0),
        series({**COMMIT, key.GROUP: APP}): _seconds(0.5, 1.0),
    },
    "messaging.process.duration": {series({**PROCESS, key.AGENT: "ship"}): _seconds(*[0.25] * 5)},
    "faust.events": {
        series({key.TOPIC: "orders", key.AGENT: "ship", **FIRST}): 3,
        series({key.TOPIC: "orders", key.AGENT: "ship", **SECOND}): 2,
    },
    "faust.event.active": _one(0, TOPIC="orders", AGENT="ship"),
    "faust.event.queue.duration": _one(_seconds(0.5), TOPIC="orders"),
    "faust.client.io": {
        **_one(40, TOPIC="orders", IO_DIRECTION="receive"),
        **_one(30, TOPIC="bills", IO_DIRECTION="transmit"),
    },
    "faust.consumer.lag": {series({**HERE, **FIRST}): 2, series({**HERE, **SECOND}): 0},
    "faust.consumer.offset": {
        series({**HERE, **FIRST, key.OFFSET_TYPE: "read"}): 2,
        series({**HERE, **FIRST, key.OFFSET_TYPE: "committed"}): 3,
        series({**HERE, **FIRST, key.OFFSET_TYPE: "end"}): 5,
        series({**HERE, **SECOND, key.OFFSET_TYPE: "read"}): 1,
        series({**HERE, **SECOND, key.OFFSET_TYPE: "end"}): 2,
    },
    "faust.consumer.partition.assigned": _one(2, TOPIC="orders", GROUP=APP),
    "faust.consumer.commit.noops": _one(3, GROUP=APP),
    "faust.decode.errors": _one(2, TOPIC="orders", DECODE_PART="value"),
    "faust.buffer.full": _one(2, TOPIC="orders"),
    "faust.stream.buffer.size": _one(4, TOPIC="orders"),
    "faust.producer.buffer.size": _one(6),
    "faust.agent.exceptions": _one(1, AGENT="ship", ERROR="ValueError"),
    "faust.agent.restarts": _one(1, AGENT="ship"),
    "faust.table.operations": {
        **_one(3, TABLE="stock", TABLE_OPERATION="get"),
        **_one(2, TABLE="stock", TABLE_OPERATION="set"),
        **_one(1, TABLE="stock", TABLE_OPERATION="del"),
        **_one(1, TABLE="stock", TABLE_OPERATION="contains"),
    },
    "faust.table.size": _one(8, TABLE="stock"),
    "faust.table.recovery.remaining": _one(9, TABLE="stock"),
    "faust.table.recovery.duration": _one(_seconds(0.5, bounds=LONG)),
    "faust.rebalances": _one(1, GROUP=APP),
    "faust.rebalance.active": _one(0, GROUP=APP),
    "faust.rebalance.duration": {
        **_one(_seconds(1.0, bounds=LONG), GROUP=APP, REBALANCE_PHASE="return"),
        **_one(_seconds(4.0, bounds=LONG), GROUP=APP, REBALANCE_PHASE="end"),
    },
    "faust.assignment.duration": {
        **_one(_seconds(0.25), GROUP=APP),
        **_one(_seconds(0.25), GROUP=APP, ERROR="KeyError"),
    },
    "faust.event_loop.delay": _one(_seconds(0.5)),
    "faust.sensor.errors": _one(1, SENSOR="Mine", HOOK="on_message_in"),
    "faust.worker.info": _one(1, FAUST_VERSION="0", APP_ID=APP),
    "http.server.request.duration": _one(
        _seconds(0.5), HTTP_METHOD="GET", HTTP_STATUS=503, URL_SCHEME="http", ERROR="503"
    ),
}
