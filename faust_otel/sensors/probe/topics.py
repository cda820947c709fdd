"""Messages that cannot be decoded: Faust tells the topic, and no hook."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any
from weakref import ref

from faust_otel.sensors.kept import kept

from .patches import Patches

if TYPE_CHECKING:
    from faust_otel.sensors.counting import Counting

    from .guard import Guard

__all__ = ["TopicProbe"]

Handler = Callable[[Exception, Any], Awaitable[Any]]


class TopicProbe:
    """Watches the topics that one app reads, for all its monitors."""

    name = "topics"

    def __init__(self, app: Any, monitors: list[Counting], *, guard: Guard) -> None:
        self._app = app
        self._monitors = monitors
        self._guard = guard
        self._patches = Patches()
        self._last: Callable[[], Any] = _nothing

    def attach(self) -> None:
        """Begin to watch; again, it does so for the topics that came since."""
        topics = list(self._app.topics)
        self._patches.undo(but=topics)
        for topic in topics:
            for part in ("key", "value"):
                self._patches.replace(topic, f"on_{part}_decode_error", self._watched(part))

    def detach(self) -> None:
        """Stop watching."""
        self._patches.undo()

    def _watched(self, part: str) -> Callable[[Handler], Handler]:
        def make(handler: Handler) -> Handler:
            async def watched(exc: Exception, message: Any) -> Any:
                with self._guard("messages that cannot be decoded"):
                    self._failed(message, part)
                return await handler(exc, message)

            return watched

        return make

    def _failed(self, message: Any, part: str) -> None:
        if self._last() is message:
            return  # told to each agent that reads the topic
        self._last = ref(message)
        for monitor in self._monitors:
            store = kept(monitor).store
            store.decode_errors.get(TOPIC=message.topic, DECODE_PART=part).value += 1
            store.partition(message.topic, message.partition).skip(message.offset)


def _nothing() -> None:
    """Stand in for a message that is gone."""
