"""`Sensor`: configuration, and what it answers in the place of a monitor."""

from __future__ import annotations

import copy
import inspect
import pickle
from typing import Any

import faust
import pytest

from faust_otel import Monitor, Sensor, SensorDelegate
from faust_otel.sensors.counting import Counting


class Quiet(Sensor):
    """A sensor that can be found by its name, as pickle wants it."""


def has_stand_in(sensor: Sensor) -> bool:
    """Tell whether something counts for `sensor`, without asking it."""
    return "_Sensor__stand_in" in vars(sensor)


def test_any_keyword_is_configuration() -> None:
    """A sensor keeps the keywords it was made with, but those of Faust's services."""
    sensor = Sensor(threshold=3, name="orders", loop=None)
    assert sensor.config == {"threshold": 3, "name": "orders"}
    assert Sensor().config == {}


def test_a_sensor_does_nothing() -> None:
    """All hooks of the base take what the contract passes, and there is nothing to report."""
    sensor = Sensor()
    sensor.on_send_completed(None, sensor.on_send_initiated(None, "topic", None))
    sensor.on_table_contains("table", "key")
    assert sensor.asdict() == {}
    assert not has_stand_in(sensor)


@pytest.mark.parametrize(
    "name", ["tabels", "_table", "_tables", "store", "query", "pipeline", "__len__", "__setstate__"]
)
def test_a_typo_is_an_attribute_error(name: str) -> None:
    """An attribute that does not exist raises what Python does, and nothing is made for it."""
    sensor = Quiet()
    with pytest.raises(AttributeError, match=rf"^'Quiet' object has no attribute '{name}'$"):
        getattr(sensor, name)
    assert not has_stand_in(sensor)


@pytest.mark.parametrize("make", [Quiet, Monitor, SensorDelegate])
def test_what_does_not_exist_is_an_attribute_error_everywhere(make: Any) -> None:
    """hasattr() is False for unknown names, private ones too, on every class of ours."""
    sensor = make()
    assert [name for name in ("tabels", "_unknown", "__unknown__") if hasattr(sensor, name)] == []


def test_what_faust_reads_of_its_monitor_is_answered() -> None:
    """Every public name of faust.Monitor but its constructor's lookups exists on any sensor."""
    sensor = Sensor()
    public = {name for name in dir(faust.Monitor) if not name.startswith("_")}
    assert {name for name in public if not hasattr(sensor, name)} == {
        "stream_lookup",  # caches of Faust's own monitor
        "task_lookup",
    }
    assert has_stand_in(sensor)


def test_a_stand_in_answers_like_a_fresh_monitor() -> None:
    """A sensor that is asked for counts has some, all zero, and shows them in its dictionary."""
    sensor = Sensor()
    assert (sensor.messages_active, sensor.events_total, sensor.tp_read_offsets) == (0, 0, {})
    assert sensor.stand_in() is sensor.stand_in()
    assert sensor.asdict() == Monitor().asdict()


def test_a_monitor_counts_itself() -> None:
    """A monitor is its own stand-in."""
    monitor = Monitor()
    assert monitor.stand_in() is monitor
    assert isinstance(monitor, Counting)


def test_sensors_can_be_copied() -> None:
    """A shallow copy has the same configuration, and attributes of its own."""
    sensor = Quiet(threshold=3)
    again = copy.copy(sensor)
    vars(again)["mine"] = True

    assert again.config == {"threshold": 3}
    assert "mine" not in vars(sensor)


def test_copying_an_object_that_is_not_set_up_yet_ends() -> None:
    """Reading a name on an object without attributes raises AttributeError instead of recursing."""
    for cls in (Quiet, Monitor, SensorDelegate):
        bare = cls.__new__(cls)
        for name in ("config", "unknown", "_unknown"):
            with pytest.raises(AttributeError):
                getattr(bare, name)


async def test_inspecting_a_sensor_makes_nothing() -> None:
    """dir(), repr(), vars() and inspect.getmembers() of a sensor do not make a stand-in."""
    sensor = Quiet()
    inspect.getmembers(sensor)
    assert repr(sensor) == "<Quiet: init >"
    assert "config" in dir(sensor)
    assert not has_stand_in(sensor)


def test_pickling_does_not_recurse() -> None:
    """A plain sensor survives a round through pickle, and a monitor raises Python's TypeError."""
    again = pickle.loads(pickle.dumps(Quiet(threshold=3)))  # noqa: S301  made in this line
    assert again.config == {"threshold": 3}
    with pytest.raises(TypeError, match="cannot pickle"):
        pickle.dumps(Monitor())


def test_an_attribute_error_of_a_monitor_s_own_is_no_recursion() -> None:
    """A property of a subclass that raises AttributeError raises just that."""

    class Own(Monitor):
        @property
        def tables(self) -> Any:  # type: ignore[override]  # read-only it is
            raise AttributeError("not yet")

    with pytest.raises(AttributeError, match="'Own' object has no attribute 'tables'"):
        Own().tables  # noqa: B018  reading it is the test
