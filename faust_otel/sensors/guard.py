"""What happens to the exceptions of a guarded sensor."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from faust_otel.state import Store

__all__ = ["Guard"]

logger = logging.getLogger(__name__)


class Guard:
    """Counts exceptions of sensors in the store that `store` returns, and says each kind once.

    Switched off (`on` is false) it counts, and raises them again.
    """

    def __init__(self, store: Callable[[], Store], *, on: bool) -> None:
        self._store = store
        self.on = on
        self._said: set[tuple[int, str]] = set()

    def failed(self, sensor: Any, what: str, exc: Exception) -> None:
        """Take an exception of a sensor, which `what`, a hook or another method, has raised."""
        name = type(sensor).__name__
        self.count(name, what)
        if not self.on:
            raise exc
        if (id(sensor), what) not in self._said:
            self._said.add((id(sensor), what))
            logger.error(
                "%s.%s raised %r; the worker goes on, and further exceptions of this method "
                "are only counted",
                name,
                what,
                exc,
                exc_info=exc,
            )

    def count(self, name: str, what: str) -> None:
        """Count an exception that is told elsewhere."""
        self._store().sensor_errors.get(SENSOR=name, HOOK=what).value += 1

    def forget(self, sensor: Any) -> None:
        """Say what a sensor raises anew, should it come back."""
        self._said = {(known, what) for known, what in self._said if known != id(sensor)}
