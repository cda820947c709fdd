"""Memory, processor time, threads and file descriptors of the process, by psutil."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from functools import cache
from typing import TYPE_CHECKING, Any

from faust_otel import attributes as key
from faust_otel import catalogue as c
from faust_otel.state.series import Attrs

if TYPE_CHECKING:
    from faust_otel.state import Store
    from faust_otel.words import Metric

__all__ = ["PROCESS_SOURCES"]

Points = Iterator[tuple[Attrs, "int | float"]]
Read = Callable[[Any], Points]


@cache
def _process(pid: int) -> Any:
    import psutil

    return psutil.Process(pid)


def _reported_elsewhere() -> bool:
    """Tell whether the system-metrics instrumentation already reports the process."""
    module = sys.modules.get("opentelemetry.instrumentation.system_metrics")
    if module is None:
        return False
    instrumentor = module.SystemMetricsInstrumentor()
    return bool(instrumentor.is_instrumented_by_opentelemetry)


def _source(read: Read) -> Callable[[Store], Points]:
    def source(store: Store) -> Points:
        if not _reported_elsewhere():
            yield from read(_process(store.pid))

    return source


def _cpu(process: Any) -> Points:
    times = process.cpu_times()
    yield {key.CPU_MODE: "user"}, times.user
    yield {key.CPU_MODE: "system"}, times.system


def _one(read: Callable[[Any], int]) -> Read:
    def points(process: Any) -> Points:
        yield {}, read(process)

    return points


def _file_descriptors(process: Any) -> Points:
    if hasattr(process, "num_fds"):  # not on Windows
        yield {}, process.num_fds()


PROCESS_SOURCES: dict[Metric, Callable[[Store], Points]] = {
    c.MEMORY_USAGE: _source(_one(lambda process: process.memory_info().rss)),
    c.MEMORY_VIRTUAL: _source(_one(lambda process: process.memory_info().vms)),
    c.CPU_TIME: _source(_cpu),
    c.THREADS: _source(_one(lambda process: process.num_threads())),
    c.FILE_DESCRIPTORS: _source(_file_descriptors),
}
