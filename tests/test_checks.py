"""Argument checks: what is allowed comes back, and what is not says what to do."""

from __future__ import annotations

from math import inf, nan
from typing import Any

import pytest

from faust_otel.checks import check_callable, check_positive, check_positive_int, check_unknown
from faust_otel.exceptions import ConfigurationError, FaustOTelError


@pytest.mark.parametrize("value", [1, 2, 10**30])
def test_an_integer_of_at_least_one_is_allowed(value: int) -> None:
    """It comes back as it is."""
    assert check_positive_int("Monitor", "max_avg_history", value) is value


@pytest.mark.parametrize("value", [0, -1, True, 1.0, "5", None, nan, [1]])
def test_what_is_no_positive_integer_is_refused(value: Any) -> None:
    """The message names the argument, its value and what would do."""
    with pytest.raises(ConfigurationError) as refused:
        check_positive_int("Monitor", "max_avg_history", value)
    assert str(refused.value) == (
        f"Monitor: max_avg_history={value!r} is not allowed; give an integer of at least 1"
    )


@pytest.mark.parametrize("value", [1, 0.001, 1e300])
def test_a_number_of_seconds_above_zero_is_allowed(value: float) -> None:
    """It comes back as a float."""
    allowed = check_positive("Monitor", "interval", value)
    assert (allowed, type(allowed)) == (value, float)


@pytest.mark.parametrize("value", [0, -0.1, nan, inf, -inf, True, "5", None, 10**400, 1j])
def test_what_is_no_positive_number_is_refused(value: Any) -> None:
    """Also what is beyond every float."""
    with pytest.raises(ConfigurationError) as refused:
        check_positive("Monitor", "interval", value)
    assert str(refused.value) == (
        f"Monitor: interval={value!r} is not allowed; give a finite number of seconds above 0"
    )


def test_only_what_can_be_called_is_a_callable() -> None:
    """A clock is a function, not the time it tells."""
    assert check_callable("Monitor", "clock", len) is len
    with pytest.raises(ConfigurationError, match=r"^Monitor: clock=5\.0 is not allowed; give a "):
        check_callable("Monitor", "clock", 5.0)


@pytest.mark.parametrize(
    ("given", "hint"),
    [
        ("max_avg_histori", "did you mean 'max_avg_history'?"),
        ("zzz", "known are: clock, max_avg_history"),
    ],
)
def test_an_unknown_argument_is_refused_with_a_hint(given: str, hint: str) -> None:
    """The nearest known name, or all of them."""
    with pytest.raises(ConfigurationError) as refused:
        check_unknown("Monitor", ["clock", given], known=("max_avg_history", "clock"))
    assert str(refused.value) == f"Monitor: unknown argument {given!r}; {hint}"


def test_known_arguments_are_allowed() -> None:
    """Any number of them, also none."""
    check_unknown("Monitor", [], known=())
    check_unknown("Monitor", ["a", "b"], known=("b", "a"))


def test_a_refused_argument_is_a_value_error_of_ours() -> None:
    """It can be caught as either."""
    assert issubclass(ConfigurationError, FaustOTelError)
    assert issubclass(ConfigurationError, ValueError)
