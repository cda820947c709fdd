"""What goes wrong while an app is watched."""

from __future__ import annotations

import pytest

from faust_otel.sensors.probe.guard import Guard


def said(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return what was logged."""
    return [record.getMessage() for record in caplog.records]


def test_an_exception_is_said_once_for_each_thing(caplog: pytest.LogCaptureFixture) -> None:
    """It goes no further, and however often it happens there is one message with its traceback."""
    guard = Guard()
    for what in ("commits", "agents", "commits"):
        with guard(what):
            raise LookupError(what)
    assert said(caplog) == [
        f"{what} cannot be watched; the worker goes on without" for what in ("commits", "agents")
    ]
    assert all(record.exc_info and record.exc_info[0] is LookupError for record in caplog.records)


@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit, GeneratorExit])
def test_what_is_no_exception_goes_through(
    kind: type[BaseException], caplog: pytest.LogCaptureFixture
) -> None:
    """Whoever ends the process, or a coroutine, is not held up."""
    guard = Guard()

    with pytest.raises(kind), guard("commits"):
        raise kind
    assert said(caplog) == []
