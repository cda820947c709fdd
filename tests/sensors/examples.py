"""The contract's usage examples: sensors as users write them, with fewer arguments than Faust."""
# ruff: noqa: ANN001, ANN003, ANN201, ANN204, ARG002 - as the contract has them
# mypy: ignore-errors

from __future__ import annotations

import time

import psutil
from prometheus_client import Counter, Gauge, Histogram, generate_latest

from faust_otel import Monitor, Sensor


class BusinessMetricsSensor(Sensor):
    """Counts orders, and times events by a mark on each of them."""

    def __init__(self):
        super().__init__()
        self.order_count = 0
        self.revenue_total = 0.0
        self.processing_times = []
        self.start_time = time.time()

    def on_stream_event_in(self, tp, offset, stream, event):
        event._processing_start = time.time()

    def on_stream_event_out(self, tp, offset, stream, event):
        if hasattr(event, "_processing_start"):
            processing_time = time.time() - event._processing_start
            self.processing_times.append(processing_time)
            if len(self.processing_times) > 1000:
                self.processing_times = self.processing_times[-1000:]

    def record_order(self, amount: float):
        self.order_count += 1
        self.revenue_total += amount

    def get_business_metrics(self):
        uptime = time.time() - self.start_time
        avg_processing_time = (
            sum(self.processing_times) / len(self.processing_times) if self.processing_times else 0
        )
        return {
            "orders_total": self.order_count,
            "revenue_total": self.revenue_total,
            "orders_per_hour": self.order_count / (uptime / 3600),
            "avg_processing_time": avg_processing_time,
            "uptime_seconds": uptime,
        }


class PrometheusMonitor(Monitor):
    """Has metrics of its own, two of them under names of Faust's monitor."""

    def __init__(self):
        super().__init__()
        self.messages_received = Counter("faust_messages_received_total", "Total received messages")
        self.messages_sent = Counter("faust_messages_sent_total", "Total sent messages")
        self.processing_duration = Histogram(
            "faust_processing_duration_seconds", "Processing duration"
        )
        self.consumer_lag = Gauge("faust_consumer_lag", "Consumer lag", ["topic", "partition"])

    def on_message_in(self, tp, offset, message):
        super().on_message_in(tp, offset, message)
        self.messages_received.inc()

    def on_message_out(self, tp, offset, message):
        super().on_message_out(tp, offset, message)
        self.messages_sent.inc()

    def on_stream_event_in(self, tp, offset, stream, event):
        super().on_stream_event_in(tp, offset, stream, event)
        event._start_time = time.time()

    def on_stream_event_out(self, tp, offset, stream, event):
        super().on_stream_event_out(tp, offset, stream, event)
        if hasattr(event, "_start_time"):
            duration = time.time() - event._start_time
            self.processing_duration.observe(duration)

    def export_metrics(self):
        return generate_latest()


class HealthMonitor(Monitor):
    """Counts send errors, and asks itself for a rate."""

    def __init__(self):
        super().__init__()
        self.error_count = 0
        self.last_health_check = time.time()
        self.health_status = {"healthy": True, "issues": []}

    def on_send_error(self, producer, exc, state):
        super().on_send_error(producer, exc, state)
        self.error_count += 1

    def check_health(self):
        issues = []
        if self.error_count > 10:
            issues.append(f"High error count: {self.error_count}")
        memory_percent = psutil.virtual_memory().percent
        if memory_percent > 90:
            issues.append(f"High memory usage: {memory_percent}%")
        events_per_sec = self.events_per_second()
        if events_per_sec == 0:
            issues.append("No events being processed")
        self.health_status = {
            "healthy": len(issues) == 0,
            "issues": issues,
            "timestamp": time.time(),
            "uptime": time.time() - self.last_health_check,
            "memory_usage": memory_percent,
            "events_per_second": events_per_sec,
        }
        return self.health_status


class EveryHookMonitor(Monitor):
    """Overrides each hook with the contract's arguments, calls super, and returns nothing."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.seen = []

    def on_message_in(self, tp, offset, message):
        super().on_message_in(tp, offset, message)
        self.seen.append("message_in")

    def on_message_out(self, tp, offset, message):
        super().on_message_out(tp, offset, message)
        self.seen.append("message_out")

    def on_stream_event_in(self, tp, offset, stream, event):
        super().on_stream_event_in(tp, offset, stream, event)
        self.seen.append("stream_event_in")

    def on_stream_event_out(self, tp, offset, stream, event):
        super().on_stream_event_out(tp, offset, stream, event)
        self.seen.append("stream_event_out")

    def on_table_get(self, table, key):
        super().on_table_get(table, key)
        self.seen.append("table_get")

    def on_table_set(self, table, key, value):
        super().on_table_set(table, key, value)
        self.seen.append("table_set")

    def on_table_del(self, table, key):
        super().on_table_del(table, key)
        self.seen.append("table_del")

    def on_commit_initiated(self, consumer):
        super().on_commit_initiated(consumer)
        self.seen.append("commit_initiated")

    def on_commit_completed(self, consumer, state):
        super().on_commit_completed(consumer, state)
        self.seen.append("commit_completed")

    def on_send_initiated(self, producer, topic, message):
        super().on_send_initiated(producer, topic, message)
        self.seen.append("send_initiated")

    def on_send_completed(self, producer, state):
        super().on_send_completed(producer, state)
        self.seen.append("send_completed")

    def on_send_error(self, producer, exc, state):
        super().on_send_error(producer, exc, state)
        self.seen.append("send_error")

    # Beyond the contract, in the same style.

    def on_assignment_start(self, assignor):
        super().on_assignment_start(assignor)

    def on_rebalance_start(self, app):
        super().on_rebalance_start(app)

    def on_web_request_start(self, app, request):
        super().on_web_request_start(app, request)
