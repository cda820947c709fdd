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


@pytest.fixture(scope="session")
def broker() -> Iterator[EmbeddedBroker]:
    """One broker of 4 partitions for all tests: each takes topics and app ids of its own."""
    with EmbeddedBroker() as broker:
        yield broker


@pytest.fixture
def name(request: pytest.FixtureRequest) -> str:
    """Return a name that no other test uses, for topics, groups and apps."""
    return re.sub(r"[^\w-]", "-", request.node.name)
