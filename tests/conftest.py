"""What all tests share."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

GROUPS = ("e2e", "worker")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Write each test's group into the JUnit report, where ``.ci/groups.py`` counts it."""
    for item in items:
        group = next((name for name in GROUPS if item.get_closest_marker(name)), "unit")
        item.user_properties.append(("group", group))


# What follows stands behind its own imports so that it could be appended.
from collections.abc import Iterator  # noqa: E402, TC003

import pytest  # noqa: E402

from faust_otel.testing import EmbeddedBroker  # noqa: E402


@pytest.fixture(scope="session")
def broker() -> Iterator[EmbeddedBroker]:
    """One broker of 4 partitions for all tests: each takes topics and app ids of its own."""
    with EmbeddedBroker() as embedded:
        yield embedded
