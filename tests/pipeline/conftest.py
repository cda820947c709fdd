"""No variable of the machine's reaches these tests, and no pipeline outlives them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from faust_otel.pipeline.own import OwnPipeline
from faust_otel.state import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("OTEL_"):
            monkeypatch.delenv(name)


@pytest.fixture
def opened() -> Iterator[Callable[..., OwnPipeline]]:
    """Open pipelines of our own, all of which end with the test."""
    pipelines: list[OwnPipeline] = []

    def open_one(store: Store | None = None) -> OwnPipeline:
        pipeline = OwnPipeline(Store() if store is None else store)
        pipelines.append(pipeline)
        return pipeline

    yield open_one
    for pipeline in pipelines:
        pipeline.stop(0.0)
