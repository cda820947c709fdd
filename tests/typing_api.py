"""User code that is never run: the type checker says whether the public API can be used so."""
# ruff: noqa: TC002, TC003 - users import as they like

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import faust
from faust.types import TP, EventT, Message, StreamT
from opentelemetry.sdk.metrics import MeterProvider

import faust_otel
from faust_otel import (
    ConfigurationError,
    FaustOTelError,
    MissingExtraError,
    Monitor,
    MonitorT,
    Sensor,
    SensorDelegate,
    SensorT,
)

app = faust.App("typed", Monitor=Monitor)


class Orders(Sensor):
    """A sensor with hooks as Faust calls them."""

    def __init__(self, *, currency: str = "EUR") -> None:
        super().__init__(currency=currency)
        self.seen: dict[str, int] = {}

    def on_message_in(self, tp: TP, offset: int, message: Message) -> None:
        super().on_message_in(tp, offset, message)
        self.seen[tp.topic] = self.seen.get(tp.topic, 0) + 1

    def on_stream_event_out(
        self,
        tp: TP,
        offset: int,
        stream: StreamT[Any],
        event: EventT[Any],
        state: Any = None,
    ) -> None:
        """Do nothing."""

    def asdict(self) -> Mapping[str, Any]:
        return {"orders": self.seen, "currency": self.config["currency"]}


class Shop(Monitor):
    """A monitor with an argument of its own."""

    def __init__(self, *, shop: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.shop = shop

    def on_send_initiated(
        self, producer: Any, topic: str, message: Any, keysize: int = 0, valsize: int = 0
    ) -> Any:
        return super().on_send_initiated(producer, topic, message, keysize, valsize)


monitor = Monitor(
    max_avg_history=100,
    max_commit_latency_history=30,
    max_send_latency_history=30,
    max_assignment_latency_history=30,
    meter_provider=MeterProvider(),
    clock=lambda: 1.0,
    end_offsets_interval=5.0,
)

# Each of them can be the app's monitor, or one of its sensors.
app.monitor = Orders()
app.monitor = Shop(shop="Bern", max_avg_history=10)
app.monitor = delegate = SensorDelegate(monitor, Orders(), guard=False)
app.sensors.add(monitor)
app.sensors.add(delegate)

delegate.add_sensor(Shop(shop="Thun"))
delegate.remove_sensor(monitor)
combined: dict[str, Any] = delegate.get_combined_metrics()
sensors: list[Any] = list(delegate)

totals: list[int] = [
    monitor.messages_received_total(),
    monitor.messages_received_total,
    monitor.messages_sent_total(),
    monitor.events_total(),
    monitor.events_total + 1,
    monitor.tables_contains_total(),
    monitor.tables_get_total(),
    monitor.tables_set_total(),
    monitor.tables_del_total(),
    monitor.assignment_error_total(),
    monitor.rebalances_total(),
    monitor.topic_buffer_full_total(),
    monitor.max_avg_history,
    monitor.max_commit_latency_history,
    monitor.max_send_latency_history,
    monitor.messages_received_by_topic["orders"],
    monitor.tables["counts"].keys_retrieved,
]
latencies: list[float] = [
    monitor.messages_received_per_second(),
    monitor.messages_sent_per_second(),
    monitor.events_per_second(),
    monitor.commit_latency_avg(),
    monitor.commit_latency_max(),
    monitor.send_latency_avg(),
    monitor.send_latency_max(),
    monitor.assignment_latency_avg(),
    monitor.rebalance_return_latency_avg(),
    *monitor.commit_latency,
]
told: Mapping[str, Any] = monitor.asdict()
flushed: bool = monitor.force_flush(timeout=5.0)
monitor.shutdown(timeout=5.0)
monitor.count("orders", 2)


def report(sensor: SensorT) -> Mapping[str, Any]:
    """Take anything that looks like a sensor."""
    return sensor.asdict()


def rate(asked: MonitorT) -> float:
    """Take anything that looks like a monitor."""
    return asked.events_per_second() + asked.messages_received_total()


report(monitor)
report(delegate)
report(Orders())
rate(monitor)
rate(Shop(shop="Biel"))

# A mistake is one for the type checker too.
monitor.evnts_total()  # type: ignore[attr-defined]
Monitor(max_avg_history="many")  # type: ignore[arg-type]
Monitor(100)  # type: ignore[call-arg]
rate(delegate)  # type: ignore[arg-type]

try:
    Monitor()
except ConfigurationError as error:
    wrong: ValueError = error
except MissingExtraError as error:
    extra: str = error.extra
except FaustOTelError as error:
    base: Exception = error

version: str = faust_otel.__version__
