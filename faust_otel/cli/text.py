"""Numbers as words: latencies, counts, times and sizes, short enough for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .percentiles import Spread

__all__ = ["clock", "count", "latency", "percentiles", "size"]

_MS = 0.001
_MINUTE = 60
_MIB = 1024 * 1024


def latency(seconds: float | None) -> str:
    """Return seconds as ``0.12 ms``, ``12 ms`` or ``1.2 s``; ``-`` for None."""
    if seconds is None:
        return "-"
    if seconds >= 1:
        return f"{seconds:.1f} s"
    milliseconds = seconds / _MS
    digits = 0 if milliseconds >= 10 or not milliseconds else 1 if milliseconds >= 1 else 2  # noqa: PLR2004
    return f"{milliseconds:.{digits}f} ms"


def percentiles(found: Spread) -> tuple[str, ...]:
    """Return the median, the two percentiles and the greatest; ``-`` before the first value."""
    values = (found.p50, found.p95, found.p99, found.high)
    return tuple(latency(value) if found.count else "-" for value in values)


def count(number: int | None) -> str:
    """Return a number with its thousands apart; ``-`` for None."""
    return "-" if number is None else f"{number:,}"


def clock(seconds: float) -> str:
    """Return seconds as ``1:05``."""
    minutes, rest = divmod(int(seconds), _MINUTE)
    return f"{minutes}:{rest:02}"


def size(number: int) -> str:
    """Return bytes as ``84 MiB``."""
    return f"{number / _MIB:.0f} MiB"
