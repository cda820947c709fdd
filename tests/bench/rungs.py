"""The rungs of the ladders by name; what they are made of is in :mod:`tests.bench.probe`."""

from __future__ import annotations

from typing import NamedTuple


class Rung(NamedTuple):
    """One step of a ladder: the name on the command line and what a table calls it."""

    name: str
    title: str


NOTHING = Rung("nothing", "the loop alone")
SENSOR = Rung("sensor", "`faust.Sensor`, does nothing")
SILENT = Rung("silent", "no monitor")
OURS = Rung("ours", "`faust_otel.Monitor`")
OURS_SDK = Rung("ours-sdk", "`faust_otel.Monitor` on a user's `MeterProvider`")
MONITOR = Rung("monitor", "`faust.Monitor`")
PROMETHEUS = Rung("prometheus", "Faust's `PrometheusMonitor`")
OTEL = Rung("otel", "Faust's `OpenTelemetryMonitor`, no SDK")
OTEL_SDK = Rung("otel-sdk", "Faust's `OpenTelemetryMonitor`, with SDK")

HOOKS = (NOTHING, SENSOR, OURS, OURS_SDK, MONITOR, PROMETHEUS, OTEL, OTEL_SDK)
WORKER = (SILENT, OURS, OURS_SDK, MONITOR, PROMETHEUS, OTEL_SDK)
COLLECT = (OURS, OURS_SDK, PROMETHEUS, OTEL_SDK)


def choose(ladder: tuple[Rung, ...], *, names: str | None, needed: tuple[Rung, ...]) -> list[Rung]:
    """Pick rungs by a comma-separated list of names, in the ladder's order.

    ``needed`` is what the ratios cannot do without: always among them.

    Raises:
        ValueError: a name that the ladder does not have.
    """
    if names is None:
        return list(ladder)
    wanted = {name.strip() for name in names.split(",")}
    known = {rung.name for rung in ladder}
    if unknown := wanted - known:
        raise ValueError(f"no such rung: {', '.join(sorted(unknown))}; known: {sorted(known)}")
    return [rung for rung in ladder if rung.name in wanted or rung in needed]
