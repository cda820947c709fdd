"""Sends that raise at once, or while they are waited for: Faust closes them by no hook.

What the opening hook returned lives in the frame that publishes the message. That frame would
let it go in time, but an exception keeps its frames alive for as long as somebody keeps it, and a
crashed agent's is kept: so the send is ended here.
"""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable, Iterator
from typing import TYPE_CHECKING, Any

from faust import Topic

from faust_otel.sensors.naming import error_type
from faust_otel.state import Send

from .patches import Patches

if TYPE_CHECKING:
    from types import FrameType

    from faust_otel.sensors.counting import Counting

    from .guard import Guard

__all__ = ["SendProbe"]

Method = Callable[..., Awaitable[Any]]

_PUBLISH = Topic.publish_message.__code__


class SendProbe:
    """Watches one app's producer."""

    name = "the producer"

    def __init__(self, app: Any, monitors: list[Counting], *, guard: Guard) -> None:
        self._app = app
        self._guard = guard
        self._patches = Patches()

    def attach(self) -> None:
        """Begin to watch; again does nothing."""
        producer = self._app._producer  # noqa: SLF001  the property would make one
        if producer is not None:
            for name in ("send", "send_and_wait"):
                self._patches.replace(producer, name, self._watched)

    def detach(self) -> None:
        """Stop watching."""
        self._patches.undo()

    def _watched(self, send: Method) -> Method:
        async def watched(*args: Any, **kwargs: Any) -> Any:
            try:
                return await send(*args, **kwargs)
            except BaseException as exc:
                with self._guard("sends that fail"):
                    for state in _sends(_state_of(sys._getframe())):  # noqa: SLF001  see above
                        state.fail(error_type(exc))
                raise

        return watched


def _state_of(frame: FrameType | None) -> Any:
    """Return what the opening hook returned, of the message published by a caller of `frame`."""
    while frame is not None:
        if frame.f_code is _PUBLISH:
            return frame.f_locals.get("state")
        frame = frame.f_back
    return None


def _sends(state: Any) -> Iterator[Send]:
    """Yield our states among those of several sensors, which Faust and we keep in dictionaries."""
    if isinstance(state, Send):
        yield state
    elif isinstance(state, dict):
        for part in state.values():
            yield from _sends(part)
