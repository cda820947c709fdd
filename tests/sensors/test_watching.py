"""A monitor as a service of its own: what fails while it starts, looks and stops is only told."""

from __future__ import annotations

import asyncio
import threading
from functools import partialmethod
from typing import Any

import faust
import pytest
from opentelemetry.sdk.metrics import MeterProvider

from faust_otel import Monitor, Sensor
from faust_otel.sensors import last_export, watching
from faust_otel.sensors.kept import kept
from faust_otel.sensors.probe import AppProbe
from tests.sensors.script import HandClock
from tests.sensors.test_delegate_life import until


class Own(Monitor):
    """Overrides the callbacks of services without calling super, as Faust's monitor allows."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.notes: list[str] = []

    async def on_start(self) -> None:
        self.notes.append("start")

    async def on_started(self) -> None:
        self.notes.append("started")

    async def on_stop(self) -> None:
        self.notes.append("stop")


def noting(probe: AppProbe, calls: list[str], name: str, original: Any, monitor: Any) -> None:
    """Note the name of a call of a probe's method before it is made."""
    calls.append(name)
    original(probe, monitor)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have monitors look at once what they look at every second."""
    monkeypatch.setattr(watching, "LOOK_EVERY", 0.001)
    monkeypatch.setattr(watching, "SAMPLE_EVERY", 0.001)


@pytest.mark.usefixtures("quick")
async def test_a_subclass_s_own_callbacks_take_nothing_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With on_start and on_stop overridden, it joins its app, is sampled, and leaves."""
    calls: list[str] = []
    for name in ("join", "leave"):
        monkeypatch.setattr(
            AppProbe,
            name,
            partialmethod(noting, calls, name, getattr(AppProbe, name)),
        )
    app = faust.App("callbacks", broker="kafka://127.0.0.1:9")
    monitor = Own()
    app.sensors.add(monitor)
    await monitor.start()
    delays = kept(monitor).store.loop_delays.get()
    await until(lambda: delays.total() > 3)
    await monitor.stop()

    assert monitor.notes == ["start", "started", "stop"]
    assert calls == ["join", "leave"]
    assert kept(monitor).store.app_id == "callbacks"


@pytest.mark.usefixtures("quick")
async def test_a_monitor_runs_without_an_app() -> None:
    """Started on its own, it takes its samples and stops."""
    clock = HandClock()
    monitor = Monitor(clock=clock)
    await monitor.start()
    monitor.on_send_completed(None, monitor.on_send_initiated(None, "topic", None))
    delays = kept(monitor).store.loop_delays.get()
    await until(lambda: delays.total() > 0)
    clock.pass_(1.0)
    await until(lambda: kept(monitor).store.rates.last_second(1) == 1.0)
    await monitor.stop()


async def test_a_stand_in_lives_as_long_as_its_sensor_runs() -> None:
    """Among the app's sensors while the app's monitor runs, after a restart too, and no longer."""
    app = faust.App("stood-in", broker="kafka://127.0.0.1:9")
    app.monitor = sensor = Sensor()
    app.sensors.add(sensor)
    stand_in: Any = sensor.stand_in()
    await sensor.start()
    assert stand_in in set(app.sensors)
    await sensor.restart()
    assert stand_in in set(app.sensors)
    assert sensor._children.count(stand_in) == 1
    await sensor.stop()

    assert list(app.sensors) == [sensor]
    assert stand_in.should_stop


async def test_an_app_that_cannot_be_watched_is_told_of(
    monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    """When the probe fails, the monitor starts, counts and stops all the same."""

    def fail(*_: Any) -> None:
        raise LookupError("probe")

    monkeypatch.setattr(AppProbe, "join", fail)
    app = faust.App("unwatched", broker="kafka://127.0.0.1:9")
    monitor = Monitor()
    app.sensors.add(monitor)
    await monitor.start()
    monitor.on_table_get("table", "key")
    await monitor.stop()

    assert caplog.messages == ["the app cannot be watched; some measurements are missing"]
    assert monitor.tables_get_total() == 1


async def test_an_exporter_that_cannot_be_made_is_told_of(
    monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    """With an OTLP protocol that does not exist the monitor starts, and says what to use."""
    monkeypatch.setenv("OTEL_METRICS_EXPORTER", "otlp")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_PROTOCOL", "pigeon")
    monitor = Monitor()
    await monitor.start()
    assert monitor.started
    await monitor.stop()

    [message] = caplog.messages
    assert message.startswith("metrics are not exported: OTEL_EXPORTER_OTLP_PROTOCOL='pigeon'")


@pytest.mark.usefixtures("quick")
async def test_a_look_that_fails_is_told_of_once(caplog: Any) -> None:
    """What a monitor looks at every second may fail again and again: it lives, and says so once."""
    monitor = Monitor()
    store: Any = kept(monitor).store
    store.rates = None
    await monitor.start()
    delays = store.loop_delays.get()
    await until(lambda: delays.total() > 5)
    await monitor.stop()

    assert caplog.messages == ["a look at the app failed; some measurements are missing"]
    assert not monitor.crashed


class Hindered(MeterProvider):
    """Exports when it is let, and fails then."""

    def __init__(self) -> None:
        super().__init__()
        self.let = threading.Event()
        self.asked = 0

    def force_flush(self, *_: Any) -> bool:
        self.asked += 1
        self.let.wait(30.0)
        raise OSError("no way out")


async def test_a_last_export_that_fails_is_told_of(caplog: Any) -> None:
    """A monitor whose provider raises stops, and stopping again does not export again."""
    provider = Hindered()
    provider.let.set()
    monitor = Monitor(meter_provider=provider)
    await monitor.start()
    await monitor.stop()
    await monitor.stop()

    assert provider.asked == 1
    assert caplog.messages == ["the last metrics could not be exported: no way out"]


class Hanging:
    """A pipeline that does not mind the time it is given."""

    def __init__(self) -> None:
        self.let = threading.Event()

    def stop(self, timeout: float) -> None:
        """Return when it is let."""
        assert self.let.wait(30.0 + timeout)


async def test_a_last_export_that_hangs_is_waited_for_so_long(
    monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    """A worker stops although its exporter does not return, and says what may be lost."""
    monkeypatch.setattr(last_export, "LAST_EXPORT", 0.05)
    monkeypatch.setattr(last_export, "MARGIN", 0.05)
    pipeline: Any = Hanging()
    await asyncio.wait_for(last_export.stop_exporting(pipeline), timeout=10.0)
    assert caplog.messages == ["the last metrics were not exported within 0.05 s and may be lost"]
    pipeline.let.set()


def test_a_loop_that_is_closed_is_no_error_for_the_last_export(caplog: Any) -> None:
    """An export that ends after its loop was closed ends quietly on its thread."""
    pipeline: Any = Hanging()

    async def stop_early() -> None:
        stopping = asyncio.ensure_future(last_export.stop_exporting(pipeline))
        await until(lambda: any(each.name == last_export.THREAD for each in threading.enumerate()))
        stopping.cancel()

    asyncio.run(stop_early())
    pipeline.let.set()
    for thread in threading.enumerate():
        if thread.name == last_export.THREAD:
            thread.join(timeout=10.0)
            assert not thread.is_alive()
    assert caplog.messages == []
