"""Names for what hooks hand over: topics, agents, errors, routes; never raising."""

from __future__ import annotations

from typing import Any

from faust.agents import current_agent
from mode.utils.objects import shortlabel

__all__ = [
    "agent_name",
    "as_key",
    "error_type",
    "route_of",
    "stream_label",
    "task_label",
    "topic_partition",
]


def topic_partition(tp: Any) -> tuple[str | None, int]:
    """Return topic and partition of a `TP`, or of the string the contract types it as.

    ``"orders-3"`` is partition 3 of orders, ``"orders"`` its partition 0. The topic of an
    in-memory channel is None.
    """
    if isinstance(tp, tuple) and len(tp) == 2:  # noqa: PLR2004  topic and partition
        topic, number = tp
        if topic is None:
            return None, 0
        return str(topic), number if isinstance(number, int) else 0
    text = str(tp)
    topic, dash, number = text.rpartition("-")
    if dash and topic and number.isdecimal():
        return topic, int(number)
    return text, 0


def agent_name() -> str | None:
    """Return the name of the agent whose task is running, if it is one."""
    agent = current_agent()
    return None if agent is None else str(agent.name)


def as_key(thing: Any) -> Any:
    """Return `thing` where it can be looked up in a dictionary, else None."""
    try:
        hash(thing)
    except TypeError:
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
    """Return a short name of the task that consumes a stream."""
    if agent is not None:
        return agent
    task = getattr(stream, "task_owner", None)
    return task.get_name() if hasattr(task, "get_name") else "unknown"


#: Methods of RFC 9110 and RFC 5789; others are ``_OTHER``, as the conventions ask.
HTTP_METHODS = frozenset(
    ("GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH")
)


def route_of(request: Any) -> str | None:
    """Return the route template of a web request, None when no route matched."""
    route = getattr(getattr(request, "match_info", None), "route", None)
    return getattr(getattr(route, "resource", None), "canonical", None)
