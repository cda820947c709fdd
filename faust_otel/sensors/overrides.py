"""Which hooks a sensor overrides: the others cost nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from faust.sensors import Sensor as FaustSensor

from .base import Sensor
from .fitting import fit, is_async, say_async
from .hooks import CLOSING, HOOKS, OPENING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Call", "Key", "calls_of"]

#: What states are kept under: the sensor itself, unless its class says when sensors are equal.
Key = Any


class Call(NamedTuple):
    """One sensor's method for a hook; `opens` says that it is also told of what that closes."""

    key: Key
    method: Callable[..., Any]
    opens: bool
    sensor: Any


def calls_of(sensor: Any) -> dict[str, Call]:
    """Return what is to be called on `sensor`, by hook.

    Raises ConfigurationError for a hook that asks for more than Faust passes.
    """
    hashed: Any = type(sensor).__hash__
    key = sensor if hashed is object.__hash__ else object()
    wanted = {hook for hook in HOOKS if _wants(sensor, hook)}
    return {
        hook: Call(
            key,
            fit(hook, getattr(sensor, hook), bound=True),
            hook in CLOSING and CLOSING[hook][0] in wanted,
            sensor,
        )
        for hook in HOOKS
        if hook in wanted
    }


def _wants(sensor: Any, hook: str) -> bool:
    """Tell whether `hook` is to be called on `sensor`.

    An opening hook is, when a hook that closes it is overridden: the base's own returns the time.
    """
    method = getattr(sensor, hook, None)
    if method is None:
        return False
    if is_async(method):
        say_async(type(sensor).__name__, hook)
        return False
    closed_by = OPENING.get(hook, ()) if hook != "on_stream_event_in" else ()
    return _overrides(sensor, hook) or any(_overrides(sensor, close) for close in closed_by)


def _overrides(sensor: Any, hook: str) -> bool:
    """Tell whether `sensor` has a `hook` other than the empty one of its base."""
    method = getattr(sensor, hook, None)
    function = getattr(method, "__func__", method)
    bases = (getattr(base, hook, None) for base in (FaustSensor, Sensor))
    return function is not None and all(function is not base for base in bases)
