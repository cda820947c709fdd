"""``python -m tests.pipeline.forked``: fork in the middle of things, on each pipeline.

Prints, as a Python literal, what parent and child say.
"""

from __future__ import annotations

import ast
import os
from typing import TYPE_CHECKING, Any

from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

from faust_otel import Monitor
from faust_otel import catalogue as c

from .reading import numbers
from .receivers import Received, grpc_receiver

if TYPE_CHECKING:
    from collections.abc import Callable


def hooks(monitor: Monitor, times: int) -> None:
    """Call hooks that fill a counter and a histogram."""
    for _ in range(times):
        monitor.on_rebalance_start(None)
        monitor.store.recoveries.get().add(0.25)


def in_child(say: Callable[[], Any]) -> Any:
    """Return what a forked child says."""
    read, write = os.pipe()
    if not (pid := os.fork()):
        try:
            os.write(write, repr(say()).encode())
        finally:
            os._exit(0)
    os.close(write)
    with os.fdopen(read) as said:
        found = said.read()
    os.waitpid(pid, 0)
    return ast.literal_eval(found)


def borrowed() -> Any:
    """Fork a monitor on a provider of the user's."""
    reader = InMemoryMetricReader()
    monitor = Monitor(meter_provider=MeterProvider(metric_readers=[reader]))
    monitor.pipeline.start()
    hooks(monitor, 3)

    def say() -> Any:
        answers = [monitor.rebalances_total()]
        hooks(monitor, 2)
        answers.append(monitor.rebalances_total())
        found = numbers(reader.get_metrics_data())
        return answers, found[c.REBALANCES.name][()], found[c.RECOVERY_DURATION.name][()][0]

    child = in_child(say)
    hooks(monitor, 1)
    return child, monitor.rebalances_total(), numbers(reader.get_metrics_data())[c.REBALANCES.name]


def own(received: Received) -> Any:
    """Fork a monitor that exports."""
    os.environ["OTEL_EXPORTER_OTLP_ENDPOINT"] = received.endpoint
    os.environ["OTEL_METRIC_EXPORT_INTERVAL"] = "60000"
    monitor = Monitor()
    monitor.pipeline.start()
    hooks(monitor, 3)

    def say() -> Any:
        hooks(monitor, 2)
        # Nothing is exported until the child starts its own: flushed at once, nothing received.
        return monitor.rebalances_total(), monitor.force_flush(5.0)

    child = in_child(say)
    before = len(received.requests)
    flushed = monitor.force_flush(20.0)
    total = received.metrics()[c.REBALANCES.name].sum.data_points[0].as_int
    monitor.shutdown()
    return child, before, flushed, total


if __name__ == "__main__":
    result = [borrowed()]
    with grpc_receiver() as receiver:
        result.append(own(receiver))
    print(repr(result))
