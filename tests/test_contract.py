"""The contract of the public API: names, kinds, arguments, defaults.

`CONTRACT` is kept here by hand and never made from the code. To add a class is to add one entry.
"""

from __future__ import annotations

import inspect
from typing import Any, NamedTuple

import pytest

import faust_otel

REQUIRED: Any = inspect.Parameter.empty


class Method(NamedTuple):
    """Arguments by name with their defaults: positional ones first, then keyword-only ones.

    `keywords` says that it also takes any other keyword, `rest` any number of positional ones.
    """

    positional: dict[str, Any]
    named: dict[str, Any]
    keywords: bool = False
    rest: bool = False


class Property(NamedTuple):
    """An attribute to be read."""


#: A total that is an int as attribute and the same when called: Faust reads it, the contract calls.
Total = Property
Member = Method | Property


def method(*positional: str, **named: Any) -> Method:
    """Return a method of required positional arguments, and keyword-only ones with defaults."""
    return Method(dict.fromkeys(positional, REQUIRED), named)


HOOKS = {
    "on_message_in": method("tp", "offset", "message"),
    "on_message_out": method("tp", "offset", "message"),
    "on_stream_event_in": method("tp", "offset", "stream", "event"),
    "on_stream_event_out": method("tp", "offset", "stream", "event"),
    "on_table_get": method("table", "key"),
    "on_table_set": method("table", "key", "value"),
    "on_table_del": method("table", "key"),
    "on_commit_initiated": method("consumer"),
    "on_commit_completed": method("consumer", "state"),
    "on_send_initiated": method("producer", "topic", "message"),
    "on_send_completed": method("producer", "state"),
    "on_send_error": method("producer", "exc", "state"),
    "asdict": method(),
}

CONTRACT: dict[str, dict[str, Member]] = {
    "Sensor": {"__init__": Method({}, {}, keywords=True), **HOOKS},
    "Monitor": {
        "__init__": Method(
            {},
            {
                "max_avg_history": 100,
                "max_commit_latency_history": 30,
                "max_send_latency_history": 30,
            },
            keywords=True,
        ),
        **HOOKS,
        **dict.fromkeys(("messages_received_total", "events_total"), Total()),
        **dict.fromkeys(
            (
                "messages_sent_total",
                "messages_received_per_second",
                "messages_sent_per_second",
                "events_per_second",
                "tables_contains_total",
                "tables_get_total",
                "tables_set_total",
                "tables_del_total",
                "commit_latency_avg",
                "send_latency_avg",
                "commit_latency_max",
                "send_latency_max",
                "assignment_latency_avg",
                "assignment_error_total",
                "rebalances_total",
                "rebalance_return_latency_avg",
                "topic_buffer_full_total",
            ),
            method(),
        ),
        **dict.fromkeys(
            ("max_avg_history", "max_commit_latency_history", "max_send_latency_history"),
            Property(),
        ),
    },
    "SensorDelegate": {
        "__init__": Method({}, {}, rest=True),
        "add_sensor": method("sensor"),
        "remove_sensor": method("sensor"),
        "get_combined_metrics": method(),
    },
    "SensorT": {
        name: HOOKS[name]
        for name in (
            "on_message_in",
            "on_message_out",
            "on_table_get",
            "on_table_set",
            "on_commit_completed",
            "asdict",
        )
    },
    "MonitorT": dict.fromkeys(
        (
            "messages_received_total",
            "messages_sent_total",
            "events_per_second",
            "commit_latency_avg",
        ),
        method(),
    ),
}

#: The contract's classes and what they extend.
BASES = {"Monitor": "Sensor", "MonitorT": "SensorT"}

#: How an object of each class is made where its members are asked of one.
MAKE: dict[str, Any] = {"Monitor": faust_otel.Monitor}

MEMBERS = [(owner, name) for owner, members in CONTRACT.items() for name in members]


def members(owner: str) -> tuple[type, dict[str, Member]]:
    """Return a class of the front page, and what the contract says of it."""
    return getattr(faust_otel, owner), CONTRACT[owner]


