"""Every metric, declared once: name, kind, unit, description, attribute keys and buckets.

Instruments, the producer, exporters, the README's table and the tests read this file; nothing
spells a metric name a second time. Names follow the semantic conventions 1.44 where these have
one; everything else lives under ``faust.*``, in seconds and bytes, without unit or ``_total`` in
its name. ``python -m faust_otel.catalogue`` prints the table of the README.
"""

from __future__ import annotations

from faust_otel import attributes as key
from faust_otel.words import LONG, SHORT, Metric, counter, gauge, histogram, up_down

__all__ = ["METRICS", "SCHEMA_URL", "SCOPE", "markdown"]

SCOPE = "faust_otel"
SCHEMA_URL = "https://opentelemetry.io/schemas/1.44.0"

CONSUMED = counter(
    "messaging.client.consumed.messages",
    "{message}",
    (key.SYSTEM, key.OPERATION, key.TOPIC, key.PARTITION, key.GROUP),
    "Messages taken by the first of their streams, once per delivery.",
)
SENT = counter(
    "messaging.client.sent.messages",
    "{message}",
    (key.SYSTEM, key.OPERATION, key.TOPIC, key.ERROR),
    "Messages the worker tried to send; with error.type those that failed.",
)
OPERATION_DURATION = histogram(
    "messaging.client.operation.duration",
    (key.SYSTEM, key.OPERATION, key.OPERATION_TYPE, key.TOPIC, key.GROUP, key.ERROR),
    "Send to acknowledgement by the broker, and commits that had something to commit.",
    SHORT,
)
PROCESS_DURATION = histogram(
    "messaging.process.duration",
    (key.SYSTEM, key.OPERATION, key.TOPIC, key.GROUP, key.AGENT, key.ERROR),
    "Event handed to user code until its processing ended.",
    SHORT,
)
EVENTS = counter(
    "faust.events",
    "{event}",
    (key.TOPIC, key.PARTITION, key.AGENT),
    "Events whose processing ended.",
)
EVENT_ACTIVE = up_down(
    "faust.event.active",
    "{event}",
    (key.TOPIC, key.AGENT),
    "Events in processing now.",
)
EVENT_AGE = histogram(
    "faust.event.age",
    (key.TOPIC, key.AGENT),
    "Record timestamp until its processing ended: end-to-end freshness.",
    LONG,
)
QUEUE_DURATION = histogram(
    "faust.event.queue.duration",
    (key.TOPIC,),
    "Fetched from the broker until taken by a stream: time waited inside the worker.",
    SHORT,
)
CLIENT_IO = counter(
    "faust.client.io",
    "By",
    (key.TOPIC, key.IO_DIRECTION),
    "Bytes of keys and values, received and sent.",
)
LAG = gauge(
    "faust.consumer.lag",
    "{message}",
    (key.TOPIC, key.PARTITION, key.GROUP),
    "Messages behind the end of the partition; 0 when caught up.",
)
DELAY = gauge(
    "faust.consumer.delay",
    "s",
    (key.TOPIC, key.PARTITION, key.GROUP),
    "Age of the oldest message not processed yet; 0 when caught up.",
)
OFFSET = gauge(
    "faust.consumer.offset",
    "{offset}",
    (key.TOPIC, key.PARTITION, key.GROUP, key.OFFSET_TYPE),
    "Offsets: last read, committed (next to read after a restart), end of the partition.",
)
ASSIGNED = gauge(
    "faust.consumer.partition.assigned",
    "{partition}",
    (key.TOPIC, key.GROUP),
    "Partitions assigned to this worker.",
)
COMMIT_NOOPS = counter(
    "faust.consumer.commit.noops",
    "{commit}",
    (key.GROUP,),
    "Commits that had nothing to commit.",
)
DECODE_ERRORS = counter(
    "faust.decode.errors",
    "{error}",
    (key.TOPIC, key.DECODE_PART),
    "Messages whose key or value could not be decoded.",
)
BUFFER_FULL = counter(
    "faust.buffer.full",
    "{occurrence}",
    (key.TOPIC,),
    "Times a topic's buffer was full and fetching had to wait.",
)
STREAM_BUFFER_SIZE = gauge(
    "faust.stream.buffer.size",
    "{message}",
    (key.TOPIC,),
    "Messages waiting inside the worker to be taken by a stream.",
)
PRODUCER_BUFFER_SIZE = gauge(
    "faust.producer.buffer.size",
    "{message}",
    (),
    "Messages waiting inside the worker to be sent.",
)
AGENT_EXCEPTIONS = counter(
    "faust.agent.exceptions",
    "{exception}",
    (key.AGENT, key.TOPIC, key.ERROR),
    "Exceptions raised by agents.",
)
AGENT_RESTARTS = counter(
    "faust.agent.restarts",
    "{restart}",
    (key.AGENT,),
    "Restarts of agents by their supervisor.",
)
TABLE_OPERATIONS = counter(
    "faust.table.operations",
    "{operation}",
    (key.TABLE, key.TABLE_OPERATION),
    "Operations on table keys: get, set, del, contains.",
)
TABLE_SIZE = gauge(
    "faust.table.size",
    "{key}",
    (key.TABLE,),
    "Keys in a table, where counting them is cheap (memory store).",
)
RECOVERY_REMAINING = gauge(
    "faust.table.recovery.remaining",
    "{message}",
    (key.TABLE,),
    "Changelog messages still to be read; only while recovering.",
)
RECOVERY_DURATION = histogram(
    "faust.table.recovery.duration",
    (),
    "Recovery of all tables, from its start to its end.",
    LONG,
)
REBALANCES = counter(
    "faust.rebalances",
    "{rebalance}",
    (key.GROUP,),
    "Rebalances started.",
)
REBALANCE_ACTIVE = up_down(
    "faust.rebalance.active",
    "{rebalance}",
    (key.GROUP,),
    "1 while a rebalance is going on, else 0.",
)
REBALANCE_DURATION = histogram(
    "faust.rebalance.duration",
    (key.GROUP, key.REBALANCE_PHASE),
    "Start of a rebalance until partitions were assigned (return) and until work went on (end).",
    LONG,
)
ASSIGNMENT_DURATION = histogram(
    "faust.assignment.duration",
    (key.GROUP, key.ERROR),
    "Computing the assignment of partitions, on the group's leader.",
    SHORT,
)
EVENT_LOOP_DELAY = histogram(
    "faust.event_loop.delay",
    (),
    "How late the event loop ran a timer of ours.",
    SHORT,
)
SENSOR_ERRORS = counter(
    "faust.sensor.errors",
    "{error}",
    (key.SENSOR, key.HOOK),
    "Exceptions raised by sensors and kept away from Faust.",
)
WORKER_INFO = gauge(
    "faust.worker.info",
    "1",
    (key.FAUST_VERSION, key.APP_ID),
    "Always 1; its attributes tell Faust's version and the app's id.",
)
HTTP_DURATION = histogram(
    "http.server.request.duration",
    (key.HTTP_METHOD, key.HTTP_ROUTE, key.HTTP_STATUS, key.URL_SCHEME, key.ERROR),
    "Requests to Faust's web server.",
    SHORT,
)
MEMORY_USAGE = up_down("process.memory.usage", "By", (), "Physical memory in use by the process.")
MEMORY_VIRTUAL = up_down(
    "process.memory.virtual", "By", (), "Virtual memory committed by the process."
)
CPU_TIME = counter("process.cpu.time", "s", (key.CPU_MODE,), "Processor time used by the process.")
THREADS = up_down("process.thread.count", "{thread}", (), "Threads of the process.")
FILE_DESCRIPTORS = up_down(
    "process.unix.file_descriptor.count",
    "{file_descriptor}",
    (),
    "File descriptors open in the process.",
)
#: Mean and maximum of the last N observations, in state. Only the in-memory reader that answers
#: queries sees it: an exporter has the histograms, and a windowed mean cannot be aggregated.
RECENT_LATENCY = gauge(
    "faust.recent.latency",
    "s",
    (key.RECENT, key.STATISTIC),
    "Mean and maximum of the most recent latencies; handed to queries only.",
)

#: Everything that is exported, in the order of the README's table.
METRICS: tuple[Metric, ...] = tuple(
    value
    for value in list(globals().values())
    if isinstance(value, Metric) and value is not RECENT_LATENCY
)


def markdown() -> str:
    """Return the table of all exported metrics for the README."""
    lines = ["| metric | kind | unit | attributes | what it says |", "|---|---|---|---|---|"]
    for metric in METRICS:
        keys = ", ".join(f"`{name}`" for name in metric.keys) or "-"
        lines.append(
            f"| `{metric.name}` | {metric.kind.value} | `{metric.unit}` "
            f"| {keys} | {metric.description} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    print(markdown())
