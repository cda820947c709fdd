"""Which hooks a sensor overrides: the others cost nothing."""

from __future__ import annotations

from typing import Any

from faust.sensors import Sensor as FaustSensor

from .base import Sensor
from .hooks import OPENING

__all__ = ["opens", "wants"]

_OPENED_BY = {close: hook for hook, closes in OPENING.items() for close in closes}


def overrides(sensor: Any, hook: str) -> bool:
    """Tell whether `sensor` has a `hook` other than the empty one of its base."""
    method = getattr(sensor, hook, None)
    if method is None:
        return False
    function = getattr(method, "__func__", method)
    return all(function is not getattr(base, hook, None) for base in (FaustSensor, Sensor))


def wants(sensor: Any, hook: str) -> bool:
    """Tell whether `hook` is to be called on `sensor`.

    An opening hook is, when a hook that closes it is overridden: the base's own returns the time.
    """
    if not hasattr(sensor, hook):
        return False
    return overrides(sensor, hook) or any(
        overrides(sensor, close) for close in OPENING.get(hook, ()) if hook != "on_stream_event_in"
    )


def opens(sensor: Any, hook: str) -> bool:
    """Tell whether `sensor` is called when what `hook` closes is opened."""
    opening = _OPENED_BY.get(hook)
    return opening is not None and wants(sensor, opening)
