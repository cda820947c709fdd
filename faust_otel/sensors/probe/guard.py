"""What goes wrong while the app is watched never reaches the worker."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Guard"]

logger = logging.getLogger(__name__)


class Guard:
    """Says once, for each thing watched, that it cannot be; the worker goes on."""

    def __init__(self) -> None:
        self._said: set[str] = set()

    @contextmanager
    def __call__(self, what: str) -> Iterator[None]:
        """Keep the exceptions of a block to itself."""
        try:
            yield
        except Exception as exc:  # noqa: BLE001  said below
            self.say(what, exc)

    def say(self, what: str, exc: Exception) -> None:
        """Tell of an exception, once for each `what`."""
        if what not in self._said:
            self._said.add(what)
            logger.error("%s cannot be watched; the worker goes on without", what, exc_info=exc)
