"""What the tests with a worker share."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import faust.streams
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Faust feeds agents by one of two loops. Without its C extension both are the pure one.
LOOPS = ("cython", "python")


@pytest.fixture
def name(request: pytest.FixtureRequest) -> str:
    """Return a name that no other test uses, for topics and apps."""
    module = request.node.module.__name__.rpartition(".")[2]
    return re.sub(r"[^\w-]", "-", f"{module}-{request.node.name}")


@pytest.fixture(scope="module", params=LOOPS)
def loop(request: pytest.FixtureRequest) -> Iterator[str]:
    """Have the streams of a module's tests run in either of Faust's loops."""
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "python":
            patch.setattr(faust.streams, "_CStreamIterator", None)
        yield request.param
