"""The process itself: memory, processor time, threads, file descriptors."""

from __future__ import annotations

import sys
from types import ModuleType, SimpleNamespace

import psutil
import pytest

from faust_otel import attributes as key
from faust_otel import catalogue as c
from faust_otel.pipeline.process import PROCESS_SOURCES
from faust_otel.state import Store

MODULE = "opentelemetry.instrumentation.system_metrics"


def read() -> dict[str, list[tuple[dict[str, str | int], int | float]]]:
    """Return what each source says."""
    store = Store()
    return {metric.name: list(source(store)) for metric, source in PROCESS_SOURCES.items()}


def test_the_process_is_reported() -> None:
    """Every metric of the process says what the operating system says of it."""
    found, process = read(), psutil.Process()
    times = found.pop(c.CPU_TIME.name)
    assert [attrs[key.CPU_MODE] for attrs, _ in times] == ["user", "system"]
    assert sum(value for _, value in times) > 0
    memory = process.memory_info()
    about = {
        c.MEMORY_USAGE.name: memory.rss,
        c.MEMORY_VIRTUAL.name: memory.vms,
        c.THREADS.name: process.num_threads(),
        c.FILE_DESCRIPTORS.name: process.num_fds(),
    }
    assert set(about) == set(found)
    for name, ((attrs, value),) in found.items():
        assert not attrs
        assert value == pytest.approx(about[name], rel=0.2), name


def test_a_system_without_file_descriptors_reports_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is nothing to count, the metric has no point."""
    monkeypatch.delattr(psutil.Process, "num_fds")
    assert read()[c.FILE_DESCRIPTORS.name] == []


@pytest.mark.parametrize("instrumented", [False, True])
def test_what_another_instrumentation_reports_is_left_out(
    monkeypatch: pytest.MonkeyPatch, *, instrumented: bool
) -> None:
    """With the system metrics instrumented elsewhere, the process is not reported twice."""
    module = ModuleType(MODULE)
    other = SimpleNamespace(is_instrumented_by_opentelemetry=instrumented)
    module.SystemMetricsInstrumentor = lambda: other  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, MODULE, module)
    assert [not instrumented] * len(PROCESS_SOURCES) == [bool(points) for points in read().values()]
