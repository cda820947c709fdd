"""`SensorDelegate` as a service: it starts and stops its sensors, and none of them can stop it."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Any

import faust
import pytest
from mode import Service

from faust_otel import Monitor, Sensor, SensorDelegate
from faust_otel.sensors.probe import app_of
from tests.sensors.script import failures

if TYPE_CHECKING:
    from collections.abc import Callable


class Living(Sensor):
    """Notes what happens to it."""

    def __init__(self, name: str, log: list[str]) -> None:
        super().__init__()
        self.name, self.notes = name, log

    async def on_start(self) -> None:
        self.notes.append(f"start {self.name}")

    async def on_stop(self) -> None:
        self.notes.append(f"stop {self.name}")


class Failing(Living):
    """Raises when it starts and when it stops."""

    async def on_start(self) -> None:
        await super().on_start()
        raise LookupError("start")

    async def on_stop(self) -> None:
        await super().on_stop()
        raise LookupError("stop")


class Crashing(Living):
    """Has a task that raises at once."""

    @Service.task
    async def _crash_soon(self) -> None:
        raise LookupError("task")


class Slow(Living):
    """Starts when it is let."""

    def __init__(self, name: str, log: list[str]) -> None:
        super().__init__(name, log)
        self.let = asyncio.Event()

    async def on_start(self) -> None:
        await self.let.wait()
        await super().on_start()


class Parent(Service):
    """Stands for an app: has the delegate as a dependency."""

    def __init__(self, delegate: SensorDelegate) -> None:
        self.delegate = delegate
        super().__init__()

    def on_init_dependencies(self) -> list[Any]:
        return [self.delegate]


async def until(condition: Callable[[], Any]) -> None:
    """Wait for a condition, for 10 s at most."""

    async def wait() -> None:
        while not condition():  # noqa: ASYNC110  whatever it looks at
            await asyncio.sleep(0.001)

    await asyncio.wait_for(wait(), timeout=10.0)


async def test_sensors_start_in_order_and_stop_in_reverse_once() -> None:
    """Services among the sensors live with the delegate; stopping twice stops each once."""
    log: list[str] = []
    delegate = SensorDelegate(*(Living(name, log) for name in "abc"))
    await delegate.start()
    await delegate.stop()
    await delegate.stop()

    assert log == ["start a", "start b", "start c", "stop c", "stop b", "stop a"]


async def test_a_sensor_that_cannot_start_or_stop_is_left_behind(caplog: Any) -> None:
    """The others start and stop, and its two exceptions are counted and logged."""
    log: list[str] = []
    monitor = Monitor()
    delegate = SensorDelegate(Living("a", log), Failing("b", log), Living("c", log), monitor)
    await delegate.start()
    assert delegate.started
    await delegate.stop()

    assert log == ["start a", "start b", "start c", "stop c", "stop b", "stop a"]
    assert failures(monitor) == {("Failing", "start"): 1, ("Failing", "stop"): 1}
    assert [record.message.split(";")[0] for record in caplog.records] == [
        "Failing.start raised LookupError('start')",
        "Failing.stop raised LookupError('stop')",
    ]


async def test_without_a_guard_a_failing_start_is_raised() -> None:
    """With guard=False the exception of a start, and of a stop, is the delegate's own."""
    delegate = SensorDelegate(Failing("a", []), guard=False)
    with pytest.raises(LookupError, match="start"):
        await delegate.start()
    with pytest.raises(LookupError, match="stop"):
        await delegate.stop()


async def test_a_crash_of_a_sensor_stays_there() -> None:
    """A task of a sensor that raises crashes the sensor alone, and is counted."""
    log: list[str] = []
    crashing, monitor = Crashing("a", log), Monitor()
    parent = Parent(SensorDelegate(crashing, monitor))
    await parent.start()
    await until(lambda: crashing.crashed)

    assert [service.crashed for service in (parent, parent.delegate, monitor)] == [False] * 3
    assert failures(monitor) == {("Crashing", "crash"): 1}
    await parent.stop()
    assert log == ["start a", "stop a"]


async def test_without_a_guard_a_crash_is_the_worker_s() -> None:
    """With guard=False a crash goes up to the parent, as Faust's services do."""
    parent = Parent(SensorDelegate(Crashing("a", []), guard=False))
    await parent.start()
    await until(lambda: parent.crashed)
    await parent.stop()


