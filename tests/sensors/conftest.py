"""Fixtures of the sensors' tests."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from faust.agents.agent import _current_agent

from tests.sensors.counted import Counted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture
def counted() -> Counted:
    """Hooks on clocks that are moved by hand."""
    return Counted()


@pytest.fixture
def named() -> Iterator[Callable[[str], None]]:
    """Make the agent of this name the one whose task is running, until the test is over."""
    token = _current_agent.set(None)

    def name_it(name: str) -> None:
        agent: Any = SimpleNamespace(name=name)
        _current_agent.set(agent)

    yield name_it
    _current_agent.reset(token)
