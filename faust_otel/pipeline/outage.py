"""One log line when exports begin to fail and one when they succeed again.

The OTLP exporters log every failed attempt, which at one export per interval fills a log. While
our own export calls run, what their exporter logs is kept for the one line instead.
"""

from __future__ import annotations

import logging
from contextlib import contextmanager
from contextvars import ContextVar
from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from faust_otel.typing import Clock

__all__ = ["Outage", "listening"]

logger = logging.getLogger(__name__)

_heard: ContextVar[list[str] | None] = ContextVar("heard", default=None)


class _Listener(logging.Filter):
    """Takes the warnings logged inside `listening`; all other records pass."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Return False for a record that was taken."""
        heard = _heard.get()
        if heard is None or record.levelno < logging.WARNING:
            return True
        heard.append(record.getMessage())
        return False


_LISTENER = _Listener()


@contextmanager
def listening(exporter: object) -> Iterator[list[str]]:
    """Take what the modules of `exporter` log meanwhile, in this context only."""
    for cls in type(exporter).__mro__:
        filters = logging.getLogger(cls.__module__).filters
        if _LISTENER not in filters:
            filters.insert(0, _LISTENER)  # before those of the SDK, which drop repetitions
    heard: list[str] = []
    token = _heard.set(heard)
    try:
        yield heard
    finally:
        _heard.reset(token)


class Outage:
    """Whether exports fail at present, and whether that was said."""

    def __init__(self, *, interval: float, clock: Clock = monotonic) -> None:
        self._interval = interval
        self._clock = clock
        self._since: float | None = None

    def failed(self, reasons: list[str]) -> None:
        """Note an export that failed."""
        if self._since is not None:
            return
        self._since = self._clock()
        told = dict.fromkeys([*reasons[:1], *reasons[-1:]])  # between them, more of the first
        logger.warning(
            "metrics could not be exported, which is tried again every %g s and not said again "
            "until it succeeds: %s",
            self._interval,
            " | ".join(told) or "no reason was given",
        )

    def succeeded(self) -> None:
        """Note an export that succeeded."""
        if self._since is not None:
            logger.warning("metrics are exported again, after %.0f s", self._clock() - self._since)
            self._since = None
