"""Argument checks: one line per rule, one wording for every message."""

from __future__ import annotations

import math
from contextlib import suppress
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from faust_otel.exceptions import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["check_callable", "check_positive", "check_positive_int", "check_unknown"]


def check_positive_int(where: str, name: str, value: object) -> int:
    """Return `value` when it is an int of at least 1, else raise ConfigurationError."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ConfigurationError(
            f"{where}: {name}={value!r} is not allowed; give an integer of at least 1"
        )
    return value


def check_positive(where: str, name: str, value: object) -> float:
    """Return `value` in seconds when it is a finite number above zero, else raise."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        with suppress(OverflowError):  # an integer beyond every float
            seconds = float(value)
            if 0.0 < seconds < math.inf:
                return seconds
    raise ConfigurationError(
        f"{where}: {name}={value!r} is not allowed; give a finite number of seconds above 0"
    )


def check_callable(where: str, name: str, value: object) -> Any:
    """Return `value` when it can be called, else raise ConfigurationError."""
    if not callable(value):
        raise ConfigurationError(
            f"{where}: {name}={value!r} is not allowed; give a callable without arguments"
        )
    return value


def check_unknown(where: str, given: Iterable[str], *, known: Iterable[str]) -> None:
    """Raise ConfigurationError for the first name that is not known, with the nearest known one."""
    allowed = sorted(known)
    for name in given:
        if name in allowed:
            continue
        near = get_close_matches(name, allowed, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"known are: {', '.join(allowed)}"
        raise ConfigurationError(f"{where}: unknown argument {name!r}; {hint}")
