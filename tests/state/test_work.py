"""Streams as the hooks see them: which have stopped, and what they still work on."""

from __future__ import annotations

from typing import Any
from unittest.mock import MagicMock

import pytest

from faust_otel.state import Flow
from tests.sensors.counted import Stream


class Raising:
    """A stream whose properties raise."""

    @property
    def started(self) -> bool:
        raise RuntimeError("started")

    should_stop = started


def flow(stream: Any) -> Flow:
    return Flow(stream, agent=None, label="s", task="t")


@pytest.mark.parametrize("stream", [Stream(), None, object(), MagicMock(), Raising()])
def test_a_stream_has_not_finished_until_it_says_so(stream: Any) -> None:
    """What is no stream of Faust's never finishes."""
    assert not flow(stream).finished()


@pytest.mark.parametrize(("field", "value"), [("should_stop", True), ("started", False)])
def test_a_stream_that_stopped_has_finished(field: str, value: object) -> None:
    """Faust resets a stream when its loop is left: it is not started then, nor to be stopped."""
    stream = Stream()
    seen = flow(stream)
    setattr(stream, field, value)
    assert seen.finished()


def test_a_stream_that_was_never_started_has_not_finished() -> None:
    """Hooks may be called for a stream that nobody started, as tests do."""
    stream = Stream()
    stream.started = False
    assert not flow(stream).finished()


def test_the_event_in_work_is_the_last_that_has_not_ended() -> None:
    """Once it has ended, nothing is in work."""
    seen = flow(Stream())
    assert seen.active() is None
    seen.current = [5.0, None, 0, None, False]
    assert seen.active() is seen.current
    seen.current[0] = None
    assert seen.active() is None
