"""``python -m tests.pipeline.globally``: the script of hooks on the globally configured provider.

Providers are global, hence a process of its own. Prints answers and numbers as Python literals.
"""

from __future__ import annotations

from opentelemetry.metrics import set_meter_provider
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

from faust_otel import Monitor

from .reading import numbers
from .script import Clock, answers, replay


def _main() -> None:
    reader = InMemoryMetricReader()
    set_meter_provider(MeterProvider(metric_readers=[reader]))
    clock = Clock()
    monitor = Monitor(clock=clock)
    replay(monitor, clock)
    print(repr((answers(monitor), numbers(reader.get_metrics_data()))))


if __name__ == "__main__":
    _main()
