"""A forked child begins at zero, on every pipeline, and leaves its parent's exporters alone."""

from __future__ import annotations

import ast
import subprocess
import sys
from typing import Any

import pytest


@pytest.fixture(scope="module")
def forked() -> Any:
    """What parents and children said, of processes of their own."""
    # gRPC looks at forks for itself, and talks about it.
    ran = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "tests.pipeline.forked"],
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    return ast.literal_eval(ran.stdout.splitlines()[-1])


def test_a_child_on_a_users_provider_counts_from_zero(forked: Any) -> None:
    """Queries and counters of the child are its own; the SDK's histograms keep the parent's."""
    (answers, counter, histogram), parent, _ = forked[0]
    assert (answers, counter, parent) == ([0, 2], 2, 4)
    assert histogram >= 2


def test_a_child_leaves_the_export_to_its_parent(forked: Any) -> None:
    """The child exports nothing and is not held up, and the parent goes on with its own count."""
    assert forked[1] == ((2, True), 0, True, 3)
