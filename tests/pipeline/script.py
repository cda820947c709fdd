"""A script of hooks that leaves something in every metric, and what must be read afterwards."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import faust
from faust.agents.agent import _current_agent
from faust.types.tuples import TP, ConsumerMessage

from faust_otel import attributes as key
from faust_otel import catalogue as c

if TYPE_CHECKING:
    from faust_otel import Monitor

__all__ = ["ANSWERS", "APP", "MOVING", "Clock", "answers", "replay"]

APP = "shop"
ORDERS, BILLS = TP("orders", 0), TP("orders", 1)

#: Metrics that say something else a moment later.
MOVING = frozenset(
    metric.name
    for metric in (
        *(c.MEMORY_USAGE, c.MEMORY_VIRTUAL, c.CPU_TIME, c.THREADS, c.FILE_DESCRIPTORS),
        *(c.EVENT_AGE, c.DELAY),
    )
)


class Clock:
    """Monotonic seconds that move by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Move on."""
        self.now += seconds


#: What the query methods say after the script, which takes 12.5 seconds.
ANSWERS = {
    "messages_received_total": 5,
    "messages_sent_total": 3,
    "messages_received_per_second": 5 / 12.5,
    "messages_sent_per_second": 3 / 12.5,
    "events_total": 5,
    "events_per_second": 5 / 12.5,
    "tables_contains_total": 1,
    "tables_get_total": 3,
    "tables_set_total": 2,
    "tables_del_total": 1,
    "commit_latency_avg": 0.75,
    "commit_latency_max": 1.0,
    "send_latency_avg": 0.375,
    "send_latency_max": 0.5,
    "assignment_latency_avg": 0.25,
    "assignment_error_total": 1,
    "rebalances_total": 1,
    "rebalance_return_latency_avg": 1.0,
    "topic_buffer_full_total": 2,
}


def answers(monitor: Monitor) -> dict[str, Any]:
    """Ask every query method."""
    return {name: getattr(monitor, name)() for name in ANSWERS}


def replay(monitor: Monitor, clock: Clock) -> None:
    """Call every hook, on an event loop as Faust's streams need it."""
    asyncio.run(_replay(monitor, clock))


async def _replay(monitor: Monitor, clock: Clock) -> None:
    app = faust.App(APP, broker="kafka://127.0.0.1:9", web_enabled=False)
    monitor.store.identify(group=APP, app_id=APP)
    monitor.store.faust_version = "0"
    _events(monitor, app, clock=clock)
    _tables(monitor, app)
    _sends(monitor, app, clock=clock)
    _commits(monitor, clock=clock)
    _rebalance(monitor, app, clock=clock)
    _web(monitor, app, clock=clock)
    _told_by_no_hook(monitor)


async def _nothing(stream: Any) -> None:
    async for _ in stream:
        pass


def _events(monitor: Monitor, app: faust.App, *, clock: Clock) -> None:
    agent = app.agent(app.topic("orders"), name="ship")(_nothing)
    stream = agent.stream()
    before = _current_agent.set(agent)
    for tp, offset in ((ORDERS, 0), (ORDERS, 1), (ORDERS, 2), (BILLS, 0), (BILLS, 1)):
        nothing: Any = None  # a record without a timestamp has no age, which is never the same
        message = ConsumerMessage(
            *(tp.topic, tp.partition, offset, nothing, 0, []),
            *(b"key", b"value", None, 3, 5, tp),
        )
        event = app.create_event(b"key", b"value", [], message)
        monitor.on_message_in(tp, offset, message)
        state = monitor.on_stream_event_in(tp, offset, stream, event)
        clock.sleep(0.25)
        monitor.on_stream_event_out(tp, offset, stream, event, state)
        monitor.on_message_out(tp, offset, message)
    _current_agent.reset(before)
    monitor.track_tp_end_offset(ORDERS, 5)
    monitor.track_tp_end_offset(BILLS, 2)
    monitor.on_topic_buffer_full(ORDERS)
    monitor.on_topic_buffer_full(BILLS)


def _tables(monitor: Monitor, app: faust.App) -> None:
    table = app.Table("stock", default=int)
    for _ in range(3):
        monitor.on_table_get(table, "a")
    for _ in range(2):
        monitor.on_table_set(table, "a", 1)
    monitor.on_table_del(table, "a")
    monitor.on_table_contains(table, "a")


def _sends(monitor: Monitor, app: faust.App, *, clock: Clock) -> None:
    for seconds in (0.25, 0.5):
        state = monitor.on_send_initiated(app.producer, "bills", None, keysize=3, valsize=7)
        clock.sleep(seconds)
        monitor.on_send_completed(app.producer, state, None)
    state = monitor.on_send_initiated(app.producer, "bills", None, keysize=3, valsize=7)
    clock.sleep(1.0)
    monitor.on_send_error(app.producer, TimeoutError(), state)


def _commits(monitor: Monitor, *, clock: Clock) -> None:
    for offset, seconds in ((2, 0.5), (3, 1.0)):
        state = monitor.on_commit_initiated(None)
        clock.sleep(seconds)
        monitor.on_tp_commit({ORDERS: offset})
        monitor.on_commit_completed(None, state)


def _rebalance(monitor: Monitor, app: faust.App, *, clock: Clock) -> None:
    rebalance = monitor.on_rebalance_start(app)
    for error in (None, KeyError("no member")):
        state = monitor.on_assignment_start(None)
        clock.sleep(0.25)
        if error is None:
            monitor.on_assignment_completed(None, state)
        else:
            monitor.on_assignment_error(None, state, error)
    clock.sleep(0.5)
    monitor.on_rebalance_return(app, rebalance)
    clock.sleep(3.0)
    monitor.on_rebalance_end(app, rebalance)


def _web(monitor: Monitor, app: faust.App, *, clock: Clock) -> None:
    request = SimpleNamespace(method="GET", scheme="http")
    state = monitor.on_web_request_start(app, request)
    clock.sleep(0.5)
    monitor.on_web_request_end(app, request, SimpleNamespace(status=503), state)
    clock.sleep(3.5)


def _told_by_no_hook(monitor: Monitor) -> None:
    """Fill what a running app's probes fill."""
    store = monitor.store
    monitor.agent_failed("ship", ValueError(), event=None)
    store.agent_restarts.get(AGENT="ship").value += 1
    store.decode_errors.get(TOPIC="orders", DECODE_PART="value").value += 2
    store.commit_noops.get(GROUP=APP).value += 3
    store.sensor_errors.get(SENSOR="Mine", HOOK="on_message_in").value += 1
    for family in (store.loop_delays, store.recoveries, store.waits):
        labels = {"TOPIC": "orders"} if family is store.waits else {}
        family.get(**labels).add(0.5)
    store.readings[c.STREAM_BUFFER_SIZE] = [lambda: [({key.TOPIC: "orders"}, 4)]]
    store.readings[c.PRODUCER_BUFFER_SIZE] = [lambda: [({}, 6)]]
    store.readings[c.TABLE_SIZE] = [lambda: [({key.TABLE: "stock"}, 8)]]
    store.readings[c.RECOVERY_REMAINING] = [lambda: [({key.TABLE: "stock"}, 9)]]
