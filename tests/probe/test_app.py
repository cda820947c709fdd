"""Joining and leaving apps that never ran."""

from __future__ import annotations

import asyncio
import gc
from types import SimpleNamespace
from typing import Any
from weakref import ref

import faust
import pytest
from faust.types import TP

from faust_otel import Monitor, catalogue
from faust_otel.sensors.probe import AppProbe, app_of
from faust_otel.sensors.probe.levels import LevelProbe
from tests.worker.reading import by


def new_app() -> Any:
    """Return an app that has made neither its consumer nor its producer."""
    return faust.App("probed", broker="kafka://127.0.0.1:9", store="memory://", web_enabled=False)


class Part:
    """Some part of an app, with the attributes it is made with."""

    def __init__(self, **attributes: Any) -> None:
        vars(self).update(attributes)


def add_consumer(app: Any) -> None:
    """Give an app a consumer that has not started, as far as it is watched."""
    producer = Part(commit_transactions=None)
    methods = dict.fromkeys(("_commit", "_commit_tps", "_getmany", "perform_seek", "ack"))
    app._consumer = Part(started=False, transactions=Part(producer=producer), **methods)


async def test_an_app_and_its_probe_go_together() -> None:
    """Neither keeps the other, nor a monitor, once nobody needs them; also without leaving."""
    gone = []
    for leaves in (True, False):
        app, monitor = new_app(), Monitor()
        add_consumer(app)
        probe = AppProbe.of(app)
        probe.join(monitor)
        assert monitor.store.commits_watched
        if leaves:
            probe.leave(monitor)
            assert not monitor.store.commits_watched
        gone += [ref(app), ref(probe), ref(monitor)]
        del app, monitor, probe
    gc.collect()
    assert [each() for each in gone] == [None] * 6


async def test_an_app_has_one_probe_while_somebody_joins() -> None:
    """All monitors share it, joining twice is joining once, and the last to leave takes it away."""
    app, monitors = new_app(), [Monitor(), Monitor()]
    probe = AppProbe.of(app)
    for monitor in (*monitors, *monitors):
        AppProbe.of(app).join(monitor)
    assert [len(monitor.store.readings) for monitor in monitors] == [4, 4]
    assert {len(found) for found in monitors[0].store.readings.values()} == {1}
    probe.leave(monitors[0])
    probe.leave(monitors[0])
    assert AppProbe.of(app) is probe
    probe.leave(monitors[1])
    assert "_faust_otel_probe" not in vars(app)
    assert [list(monitor.store.readings.values()) for monitor in monitors] == [[[]] * 4] * 2


async def test_a_monitor_that_left_is_not_looked_at() -> None:
    """A look that was under way when its monitor left does nothing."""
    app, monitor = new_app(), Monitor()
    probe = AppProbe.of(app)
    probe.join(monitor)
    probe.leave(monitor)
    await probe.refresh(monitor, ends=True)
    assert monitor.store.readings[catalogue.TABLE_SIZE] == []


async def test_watching_makes_nothing_that_the_app_would_make_itself() -> None:
    """Consumer, producer, recovery, stores and buffers are made by the app, on its own thread."""
    app, monitor = new_app(), Monitor()
    table, topic = app.Table("table"), app.topic("orders")
    app.topics.add(topic)
    probe = AppProbe.of(app)
    probe.join(monitor)
    await probe.refresh(monitor, ends=True)
    levels = (
        *(catalogue.STREAM_BUFFER_SIZE, catalogue.PRODUCER_BUFFER_SIZE),
        *(catalogue.TABLE_SIZE, catalogue.RECOVERY_REMAINING),
    )
    said = {metric.name: by(monitor, metric, "TOPIC") for metric in levels}
    await asyncio.sleep(0)  # what was asked for looks for a consumer
    probe.leave(monitor)
    assert {name: found for name, found in said.items() if found} == {
        catalogue.STREAM_BUFFER_SIZE.name: {"orders": 0}
    }
    made = app._consumer, app._producer, app.tables._recovery, table._data, topic._queue
    assert made == (None,) * 5


async def test_a_service_knows_the_app_it_was_added_to() -> None:
    """However deep below the app it is, and one that stands alone has none."""
    app, monitor = new_app(), Monitor()
    assert app_of(monitor) is None
    monitor.beacon.reattach(app.tables.beacon)
    assert app_of(monitor) is app


def recovering(**fields: Any) -> Any:
    """Return an app whose tables recover, as far as levels look at it."""
    recovery = SimpleNamespace(
        **{
            "in_recovery": True,
            "active_offsets": {},
            "active_highwaters": {},
            "_recovery_started_at": None,
            "_recovery_ended_at": None,
            **fields,
        }
    )
    topic = SimpleNamespace(get_topic_name=lambda: "changelog")
    tables = {"table": SimpleNamespace(changelog_topic=topic, _data=None)}
    return SimpleNamespace(tables=Tables(tables, recovery=recovery), topics=[])


class Tables(dict[str, Any]):
    """Tables by name, with the service that recovers them."""

    def __init__(self, tables: dict[str, Any], *, recovery: Any) -> None:
        super().__init__(tables)
        self._recovery = recovery


@pytest.mark.parametrize(
    ("started", "ended", "seconds"),
    [
        (None, None, []),
        (5.0, None, []),
        (5.0, 7.5, [2.5]),
        (9.0, 7.5, []),  # it has begun again since
    ],
)
def test_a_recovery_is_timed_once_it_has_ended(
    started: float | None, ended: float | None, seconds: list[float]
) -> None:
    """However often it is looked at, each recovery is one observation."""
    monitor = Monitor()
    app = recovering(_recovery_started_at=started, _recovery_ended_at=ended)
    levels = LevelProbe(app, monitor)
    levels.attach()
    for _ in range(2):
        levels.watch_recovery()
    levels.detach()
    assert [each.read().sum for each in monitor.store.recoveries] == seconds


def test_what_is_left_to_recover_is_told_by_table() -> None:
    """Partitions whose place or end is not known yet are left out, and nothing is below 0."""
    tps = [TP("changelog", number) for number in range(4)]
    app = recovering(
        active_offsets=dict(zip(tps, (3, 12, None, 1), strict=True)),
        active_highwaters={tps[0]: 10, tps[1]: 10, tps[2]: 10, tps[3]: None, ("gone", 0): 5},
    )
    monitor = Monitor()
    levels = LevelProbe(app, monitor)
    levels.attach()
    assert by(monitor, catalogue.RECOVERY_REMAINING, "TABLE") == {"table": 7}
