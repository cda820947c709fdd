"""Every way to install a monitor, each on a real worker, all at the same time; what they told."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, Any

import aiohttp
from faust.sensors.metrics import performance_metrics

from faust_otel import Monitor, Sensor, SensorDelegate
from faust_otel.sensors.counting import Counting
from faust_otel.testing import RunningApp, running

if TYPE_CHECKING:
    import faust

    from faust_otel.testing import EmbeddedBroker

__all__ = ["EVENTS", "KINDS", "TOPIC", "Told", "counting", "run_all"]

#: Records in the topic; each is one event, one table get and set, and one send to another topic.
EVENTS = 40
TOPIC = "installed"


class Counts(Sensor):
    """A user's sensor with the contract's arguments."""

    def __init__(self) -> None:
        super().__init__()
        self.events = 0

    def on_stream_event_out(self, tp: Any, offset: int, stream: Any, event: Any) -> None:  # type: ignore[override]
        if tp.topic == stream.channel.get_topic_name() and offset == event.message.offset:
            self.events += 1

    def asdict(self) -> dict[str, Any]:
        return {"own": self.events}


class Fails(Sensor):
    """Fails at everything there is."""

    async def on_start(self) -> None:
        raise LookupError("start")

    async def on_stop(self) -> None:
        raise LookupError("stop")

    def on_message_in(self, *_: Any) -> None:
        raise LookupError("in")

    def on_commit_initiated(self, *_: Any) -> None:
        raise LookupError("commit")


@dataclass
class Told:
    """What one app and its monitors told while it ran, and what its group had committed after."""

    app: faust.App
    #: Sensors of interest, by what they are; ``app.monitor`` is among them.
    sensors: dict[str, Any]
    seen: list[int] = field(default_factory=list)
    #: Faust's page of all its sensors, its page of performance, and what that is made of.
    stats: Any = None
    performance: Any = None
    direct: Any = None
    inbound: dict[Any, float] = field(default_factory=dict)
    asked_at: float = 0.0
    #: The dictionaries of those sensors that count, or of what counts for them.
    dictionaries: dict[str, dict[str, Any]] = field(default_factory=dict)
    committed: dict[int, int | None] = field(default_factory=dict)


def _setting(app: faust.App) -> dict[str, Any]:
    made_by: Any = app.conf.Monitor
    assert made_by is Monitor
    return {}


def _monitor(app: faust.App) -> dict[str, Any]:
    app.monitor = monitor = Monitor()
    return {"monitor": monitor}


def _sensor(app: faust.App) -> dict[str, Any]:
    app.monitor = sensor = Counts()
    return {"sensor": sensor}


def _delegate(app: faust.App) -> dict[str, Any]:
    monitor, sensor = Monitor(), Counts()
    app.monitor = delegate = SensorDelegate(Fails(), SensorDelegate(monitor), sensor)
    return {"monitor": monitor, "sensor": sensor, "delegate": delegate}


def _bare(app: faust.App) -> dict[str, Any]:
    sensor = Counts()
    app.monitor = delegate = SensorDelegate(SensorDelegate(sensor))
    return {"sensor": sensor, "delegate": delegate}


def _beside(app: faust.App) -> dict[str, Any]:
    monitor, inside = Monitor(), Monitor()
    app.sensors.add(monitor)
    app.sensors.add(SensorDelegate(inside))
    return {"monitor": monitor, "inside": inside}


#: How a monitor is installed, by name; returns sensors of interest.
KINDS: dict[str, Any] = {
    "setting": _setting,
    "monitor": _monitor,
    "sensor": _sensor,
    "delegate": _delegate,
    "bare": _bare,
    "beside": _beside,
}


def run_all(broker: EmbeddedBroker) -> dict[str, Told]:
    """Run a worker of each kind until all have processed all records; return what they told."""
    broker.create(TOPIC)
    broker.produce_many(TOPIC, range(EVENTS))
    return asyncio.run(_run_all(broker))


async def _run_all(broker: EmbeddedBroker) -> dict[str, Told]:
    told = {kind: _make(broker, kind) for kind in KINDS}
    async with AsyncExitStack() as stack:
        workers = [
            (await stack.enter_async_context(running(each.app, web=True)), each)
            for each in told.values()
        ]
        for worker, each in workers:
            await worker.until(partial(_caught_up, broker, each))
        for worker, each in workers:
            await worker.until(partial(_sampled, each))
            await _ask(worker, each)
    for each in told.values():
        each.committed = broker.committed(each.app.conf.id, TOPIC)
    return told


def _make(broker: EmbeddedBroker, kind: str) -> Told:
    settings = {"Monitor": Monitor} if kind == "setting" else {}
    app = broker.app(f"installed-{kind}", debug=True, web_metrics_enabled=True, **settings)
    told = Told(app, KINDS[kind](app))
    out = app.topic(f"installed-{kind}-out", value_serializer="json")
    counts = app.Table(f"{kind}-counts", default=int)

    @app.agent(app.topic(TOPIC, value_serializer="json"))
    async def work(stream: Any) -> None:
        async for number in stream:
            counts[str(number)] += 1
            await out.send(value=number)
            told.seen.append(number)

    return told


def _caught_up(broker: EmbeddedBroker, told: Told) -> bool:
    """Tell whether all is processed, committed and, as far as ours knows, sent."""
    told.sensors.setdefault("app.monitor", told.app.monitor)
    return (
        len(told.seen) == EVENTS
        and broker.committed(told.app.conf.id, TOPIC) == broker.end_offsets(TOPIC)
        and all(each.messages_sent == 2 * EVENTS for each in counting(told).values())
    )


def _sampled(told: Told) -> bool:
    """Tell whether the totals are in the samples that rates are made of."""
    samples = [each.store.rates._samples[-1][1] for each in counting(told).values()]
    return all(sample == (EVENTS, 2 * EVENTS, EVENTS) for sample in samples)


def counting(told: Told) -> dict[str, Any]:
    """Return the monitors of ours, and what counts in the place of a sensor that is none."""
    found = {
        name: each if isinstance(each, Counting) else each.stand_in()
        for name, each in told.sensors.items()
        if isinstance(each, Counting) or (name == "app.monitor" and isinstance(each, Sensor))
    }
    assert found
    return found


async def _ask(worker: RunningApp, told: Told) -> None:
    app = told.app
    async with aiohttp.ClientSession() as client:
        told.stats = await _json(client, f"{worker.url}/")
        told.performance = await _json(client, f"{worker.url}/performance/")
    told.direct = performance_metrics(app)
    told.inbound, told.asked_at = dict(app.monitor.stream_inbound_time), monotonic()
    told.dictionaries = {name: each.asdict() for name, each in counting(told).items()}


async def _json(client: aiohttp.ClientSession, url: str) -> Any:
    async with client.get(url) as answer:
        assert answer.status == 200, await answer.text()
        return await answer.json()