@pytest.mark.parametrize(("owner", "name"), MEMBERS)
def test_each_member_is_what_the_contract_says(owner: str, name: str) -> None:
    """A method takes the contract's arguments with its defaults, and a property is one."""
    cls, contract = members(owner)
    expected = contract[name]
    found = inspect.getattr_static(cls, name)
    if isinstance(expected, Property):
        assert hasattr(found, "__get__")
        assert not inspect.isfunction(found)
        assert isinstance(getattr(MAKE[owner](), name), int)
        return
    assert inspect.isfunction(found)
    assert problems(expected, inspect.signature(found)) == []


def problems(expected: Method, signature: inspect.Signature) -> list[str]:
    """Return how a signature breaks the contract; what it takes beyond that must be optional."""
    parameters = dict(signature.parameters)
    found = [] if next(iter(parameters), None) == "self" else ["no self"]
    parameters.pop("self", None)
    kinds = {each.kind for each in parameters.values()}
    if expected.keywords and inspect.Parameter.VAR_KEYWORD not in kinds:
        found.append("takes no other keywords")
    if expected.rest and inspect.Parameter.VAR_POSITIONAL not in kinds:
        found.append("takes no further arguments")
    by_position = [each for each in parameters.values() if each.kind is each.POSITIONAL_OR_KEYWORD]
    if [each.name for each in by_position][: len(expected.positional)] != [*expected.positional]:
        found.append(f"takes {[each.name for each in by_position]} by position")
    wanted = {**expected.positional, **expected.named}
    for each in parameters.values():
        if each.kind in (each.VAR_KEYWORD, each.VAR_POSITIONAL):
            continue
        if each.name in expected.named and each.kind is not each.KEYWORD_ONLY:
            found.append(f"{each.name} is not keyword-only")
        if each.name not in wanted and each.default is REQUIRED:
            found.append(f"asks for {each.name}")
        if wanted.get(each.name, REQUIRED) is not REQUIRED and each.default != wanted[each.name]:
            found.append(f"{each.name} is {each.default!r} by default")
    return found + [f"lacks {name}" for name in wanted if name not in parameters]


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("lambda self, a, *, b=2, **kw: 0", None),
        ("lambda self, a, c=0, *, b=2, d=3, **kw: 0", None),
        ("lambda self, a, c, *, b=2, **kw: 0", "asks for c"),
        ("lambda self, c, a=1, *, b=2, **kw: 0", "takes ['c', 'a'] by position"),
        ("lambda self, a, b=2, **kw: 0", "b is not keyword-only"),
        ("lambda self, a, *, b=3, **kw: 0", "b is 3 by default"),
        ("lambda self, a, *, b=2: 0", "takes no other keywords"),
        ("lambda self, a, **kw: 0", "lacks b"),
        ("lambda a, *, b=2, **kw: 0", "no self"),
    ],
)
def test_a_break_of_the_contract_is_found(source: str, message: str | None) -> None:
    """Each of these signatures breaks a contract of one positional and one keyword in one way."""
    expected = Method({"a": REQUIRED}, {"b": 2}, keywords=True)
    found = problems(expected, inspect.signature(eval(source)))  # noqa: S307  the sources above
    assert found[:1] == ([] if message is None else [message])


def test_the_classes_extend_what_the_contract_says() -> None:
    """A Monitor is a Sensor, and a MonitorT a SensorT."""
    assert [
        (name, base)
        for name, base in BASES.items()
        if not issubclass(members(name)[0], members(base)[0])
    ] == []


def test_sensors_and_monitors_fit_the_type_interfaces() -> None:
    """Sensor, SensorDelegate and Monitor are SensorT at runtime, and only Monitor is MonitorT."""
    made = [faust_otel.Sensor(), faust_otel.SensorDelegate(), faust_otel.Monitor()]
    assert [isinstance(each, faust_otel.SensorT) for each in made] == [True, True, True]
    assert [isinstance(each, faust_otel.MonitorT) for each in made] == [False, False, True]
    assert not isinstance(object(), faust_otel.SensorT)
