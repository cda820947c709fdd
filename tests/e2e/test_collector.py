"""A worker on real Kafka exports to the real Collector; the three agree."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.e2e.collector import Collector
    from tests.e2e.kafka import Kafka

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

WORKER = Path(__file__).parent / "worker.py"
COUNT = 5000


@pytest.mark.parametrize("protocol", ["grpc", "http/protobuf"])
@pytest.mark.parametrize("temporality", ["cumulative", "delta"])
def test_collector_query_and_broker_agree(
    kafka: Kafka, collector: Collector, tmp_path: Path, protocol: str, temporality: str
) -> None:
    """What the Collector received equals what the worker answers and what the broker stored."""
    name = f"e2e-{protocol.partition('/')[0]}-{temporality}"
    topic = f"{name}-in"
    kafka.create(topic, partitions=3)
    kafka.create(f"{topic}-out", partitions=3)
    kafka.produce(topic, [json.dumps({"id": number}).encode() for number in range(COUNT)])
    done = subprocess.run(
        [sys.executable, str(WORKER), name, kafka.url, topic, str(COUNT), str(tmp_path)],
        env={
            **os.environ,
            "OTEL_METRICS_EXPORTER": "otlp",
            "OTEL_EXPORTER_OTLP_PROTOCOL": protocol,
            "OTEL_EXPORTER_OTLP_ENDPOINT": collector.grpc if protocol == "grpc" else collector.http,
            "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE": temporality,
            "OTEL_METRIC_EXPORT_INTERVAL": "1000",
        },
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    answers = json.loads(done.stdout.splitlines()[-1])
    assert answers == {"received": COUNT, "sent": COUNT, "events": COUNT}
    assert sum(kafka.ends(f"{topic}-out").values()) == COUNT
    assert sum(kafka.committed(name, topic).values()) == COUNT
    exported = {
        "received": "messaging.client.consumed.messages",
        "sent": "messaging.client.sent.messages",
        "events": "faust.events",
        "timed": "messaging.process.duration",
    }
    totals = {what: collector.total(metric, service_name=name) for what, metric in exported.items()}
    assert {**answers, "timed": COUNT} == totals
