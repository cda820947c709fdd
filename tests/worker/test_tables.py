"""Tables: keys looked for, sizes and recovery."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import faust
import pytest
from faust.sensors import Sensor as FaustSensor

from faust_otel import Monitor, SensorDelegate, catalogue
from faust_otel.testing import running
from tests.brokers import collect
from tests.worker.reading import by, total

if TYPE_CHECKING:
    from faust_otel.testing import EmbeddedBroker

pytestmark = pytest.mark.worker


def contains(monitor: Monitor) -> dict[str, float]:
    """Return how often keys were looked for, by table."""
    found = by(monitor, catalogue.TABLE_OPERATIONS, "TABLE", TABLE_OPERATION="contains")
    return {table: count for table, count in found.items() if count}


async def test_keys_looked_for_are_counted_in_all_kinds_of_tables(
    broker: EmbeddedBroker, name: str
) -> None:
    """A table is watched, made before the monitor or after it, until the worker stops."""
    app: Any = broker.app(name)
    tables: dict[str, Any] = {"plain": app.Table("plain", default=int)}
    app.monitor = monitor = Monitor()
    tables |= {
        "sets": app.SetTable("sets"),
        "global": app.GlobalTable("global"),
        "windowed": app.Table("windowed", default=int).tumbling(10.0),
    }
    other = broker.app(f"{name}-other").Table("plain", default=int)
    kinds = {key: type(app.tables[key]) for key in tables}
    classes = {id(kind): dict(vars(kind)) for kind in kinds.values()}
    answers: list[dict[str, list[bool]]] = []

    @app.agent(name)  # type: ignore[untyped-decorator]  # the app is anything here
    async def look(stream: Any) -> None:
        async for key in stream:
            tables["plain"][key] += 1
            tables["sets"][key].add(1)
            tables["windowed"][key] += 1
            answers.append({name: ["x" in t, key in t] for name, t in tables.items()})
            assert "x" not in other

    broker.produce(name, 7)
    async with running(app) as worker:
        await worker.until(lambda: answers)
        assert {id(type(each)) for each in app.tables.values()}.isdisjoint(map(id, kinds.values()))
        assert type(other) is kinds["plain"]
    assert answers == [{table: [False, table != "global"] for table in tables}]
    assert contains(monitor) == dict.fromkeys(tables, 2)
    assert {key: type(app.tables[key]) for key in tables} == kinds
    assert {id(kind): dict(vars(kind)) for kind in kinds.values()} == classes
    assert 7 in tables["plain"]
    assert contains(monitor) == dict.fromkeys(tables, 2)


async def test_a_watched_table_is_what_it_was_in_all_else(
    broker: EmbeddedBroker, name: str
) -> None:
    """Its class, representation, hash, copies, clones and pickling are those it has unwatched."""

    def described(table: Any) -> list[Any]:
        kind = type(table)
        return [
            *(kind.__name__, kind.__qualname__, kind.__module__, kind.__doc__),
            *(isinstance(table, faust.Table), issubclass(kind, faust.Table), table.__class__),
            *table.__reduce_ex__(4)[:2],
            *(
                repr(table).replace(table.state, ""),
                str(table) == repr(table),
                hash(table),
                table.label,
                table.shortlabel,
                len(table),
            ),
            *(type(table.clone(name="clone")), type(copy.copy(table)), dict(table.items())),
        ]

    app: Any = broker.app(name)
    app.monitor = Monitor()
    collect(app, name)
    table = app.Table("table", default=int)
    before = described(table)
    async with running(app) as worker:
        await worker.until(lambda: type(table) is not faust.Table)
        during = described(table)
    assert before == during == described(table)


async def test_sensors_of_the_users_own_are_told_of_keys_looked_for(
    broker: EmbeddedBroker, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Every sensor that has the hook is told, inside a delegate or not, and one may raise."""
    told: list[str] = []

    class Own(FaustSensor):
        def on_table_contains(self, table: Any, key: Any) -> None:
            told.append(f"{table.name}-{key}")
            raise LookupError("no")

    app: Any = broker.app(name)
    monitor = Monitor()
    app.monitor = SensorDelegate(monitor)
    for sensor in (Own(), FaustSensor()):
        app.sensors.add(sensor)
    table = app.Table("table", default=int)
    found: list[bool] = []

    @app.agent(name)  # type: ignore[untyped-decorator]  # the app is anything here
    async def look(stream: Any) -> None:
        async for key in stream:
            found.extend([key in table, key in table])

    broker.produce(name, 7)
    async with running(app) as worker:
        await worker.until(lambda: found)
    assert (found, told) == ([False, False], ["table-7", "table-7"])
    assert contains(monitor) == {"table": 2}
    assert caplog.text.count("a key looked for in a table cannot be watched") == 1


async def test_recovery_is_seen_while_it_lasts_and_timed(broker: EmbeddedBroker, name: str) -> None:
    """A worker that comes back tells what is left to read, how long it took, and the size then."""
    count = 2_000
    changelog = f"{name}-counts-changelog"
    app: Any = broker.app(name)
    app.monitor = monitor = Monitor()
    table = app.Table("counts", default=int)
    collect(app, name)
    broker.produce_many(changelog, range(count), key=lambda number: f'"key-{number}"')
    left: list[float] = []
    async with running(app) as worker:

        def recovered() -> bool:
            left.extend(by(monitor, catalogue.RECOVERY_REMAINING, "TABLE").values())
            return total(monitor, catalogue.RECOVERY_DURATION) == 1

        await worker.until(recovered)
        assert by(monitor, catalogue.TABLE_SIZE, "TABLE") == {"counts": count}
        assert by(monitor, catalogue.RECOVERY_REMAINING, "TABLE") == {}
        assert (total(monitor, catalogue.REBALANCES), table["key-7"]) == (1, 7)
    assert left
    assert left == sorted(left, reverse=True)
    assert 0 < max(left) <= count
    # Changelog messages are no messages of the app's.
    assert (total(monitor, catalogue.CONSUMED), total(monitor, catalogue.EVENTS)) == (0, 0)
