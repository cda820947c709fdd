"""The real stack, once for all end-to-end tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.e2e.collector import Collector, run_collector
from tests.e2e.kafka import Kafka, run_kafka

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kafka]:
    """A broker of Apache Kafka on loopback."""
    with run_kafka(tmp_path_factory.mktemp("kafka")) as running:
        yield running


@pytest.fixture(scope="session")
def collector(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Collector]:
    """An OpenTelemetry Collector on loopback that writes what it receives to a file."""
    with run_collector(tmp_path_factory.mktemp("collector")) as running:
        yield running
