"""Names for what hooks hand over: topics, agents, errors, routes; never raising."""

from __future__ import annotations

import re
from typing import Any

from faust.agents import current_agent
from mode.utils.objects import shortlabel

__all__ = [
    "agent_name",
    "as_key",
    "attribute",
    "error_type",
    "route_of",
    "stream_label",
    "task_label",
    "text_of",
    "topic_partition",
]

#: What asyncio calls a task that nobody named: a number that is never the same again.
UNNAMED_TASK = re.compile(r"Task-\d+")

#: More digits than the number of a partition, of 32 bits, has.
MAX_DIGITS = 11


def attribute(thing: Any, name: str, *, default: Any = None) -> Any:
    """Return an attribute, or `default` when it cannot be had."""
    try:
        return getattr(thing, name, default)
    except Exception:  # noqa: BLE001  a property may raise what it likes
        return default


def text_of(thing: Any) -> str:
    """Return `thing` as text, or the name of its type when it has none."""
    try:
        return str(thing)
    except Exception:  # noqa: BLE001  it may raise what it likes
        return type(thing).__name__


def topic_partition(tp: Any) -> tuple[str | None, int]:
    """Return topic and partition of a `TP`, or of the string the contract types it as.

    ``"orders-3"`` is partition 3 of orders, ``"orders"`` its partition 0. The topic of an
    in-memory channel is None.
    """
    if tp is None:
        return None, 0
    if isinstance(tp, tuple) and len(tp) == 2:  # noqa: PLR2004  topic and partition
        topic, number = tp
        if topic is None:
            return None, 0
        return text_of(topic), number if isinstance(number, int) else 0
    text = text_of(tp)
    topic, dash, number = text.rpartition("-")
    if dash and topic and number.isascii() and number.isdecimal() and len(number) < MAX_DIGITS:
        return topic, int(number)
    return text, 0


def agent_name() -> str | None:
    """Return the name of the agent whose task is running, if it is one."""
    agent = current_agent()
    return None if agent is None else text_of(attribute(agent, "name"))


def as_key(thing: Any) -> Any:
    """Return `thing` where it can be looked up in a dictionary, else None."""
    try:
        hash(thing)
    except Exception:  # noqa: BLE001  it may raise what it likes
        return None
    return thing


def error_type(exc: BaseException) -> str:
    """Return ``error.type`` of an exception: its qualified name, bare for builtins."""
    kind = type(exc)
    if kind.__module__ == "builtins":
        return kind.__qualname__
    return f"{kind.__module__}.{kind.__qualname__}"


def stream_label(stream: Any) -> str:
    """Return a short name of a stream, the same after its agent was restarted."""
    try:
        return str(shortlabel(stream))
    except Exception:  # noqa: BLE001  a label must not stop an event
        return type(stream).__name__


def task_label(stream: Any, agent: str | None) -> str:
    """Return a short name of the task that consumes a stream, the same for the next of its kind."""
    if agent is not None:
        return agent
    task = attribute(stream, "task_owner")
    try:
        name = str(task.get_name())
        if not UNNAMED_TASK.fullmatch(name):
            return name
        return str(task.get_coro().__qualname__)
    except Exception:  # noqa: BLE001  a label must not stop an event
        return "unknown"


#: The methods that the conventions list; others are ``_OTHER``.
HTTP_METHODS = frozenset(
    ("CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "QUERY", "TRACE")
)


def route_of(request: Any) -> str | None:
    """Return the route template of a web request, None when no route matched."""
    route = attribute(attribute(request, "match_info"), "route")
    canonical = attribute(attribute(route, "resource"), "canonical")
    return canonical if isinstance(canonical, str) else None
