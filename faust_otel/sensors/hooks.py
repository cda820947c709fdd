"""The hooks Faust calls, and what their opening ones hand over to their closing ones."""

from __future__ import annotations

from functools import wraps
from threading import local
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "CLOSING",
    "HOOKS",
    "KEYWORDS",
    "OPENING",
    "keep_opened",
    "opened_before",
    "returning_opened",
]

#: Hook to the names of the arguments that Faust passes by position.
HOOKS: dict[str, tuple[str, ...]] = {
    "on_message_in": ("tp", "offset", "message"),
    "on_stream_event_in": ("tp", "offset", "stream", "event"),
    "on_stream_event_out": ("tp", "offset", "stream", "event", "state"),
    "on_message_out": ("tp", "offset", "message"),
    "on_topic_buffer_full": ("tp",),
    "on_table_get": ("table", "key"),
    "on_table_set": ("table", "key", "value"),
    "on_table_del": ("table", "key"),
    "on_table_contains": ("table", "key"),
    "on_commit_initiated": ("consumer",),
    "on_commit_completed": ("consumer", "state"),
    "on_send_initiated": ("producer", "topic", "message", "keysize", "valsize"),
    "on_send_completed": ("producer", "state", "metadata"),
    "on_send_error": ("producer", "exc", "state"),
    "on_assignment_start": ("assignor",),
    "on_assignment_error": ("assignor", "state", "exc"),
    "on_assignment_completed": ("assignor", "state"),
    "on_rebalance_start": ("app",),
    "on_rebalance_return": ("app", "state"),
    "on_rebalance_end": ("app", "state"),
    "on_web_request_start": ("app", "request"),
    "on_web_request_end": ("app", "request", "response", "state"),
    "on_threaded_producer_buffer_processed": (),
}

#: Hook to the names of the arguments that Faust passes by keyword.
KEYWORDS: dict[str, tuple[str, ...]] = {
    "on_web_request_start": ("view",),
    "on_web_request_end": ("view",),
    "on_threaded_producer_buffer_processed": ("app", "size"),
}

#: Hooks whose result is handed back to the hooks that close what they opened.
OPENING: dict[str, tuple[str, ...]] = {
    "on_stream_event_in": ("on_stream_event_out",),
    "on_commit_initiated": ("on_commit_completed",),
    "on_send_initiated": ("on_send_completed", "on_send_error"),
    "on_assignment_start": ("on_assignment_error", "on_assignment_completed"),
    "on_rebalance_start": ("on_rebalance_return", "on_rebalance_end"),
    "on_web_request_start": ("on_web_request_end",),
}

#: Closing hook to the hook that opens, and the position of the state among its arguments.
CLOSING: dict[str, tuple[str, int]] = {
    close: (opening, HOOKS[close].index("state"))
    for opening, closes in OPENING.items()
    for close in closes
}

_running = local()


class _Opening:
    """A sensor whose opening hook is running, and what its ``super()`` has opened."""

    __slots__ = ("sensor", "state")

    def __init__(self, sensor: Any) -> None:
        self.sensor = sensor
        self.state: Any = None


def keep_opened(sensor: Any, state: Any) -> None:
    """Keep what `sensor` opened until its hook returns, where an override may drop it."""
    running: _Opening | None = getattr(_running, "opening", None)
    if running is not None and running.sensor is sensor:
        running.state = state


def returning_opened(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return an opening hook that returns what its ``super()`` opened, if `function` does not.

    The contract's examples override hooks whose result Faust keeps, and return nothing.
    """

    @wraps(function)
    def opening(self: Any, *args: Any, **kwargs: Any) -> Any:
        outer: _Opening | None = getattr(_running, "opening", None)
        running = _running.opening = _Opening(self)
        try:
            state = function(self, *args, **kwargs)
        except Exception as exc:
            vars(exc)["_faust_otel_opened"] = self, running.state
            raise
        finally:
            _running.opening = outer
        if state is None:
            state = running.state
        if outer is not None and outer.sensor is self:
            outer.state = state
        return state

    return opening


def opened_before(exc: Exception, sensor: Any) -> Any:
    """Return what `sensor` had opened when its opening hook raised `exc`, else None."""
    by, state = vars(exc).get("_faust_otel_opened", (None, None))
    return state if by is sensor else None
