"""The real OpenTelemetry Collector, and what it received."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from tests.e2e.install import collector
from tests.e2e.stack import free_port, listens, running_process, wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["Collector", "run_collector"]


class Collector:
    """A running Collector that writes every metric it receives to a file."""

    def __init__(self, *, grpc: int, http: int, file: Path) -> None:
        self.grpc = f"http://127.0.0.1:{grpc}"
        self.http = f"http://127.0.0.1:{http}"
        self._file = file

    def total(self, metric: str, *, service_name: str) -> float:
        """Return the sum of a metric's series: the last export's, of deltas the sum of all."""
        series: dict[str, float] = {}
        for data in self._exports(metric, service_name):
            delta = data.get("aggregationTemporality") == DELTA
            for point in data["dataPoints"]:
                name = json.dumps(point.get("attributes", []))
                value = point.get("asInt", point.get("asDouble", point.get("count", 0)))
                series[name] = float(value) + (series.get(name, 0.0) if delta else 0.0)
        return sum(series.values())

    def _exports(self, metric: str, service_name: str) -> Iterator[dict[str, Any]]:
        for line in self._file.read_text().splitlines():
            for sent in json.loads(line)["resourceMetrics"]:
                if _named(sent["resource"]).get("service.name") != service_name:
                    continue
                for scope in sent["scopeMetrics"]:
                    for given in scope["metrics"]:
                        if given["name"] == metric:
                            yield next(given[kind] for kind in KINDS if kind in given)


KINDS = ("sum", "gauge", "histogram", "exponentialHistogram")
#: Aggregation temporality as OTLP numbers it.
DELTA = 1


def _named(resource: dict[str, Any]) -> dict[str, Any]:
    return {
        pair["key"]: next(iter(pair["value"].values())) for pair in resource.get("attributes", [])
    }


@contextmanager
def run_collector(folder: Path) -> Iterator[Collector]:
    """Run the Collector with OTLP over grpc and http."""
    grpc, http = free_port(), free_port()
    file = folder / "metrics.jsonl"
    file.touch()
    config = {
        "receivers": {
            "otlp": {
                "protocols": {
                    "grpc": {"endpoint": f"127.0.0.1:{grpc}"},
                    "http": {"endpoint": f"127.0.0.1:{http}"},
                }
            }
        },
        "exporters": {"file": {"path": str(file), "flush_interval": "100ms"}},
        "service": {
            "telemetry": {"metrics": {"level": "none"}},
            "pipelines": {"metrics": {"receivers": ["otlp"], "exporters": ["file"]}},
        },
    }
    command = [str(collector()), f"--config=yaml:{json.dumps(config)}"]
    with running_process(command, log=folder / "collector.log", port=http):
        wait_for(lambda: listens(grpc), what="the Collector does not listen for grpc")
        yield Collector(grpc=grpc, http=http, file=file)
