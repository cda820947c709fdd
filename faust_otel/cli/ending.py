"""When to stop: after some seconds, or when a signal asks for it."""

from __future__ import annotations

import asyncio
import signal
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Ending"]


class Ending:
    """`asked` is set by the first signal; `hurried` by the second, who will not wait any more."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self.hurried = asyncio.Event()

    async def within(self, seconds: float) -> bool:
        """Return whether the end was asked for, as soon as it is or after so many seconds."""
        with suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self.asked.wait(), timeout=seconds)
        return self.asked.is_set()

    @contextmanager
    def on_signals(self) -> Iterator[None]:
        """Listen to Ctrl-C and SIGTERM; a third one does what it does without this."""
        loop = asyncio.get_running_loop()
        numbers = (signal.SIGINT, signal.SIGTERM)
        with suppress(NotImplementedError):  # Windows: Ctrl-C raises KeyboardInterrupt there
            for number in numbers:
                loop.add_signal_handler(number, self._signalled)
        try:
            yield
        finally:
            self._restore()

    def _signalled(self) -> None:
        if self.asked.is_set():
            self.hurried.set()
            self._restore()
        self.asked.set()

    @staticmethod
    def _restore() -> None:
        with suppress(NotImplementedError):
            for number in (signal.SIGINT, signal.SIGTERM):
                asyncio.get_running_loop().remove_signal_handler(number)