async def test_a_sensor_s_own_supervisor_is_left_alone() -> None:
    """A sensor that somebody supervises keeps its supervisor."""
    woken: list[str] = []
    crashing = Crashing("a", [])
    supervisor: Any = type("Supervisor", (), {"wakeup": lambda _: woken.append("woken")})()
    crashing.supervisor = supervisor
    delegate = SensorDelegate(crashing)
    await delegate.start()
    await until(lambda: woken)
    delegate.remove_sensor(crashing)
    await delegate.stop()
    assert crashing.supervisor is supervisor


async def test_sensors_that_come_and_go_while_it_runs_start_and_stop() -> None:
    """One added is started, and one removed is stopped, and stopped no second time at the end."""
    log: list[str] = []
    delegate = SensorDelegate(Living("a", log))
    await delegate.start()
    late = Living("b", log)
    delegate.add_sensor(late)
    await until(lambda: late.started)
    delegate.remove_sensor(late)
    await until(lambda: log[-1:] == ["stop b"])
    await delegate.stop()

    assert log == ["start a", "start b", "stop b", "stop a"]
    assert late.supervisor is None
    assert late.beacon.parent is None


async def test_sensors_without_a_life_come_and_go_too() -> None:
    """An object that is no service can be added and removed while the delegate runs."""
    seen: list[Any] = []
    duck: Any = type("Duck", (), {"on_table_get": lambda _, *args: seen.append(args)})()
    delegate = SensorDelegate(duck)
    await delegate.start()
    delegate.on_table_get("table", "key")
    delegate.remove_sensor(duck)
    delegate.add_sensor(duck)
    await delegate.stop()
    assert seen == [("table", "key")]


async def test_a_sensor_that_is_still_starting_is_waited_for() -> None:
    """Stopping lets a sensor that was just added start, and then stops it."""
    log: list[str] = []
    delegate = SensorDelegate()
    await delegate.start()
    slow = Slow("a", log)
    delegate.add_sensor(slow)
    await until(lambda: slow.started)
    stopping = asyncio.ensure_future(delegate.stop())
    await asyncio.sleep(0)
    slow.let.set()
    await asyncio.wait_for(stopping, timeout=10.0)
    assert log == ["start a", "stop a"]


async def test_a_sensor_can_be_added_on_another_thread() -> None:
    """It is started on the event loop of the delegate."""
    log: list[str] = []
    delegate = SensorDelegate()
    await delegate.start()
    thread = threading.Thread(target=lambda: delegate.add_sensor(Living("a", log)))
    thread.start()
    await until(lambda: log == ["start a"])
    thread.join(timeout=10.0)
    await delegate.stop()
    assert log == ["start a", "stop a"]


async def test_a_delegate_can_be_restarted() -> None:
    """A restart starts all sensors again, also those nested."""
    log: list[str] = []
    duck: Any = type("Duck", (), {"on_table_get": lambda *_: None})()
    delegate = SensorDelegate(Living("a", log), SensorDelegate(Living("b", log), duck))
    await delegate.start()
    await delegate.restart()
    await delegate.stop()

    once = ["start a", "start b", "stop b", "stop a"]
    assert log == once + once


async def test_sensors_inside_find_the_app() -> None:
    """Once started, a sensor at any depth is below the app that the outermost is part of."""
    app = faust.App("found", broker="kafka://127.0.0.1:9")
    inner, outer = Sensor(), Sensor()
    delegate = SensorDelegate(outer, SensorDelegate(inner))
    assert app_of(delegate) is app_of(inner) is None
    app.sensors.add(delegate)
    await delegate.start()
    assert [app_of(sensor) for sensor in (delegate, outer, inner)] == [app] * 3
    await delegate.stop()


async def test_errors_count_in_the_app_s_monitor() -> None:
    """A delegate beside the app's monitor counts its sensors' failures there."""
    app = faust.App("counted", broker="kafka://127.0.0.1:9")
    app.monitor = monitor = Monitor()

    class Raising(Sensor):
        def on_table_get(self, *_: Any) -> None:
            raise LookupError

    delegate = SensorDelegate(SensorDelegate(Raising()))
    app.sensors.add(delegate)
    await delegate.start()
    delegate.on_table_get("table", "key")
    await delegate.stop()
    assert failures(monitor) == {("Raising", "on_table_get"): 1}

    app.monitor = faust.Monitor()
    delegate.on_table_get("table", "key")
    assert failures(monitor) == {("Raising", "on_table_get"): 1}
