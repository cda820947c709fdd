"""The hooks Faust calls, and how overrides with fewer arguments are fitted to them.

The contract writes hooks with fewer arguments than Faust passes (``on_stream_event_out`` without
state, ``on_send_initiated`` without sizes) and its examples return nothing from hooks whose result
Faust keeps. Both are fitted once, when a class is made or a sensor is added, not per call.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from threading import local
from typing import Any

__all__ = ["CLOSING", "HOOKS", "OPENING", "fit", "fit_class", "keep_opened"]

#: Hook to the number of positional arguments Faust passes.
HOOKS = {
    "on_message_in": 3,
    "on_stream_event_in": 4,
    "on_stream_event_out": 5,
    "on_message_out": 3,
    "on_topic_buffer_full": 1,
    "on_table_get": 2,
    "on_table_set": 3,
    "on_table_del": 2,
    "on_table_contains": 2,
    "on_commit_initiated": 1,
    "on_commit_completed": 2,
    "on_send_initiated": 5,
    "on_send_completed": 3,
    "on_send_error": 3,
    "on_assignment_start": 1,
    "on_assignment_error": 3,
    "on_assignment_completed": 2,
    "on_rebalance_start": 1,
    "on_rebalance_return": 2,
    "on_rebalance_end": 2,
    "on_web_request_start": 2,
    "on_web_request_end": 4,
    "on_threaded_producer_buffer_processed": 0,
}

#: Hooks whose result is handed back to the hooks that close what they opened.
OPENING = {
    "on_stream_event_in": ("on_stream_event_out",),
    "on_commit_initiated": ("on_commit_completed",),
    "on_send_initiated": ("on_send_completed", "on_send_error"),
    "on_assignment_start": ("on_assignment_error", "on_assignment_completed"),
    "on_rebalance_start": ("on_rebalance_return", "on_rebalance_end"),
    "on_web_request_start": ("on_web_request_end",),
}

#: Closing hook to the position of the state among its arguments.
CLOSING = {
    "on_stream_event_out": 4,
    "on_commit_completed": 1,
    "on_send_completed": 1,
    "on_send_error": 2,
    "on_assignment_error": 1,
    "on_assignment_completed": 1,
    "on_rebalance_return": 1,
    "on_rebalance_end": 1,
    "on_web_request_end": 3,
}

_KEYWORDS = {
    "on_web_request_start": ("view",),
    "on_web_request_end": ("view",),
    "on_threaded_producer_buffer_processed": ("app", "size"),
}

_opened = local()


def fit(hook: str, function: Callable[..., Any], *, bound: bool) -> Callable[..., Any]:
    """Return `function` if it takes what Faust passes to `hook`, else one that passes on less.

    `bound` says that `function` needs no self.
    """
    given = HOOKS[hook] + (0 if bound else 1)
    keywords = _KEYWORDS.get(hook, ())
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return function  # written in C: taken at its word
    try:
        signature.bind(*range(given), **dict.fromkeys(keywords))
    except TypeError:
        pass
    else:
        return function
    parameters = signature.parameters.values()
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    taken = sum(parameter.kind in positional for parameter in parameters)
    passed = [name for name in keywords if name in signature.parameters]

    @wraps(function)
    def fitted(*args: Any, **kwargs: Any) -> Any:
        return function(*args[:taken], **{name: kwargs.get(name) for name in passed})

    return fitted


def fit_class(cls: type) -> None:
    """Fit the hooks that a class itself defines."""
    for hook in HOOKS:
        function = cls.__dict__.get(hook)
        if not inspect.isfunction(function):
            continue
        fitted = fit(hook, function, bound=False)
        if hook in OPENING and hook != "on_stream_event_in":
            fitted = _returning_opened(fitted)
        if fitted is not function:
            setattr(cls, hook, fitted)


def keep_opened(sensor: Any, state: Any) -> None:
    """Keep what `sensor` opened until its hook returns, where an override may drop it."""
    if getattr(_opened, "by", None) is sensor:
        _opened.state = state


def _returning_opened(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return `function` with the state that its ``super()`` opened, if it returns None itself."""

    @wraps(function)
    def opening(self: Any, *args: Any, **kwargs: Any) -> Any:
        outer = getattr(_opened, "by", None)
        _opened.by, _opened.state = self, None
        try:
            state = function(self, *args, **kwargs)
            if state is None:
                state = _opened.state
        finally:
            _opened.by = outer
        _opened.state = state if outer is self else None
        return state

    return opening
