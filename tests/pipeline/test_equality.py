"""One run, read in every way there is: all say the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from opentelemetry.exporter.prometheus import PrometheusMetricReader
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from faust_otel import Monitor, catalogue
from faust_otel.pipeline import BridgeReader
from faust_otel.words import Kind

from .reading import MemoryReader, numbers, series
from .receivers import grpc_receiver, http_receiver
from .script import MOVING, Clock, replay

if TYPE_CHECKING:
    from faust_otel.words import Metric

    from .reading import Numbers, Series

COUNTERS = [metric for metric in catalogue.METRICS if metric.kind is Kind.COUNTER]
COMPARED = [metric for metric in catalogue.METRICS if metric.name not in MOVING]


class PrometheusReader(BridgeReader, PrometheusMetricReader):
    """The stock Prometheus reader, with our producer."""


class Read:
    """What each way of reading said of one run."""

    def __init__(self, monitor: Monitor, memory: MemoryReader, registry: CollectorRegistry) -> None:
        self.queries: Numbers = {
            metric.name: {series(attrs): value for attrs, value in monitor.query.points(metric)}
            for metric in catalogue.METRICS
        }
        self.memory = numbers(memory.get_metrics_data())
        self.text = generate_latest(registry).decode()
        self.otlp: dict[str, Numbers] = {}


@pytest.fixture(scope="module")
def read() -> Read:
    """Replay the script of hooks once, and read it in every way."""
    with pytest.MonkeyPatch.context() as patch, grpc_receiver() as grpc, http_receiver() as http:
        monitor = Monitor(clock=(clock := Clock()))
        memory, registry = MemoryReader(), CollectorRegistry()
        monitor.pipeline.add(memory)
        monitor.pipeline.add(PrometheusReader(registry=registry))
        replay(monitor, clock)
        read = Read(monitor, memory, registry)
        for protocol, receiver in (("grpc", grpc), ("http/protobuf", http)):
            patch.setenv("OTEL_EXPORTER_OTLP_PROTOCOL", protocol)
            patch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.endpoint)
            monitor.pipeline.start()
            assert monitor.force_flush(), protocol
            monitor.shutdown()
            read.otlp[protocol] = receiver.numbers(0)
    return read


def in_text(text: str, name: str, *, sample: str) -> dict[Series, float]:
    """Return the samples of a metric in Prometheus's format; `sample` is the end of their name."""
    begin = name.replace(".", "_")
    names = {f"{begin}{unit}{sample}" for unit in ("", "_seconds", "_bytes", "_ratio")}
    return {
        series({k: v for k, v in found.labels.items() if v and not k.startswith("otel_scope")}): (
            found.value
        )
        for family in text_string_to_metric_families(text)
        for found in family.samples
        if found.name in names
    }


def as_text(found: dict[Series, Any]) -> dict[Series, float]:
    """Return what Prometheus's format makes of keys, values and distributions."""
    return {
        series({name.replace(".", "_"): str(value) for name, value in labels}): (
            value[0] if isinstance(value, tuple) else value
        )
        for labels, value in found.items()
    }


@pytest.mark.parametrize("metric", COMPARED, ids=lambda metric: metric.name)
def test_every_output_says_the_same(read: Read, metric: Metric) -> None:
    """Queries, in-memory reader, Prometheus text and OTLP over both protocols agree."""
    memory = read.memory[metric.name]
    sample = {Kind.COUNTER: "_total", Kind.HISTOGRAM: "_count"}.get(metric.kind, "")
    counts = {k: v[0] if isinstance(v, tuple) else v for k, v in memory.items()}
    assert memory
    assert counts == read.queries[metric.name]
    assert as_text(memory) == in_text(read.text, metric.name, sample=sample)
    for protocol, found in read.otlp.items():
        assert memory == found[metric.name], protocol


@pytest.mark.parametrize("metric", COUNTERS, ids=lambda metric: metric.name)
def test_every_counter_reaches_every_output(read: Read, metric: Metric) -> None:
    """Each counter of the catalogue was seen by each way of reading, and no later one says less."""
    totals = [
        sum(found.values())
        for found in (
            read.memory[metric.name],
            in_text(read.text, metric.name, sample="_total"),
            *(each[metric.name] for each in read.otlp.values()),
        )
    ]
    assert totals == sorted(totals)
    assert totals[0] > 0


def test_the_buckets_of_prometheus_are_those_of_the_reader(read: Read) -> None:
    """Cumulated bucket by bucket, a histogram in text is the one the in-memory reader has."""
    name = catalogue.PROCESS_DURATION.name
    ((_, (_, total, counts)),) = read.memory[name].items()
    buckets = in_text(read.text, name, sample="_bucket")
    by_bound = sorted((float(dict(labels)["le"]), value) for labels, value in buckets.items())
    assert [float(sum(counts[: upto + 1])) for upto in range(len(counts))] == [
        value for _, value in by_bound
    ]
    assert [total] == list(in_text(read.text, name, sample="_sum").values())
