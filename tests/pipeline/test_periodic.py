"""The reader that exports: at intervals, when asked, to the end, and again."""

from __future__ import annotations

import gc
import weakref
from threading import Event, Thread
from threading import enumerate as threads
from time import monotonic
from typing import TYPE_CHECKING

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

from faust_otel import Monitor
from faust_otel import catalogue as c
from faust_otel.pipeline.periodic import ExportingReader
from faust_otel.state import Store

from .exporters import LAST, Exporter, exporting, said
from .reading import DELTA, wait_for
from .receivers import grpc_receiver

if TYPE_CHECKING:
    from collections.abc import Callable

    from faust_otel.pipeline.own import OwnPipeline

    Open = Callable[..., OwnPipeline]

ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"


@pytest.fixture
def store() -> Store:
    """A store with one rebalance."""
    store = Store()
    store.rebalances.get(GROUP="shop").value += 1
    return store


def test_a_pipeline_can_be_started_again(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, opened: Open, store: Store
) -> None:
    """After start, stop and start, totals go on, no line is written, and no thread is left."""
    before = set(threads())
    with grpc_receiver() as received:
        monkeypatch.setenv(ENDPOINT, received.endpoint)
        pipeline = opened(store)
        for _ in range(3):
            pipeline.start()
            pipeline.start()
            store.rebalances.get(GROUP="shop").value += 1
            pipeline.stop(10.0)
            pipeline.stop(10.0)
        totals = [
            received.metrics(number)[c.REBALANCES.name].sum.data_points[0].as_int
            for number in range(len(received.requests))
        ]
    assert totals == [2, 3, 4]
    assert said(caplog) == []
    wait_for(lambda: not {t for t in set(threads()) - before if t.name.startswith("faust-otel")})


def test_deltas_go_on_where_they_were_when_started_again(
    monkeypatch: pytest.MonkeyPatch, opened: Open, store: Store
) -> None:
    """What was exported as a delta before a restart is not exported a second time."""
    exporter = Exporter(preferred_temporality=DELTA)
    pipeline = opened(store)
    make = lambda: exporter  # noqa: E731
    monkeypatch.setattr("faust_otel.pipeline.own.exporters_asked_for", lambda: [make])
    for _ in range(3):
        pipeline.start()
        store.recoveries.get().add(0.25)
        pipeline.stop(10.0)
    seen = []
    for data, _, _ in exporter.exported:
        found = {m.name: m for m in data.resource_metrics[0].scope_metrics[0].metrics}
        (counted,), (timed,) = (
            found[name].data.data_points for name in (c.REBALANCES.name, c.RECOVERY_DURATION.name)
        )
        seen.append((counted.value, timed.count))
    assert seen == [(1, 1), (0, 1), (0, 1)]


def test_an_export_hides_its_own_calls_and_knows_its_limit(
    monkeypatch: pytest.MonkeyPatch, opened: Open, store: Store
) -> None:
    """Instrumented HTTP libraries see no export of ours, and the exporter is told its limit."""
    exporter = Exporter()
    pipeline = opened(store)
    monkeypatch.setenv("OTEL_METRIC_EXPORT_TIMEOUT", "1234")
    with exporting(monkeypatch, exporter):
        pipeline.start()
    assert pipeline.flush(10.0)
    assert [each[1:] for each in exporter.exported] == [(1234.0, True)]


def test_every_interval_is_an_export(
    monkeypatch: pytest.MonkeyPatch, opened: Open, store: Store
) -> None:
    """Without being asked, a pipeline exports at the interval of the environment."""
    exporter = Exporter()
    monkeypatch.setenv("OTEL_METRIC_EXPORT_INTERVAL", "20")
    pipeline = opened(store)
    with exporting(monkeypatch, exporter):
        pipeline.start()
    wait_for(lambda: len(exporter.exported) >= 3)


def test_one_exporter_does_not_cost_another_its_last_export(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, opened: Open, store: Store
) -> None:
    """With one exporter that hangs, the other's last export arrives, and each is shut down once."""
    never = Event()
    bad, good = Exporter(does=never.wait), Exporter()
    pipeline = opened(store)
    with exporting(monkeypatch, bad, good):
        pipeline.start()
    assert not pipeline.flush(0.1)
    begun = monotonic()
    pipeline.stop(0.3)
    taken = monotonic() - begun
    never.set()
    assert ([len(good.exported), good.closed, bad.closed], taken < 0.6) == ([2, 1, 1], True)
    assert said(caplog) == [LAST]
    wait_for(lambda: len(bad.exported) == 1)


def test_an_exporter_may_use_the_sdk_when_shut_down(
    monkeypatch: pytest.MonkeyPatch, opened: Open, store: Store
) -> None:
    """An exporter is shut down where readers can still be added, and its own is kept by nobody."""
    exporter = Exporter()
    exporter.at_shutdown = lambda: MeterProvider().add_metric_reader(InMemoryMetricReader())
    pipeline = opened(store)
    with exporting(monkeypatch, exporter):
        pipeline.start()
    (reader,) = map(weakref.ref, pipeline._exporting)
    stopping = Thread(target=pipeline.stop, args=(10.0,), daemon=True)
    stopping.start()
    stopping.join(20.0)
    assert not stopping.is_alive()
    wait_for(lambda: gc.collect() >= 0 and reader() is None)


def test_a_reader_is_flushed_and_shut_down_as_the_sdk_does_it(
    opened: Open, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    """As any reader it takes force_flush and shutdown in milliseconds, shutdown more than once."""
    exporter = Exporter()
    reader = ExportingReader(exporter)
    opened(store).add(reader)
    reader.start()
    assert reader.force_flush(10_000)
    for _ in range(2):
        reader.shutdown(10_000)
    assert not reader.force_flush(10)
    assert ([len(exporter.exported), exporter.closed], said(caplog)) == ([1, 1], [])


def test_of_two_monitors_of_one_app_one_exports(
    monkeypatch: pytest.MonkeyPatch, opened: Open
) -> None:
    """Monitors of one app count the same, so one exports; another app's exports for itself."""
    exporters: list[Exporter] = []

    def make() -> Exporter:
        exporters.append(Exporter())
        return exporters[-1]

    monkeypatch.setattr("faust_otel.pipeline.own.exporters_asked_for", lambda: [make])
    stores = [Store(), Store(), Store()]
    for store, app in zip(stores, ("a", "a", "b"), strict=True):
        store.app = app
    first, second, other = map(opened, stores)
    counts = []
    for pipeline in (first, second, other):
        pipeline.start()
        counts.append(len(exporters))
    first.stop(10.0)
    second.start()
    counts.append(len(exporters))
    assert counts == [1, 1, 2, 3]


def test_nothing_to_export_is_a_success(opened: Open, store: Store) -> None:
    """Flush and stop of a pipeline without exporters succeed at once."""
    pipeline = opened(store)
    assert pipeline.flush(0.0)
    pipeline.stop(0.0)


async def test_a_monitor_can_be_started_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A monitor that was stopped and is started again exports again, with all it ever counted."""
    with grpc_receiver() as received:
        monkeypatch.setenv(ENDPOINT, received.endpoint)
        monitor = Monitor()
        for _ in range(2):
            await monitor.start()
            monitor.on_rebalance_start(None)
            await monitor.stop()
            monitor.service_reset()
        totals = [
            sum(received.numbers(number)[c.REBALANCES.name].values())
            for number in range(len(received.requests))
        ]
    assert totals == [1, 2]
