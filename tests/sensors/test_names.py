"""A user's own attributes and methods, under names that are ours, disturb no counting."""

from __future__ import annotations

import json
from typing import Any

import faust
import pytest
from faust.sensors import Sensor as FaustSensor

from faust_otel import Monitor, Sensor, SensorDelegate
from tests.sensors.script import HandClock, Script
from tests.sensors.test_queries import LATENCIES, TOTALS

#: What Faust, a probe or the script calls on a monitor, and hence must stay what it is.
CALLED = {
    *("agent_failed", "asdict", "commit_ended", "count", "event_gone", "stand_in"),
    *("on_table_contains", "on_tp_commit", "track_tp_end_offset"),
    *("_events_by_stream_dict", "_events_by_task_dict", "_http_response_codes_dict"),
    *("_metric_counts_dict", "_topic_buffer_full_dict"),
    *("_tp_committed_offsets_dict", "_tp_end_offsets_dict", "_tp_read_offsets_dict"),
}


def names_of(sensor: Sensor) -> list[str]:
    """Return the names that `sensor` has beyond those of Faust's own."""
    faust_s = {*dir(FaustSensor), *vars(FaustSensor())}
    return sorted({*dir(sensor), *vars(sensor)} - faust_s - {"__getattr__"})


#: What users call attributes of their sensors, and every name of ours that nobody calls.
ASSIGNED = sorted(
    {
        *("tables", "query", "store", "config", "pipeline", "name", "metrics", "counts"),
        *("_pipeline", "_metrics", "_store", "_query", "_tables", "_lock", "_state", "_clock"),
        *("_partition", "_table", "_failed", "_recent", "_sample", "_hold", "_opening", "_close"),
        *("_sensors", "_calls", "_guard", "_said", "_stand_in", "_kept", "_routes", "_members"),
        *(each for each in names_of(Monitor()) if not each.startswith("_") and each not in CALLED),
    }
)


class Assigning(Monitor):
    """Assigns to every name it can think of."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        for name in ASSIGNED:
            setattr(self, name, object())


class AssigningBefore(Monitor):
    """The same, before ours is set up."""

    def __init__(self, **kwargs: Any) -> None:
        for name in ASSIGNED:
            setattr(self, name, object())
        super().__init__(**kwargs)


#: Has methods of all these names.
Naming: Any = type("Naming", (Monitor,), {name: lambda *_: object() for name in ASSIGNED})


def answered(monitor: Monitor, names: Any) -> dict[str, Any]:
    """Return what the queries of our class answer for `monitor`, whatever its own names say."""
    return {name: vars_of(Monitor)[name].__get__(monitor)() for name in names}


def vars_of(cls: type) -> dict[str, Any]:
    """Return the attributes of a class and its bases, unread."""
    return {name: value for base in reversed(cls.__mro__) for name, value in vars(base).items()}


@pytest.mark.parametrize("cls", [Assigning, AssigningBefore, Naming])
async def test_own_names_of_a_subclass_disturb_nothing(cls: Any) -> None:
    """With every plausible name taken, all counts and latencies are right, and asdict() is too."""
    clock = HandClock()
    monitor, plain = cls(clock=clock), Monitor(clock=clock)
    script = Script(monitor, clock=clock)
    script.play()
    other = Script(plain, clock=clock)
    other.play()

    assert answered(monitor, TOTALS) == TOTALS
    assert answered(monitor, LATENCIES) == LATENCIES
    assert json.dumps(monitor.asdict()) == json.dumps(plain.asdict())


def test_every_private_name_is_one_that_nobody_takes_by_accident() -> None:
    """Beyond Faust's, names are public, made unique by their class, or begin with _faust_otel."""
    classes = {base.__name__.lstrip("_") for base in SensorDelegate.__mro__ + Monitor.__mro__}
    assert [
        name
        for sensor in (Sensor(), Monitor(), SensorDelegate())
        for name in names_of(sensor)
        if name.startswith("_")
        and not name.endswith("__")
        and not name.startswith("_faust_otel")
        and not any(name.startswith(f"_{each}__") for each in classes)
        and not hasattr(faust.Monitor, name)
    ] == []


def test_a_delegate_s_subclass_may_take_names_too() -> None:
    """A subclass of SensorDelegate that assigns its own attributes goes on forwarding."""

    class Own(SensorDelegate):
        def __init__(self, *sensors: Any) -> None:
            super().__init__(*sensors)
            for name in ("_sensors", "_calls", "_guard", "_said", "_members", "sensors", "config"):
                setattr(self, name, None)

    monitor = Monitor()
    Own(monitor).on_table_get("table", "key")

    assert monitor.tables_get_total() == 1


def test_a_subclass_may_have_properties_of_our_names() -> None:
    """A read-only property named like one of ours is the subclass's, and its class can be made."""

    class Own(Monitor):
        @property
        def config(self) -> dict[str, Any]:
            return {"mine": True}

        @property
        def store(self) -> Any:
            return "shop"

    monitor = Own()
    monitor.on_table_get("table", "key")

    assert (monitor.config, monitor.store) == ({"mine": True}, "shop")
    assert monitor.tables_get_total() == 1
