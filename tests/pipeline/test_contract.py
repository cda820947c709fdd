"""One script of hooks on every pipeline there is: the same answers, the same numbers."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

from faust_otel import Monitor, catalogue

from .expected import NUMBERS
from .reading import MemoryReader, numbers
from .script import ANSWERS, MOVING, Clock, answers, replay

if TYPE_CHECKING:
    from .reading import Numbers

ROOT = Path.cwd()

Replayed = tuple[dict[str, Any], "Numbers"]


class Contract:
    """What holds on every pipeline; each says only how its monitor is made and read."""

    def test_queries_answer_what_the_script_did(self, replayed: Replayed) -> None:
        """Every query method answers what the hooks told."""
        assert replayed[0] == ANSWERS

    def test_a_reader_is_handed_what_the_script_did(self, replayed: Replayed) -> None:
        """A reader is handed exactly the series that the hooks told of, with their values."""
        assert {name: found for name, found in replayed[1].items() if name not in MOVING} == NUMBERS

    def test_nothing_is_handed_over_that_is_not_in_the_catalogue(self, replayed: Replayed) -> None:
        """The names a reader sees are those of the catalogue."""
        assert set() == set(replayed[1]) - {metric.name for metric in catalogue.METRICS}


class TestOwn(Contract):
    @pytest.fixture
    def replayed(self) -> Replayed:
        """Replay on a pipeline of our own."""
        clock = Clock()
        monitor = Monitor(clock=clock)
        reader = MemoryReader()
        monitor.pipeline.add(reader)
        replay(monitor, clock)
        return answers(monitor), numbers(reader.get_metrics_data())


class TestBorrowed(Contract):
    @pytest.fixture
    def replayed(self) -> Replayed:
        """Replay on a provider given as an argument."""
        clock = Clock()
        reader = InMemoryMetricReader()
        monitor = Monitor(clock=clock, meter_provider=MeterProvider(metric_readers=[reader]))
        replay(monitor, clock)
        return answers(monitor), numbers(reader.get_metrics_data())


class TestBeside(Contract):
    @pytest.fixture
    def replayed(self) -> Replayed:
        """Replay on a provider given as an argument, read by a reader of ours beside it."""
        clock = Clock()
        monitor = Monitor(clock=clock, meter_provider=MeterProvider())
        reader = MemoryReader()
        monitor.pipeline.add(reader)
        replay(monitor, clock)
        return answers(monitor), numbers(reader.get_metrics_data())


@pytest.fixture(scope="module")
def globally() -> Replayed:
    """Replay on the provider that is configured globally, in a process of its own."""
    command = [sys.executable, "-W", "error", "-m", "tests.pipeline.globally"]
    ran = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    found: Replayed = ast.literal_eval(ran.stdout)
    return found


class TestGlobal(Contract):
    @pytest.fixture
    def replayed(self, globally: Replayed) -> Replayed:
        """Return what the process found."""
        return globally
