"""Names for what hooks hand over; never raising, whatever it is."""

from __future__ import annotations

from json import JSONDecodeError
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from unittest.mock import MagicMock

import pytest
from faust.types import TP

from faust_otel.sensors import naming

if TYPE_CHECKING:
    from collections.abc import Callable


class Hostile:
    """Raises whatever it is asked."""

    def __getattr__(self, name: str) -> Any:
        raise (AttributeError if name.startswith("__") else RuntimeError)(name)

    def __str__(self) -> str:
        raise RuntimeError("no text")

    def __hash__(self) -> int:
        raise RuntimeError("no hash")


@pytest.mark.parametrize(
    ("tp", "expected"),
    [
        (TP("orders", 3), ("orders", 3)),
        (("orders", 3), ("orders", 3)),
        (("orders", "3"), ("orders", 0)),
        (TP(None, 0), (None, 0)),  # type: ignore[arg-type]  # an in-memory channel's
        (None, (None, 0)),
        ("orders-3", ("orders", 3)),
        ("new-orders-12", ("new-orders", 12)),
        ("orders", ("orders", 0)),
        ("orders-", ("orders-", 0)),
        ("orders-x", ("orders-x", 0)),
        ("-3", ("-3", 0)),
        ("orders-\u0663", ("orders-\u0663", 0)),
        ("orders-" + "9" * 5000, ("orders-" + "9" * 5000, 0)),
        ("", ("", 0)),
        (7, ("7", 0)),
        ((1, 2, 3), ("(1, 2, 3)", 0)),
        ((Hostile(), 1), ("Hostile", 1)),
        (Hostile(), ("Hostile", 0)),
    ],
)
def test_topic_and_partition_are_told_from_anything(tp: Any, expected: tuple[str, int]) -> None:
    """A `TP`, the text that the contract types it as, and everything else have an answer."""
    assert naming.topic_partition(tp) == expected


@pytest.mark.parametrize(
    ("exc", "name"),
    [
        (KeyError("k"), "KeyError"),
        (JSONDecodeError("", "", 0), "json.decoder.JSONDecodeError"),
        (None, "NoneType"),
    ],
)
def test_an_error_is_told_by_its_qualified_name(exc: Any, name: str) -> None:
    """Builtins go without their module."""
    assert naming.error_type(exc) == name


def test_what_has_no_hash_is_no_key() -> None:
    """Everything else is looked up as itself."""
    thing = object()
    assert [naming.as_key(each) for each in (thing, [], Hostile())] == [thing, None, None]


def test_an_attribute_that_raises_is_missing() -> None:
    """The default stands for what is not there and for what cannot be had."""
    assert naming.attribute(SimpleNamespace(a=1), "a") == 1
    assert naming.attribute(SimpleNamespace(), "a", default=2) == 2
    assert naming.attribute(Hostile(), "a", default=3) == 3


def test_a_stream_without_a_label_is_told_by_its_type() -> None:
    """A label must not stop an event."""
    assert naming.stream_label(SimpleNamespace(shortlabel="Stream: Topic: orders")) == (
        "Stream: Topic: orders"
    )
    assert naming.stream_label(Hostile()) == "Hostile"


@pytest.mark.parametrize(
    ("stream", "agent", "expected"),
    [
        (None, "orders-agent", "orders-agent"),
        (SimpleNamespace(task_owner=SimpleNamespace(get_name=lambda: "reader")), None, "reader"),
        (SimpleNamespace(task_owner=None), None, "unknown"),
        (SimpleNamespace(task_owner=SimpleNamespace(get_name=lambda: "Task-7")), None, "unknown"),
        (Hostile(), None, "unknown"),
    ],
)
def test_a_task_is_told_by_its_agent_or_its_name(
    stream: Any, agent: str | None, expected: str
) -> None:
    """A number that asyncio gave is no name."""
    assert naming.task_label(stream, agent) == expected


def test_the_agent_is_the_one_whose_task_is_running(named: Callable[[str], None]) -> None:
    """Outside of every agent there is none."""
    assert naming.agent_name() is None
    named("orders-agent")
    assert naming.agent_name() == "orders-agent"


@pytest.mark.parametrize(
    "request_", [None, MagicMock(), Hostile(), SimpleNamespace(match_info=None)]
)
def test_only_text_is_a_route(request_: Any) -> None:
    """A mock of a request has a route that is none."""
    assert naming.route_of(request_) is None
