"""Which pipeline: one of our own, or the MeterProvider that the user configured."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Protocol

from opentelemetry.metrics import get_meter_provider

from .borrowed import BorrowedPipeline
from .own import OwnPipeline

if TYPE_CHECKING:
    from faust_otel.state import Store

    from .query import Query
    from .readers import BridgeReader

__all__ = ["Pipeline", "open_pipeline"]

logger = logging.getLogger(__name__)


class Pipeline(Protocol):
    """From one store to readers. `Monitor` knows no more than this."""

    query: Query

    def add(self, reader: BridgeReader) -> None:
        """Have one more reader of ours collect from the store."""

    def start(self) -> None:
        """Begin to export, as the environment asks."""

    def flush(self, timeout: float) -> bool:
        """Export now; return False when that did not succeed within `timeout` seconds."""

    def stop(self, timeout: float) -> None:
        """Export what is left and stop within `timeout` seconds; queries go on being answered."""


def open_pipeline(store: Store, *, meter_provider: Any = None) -> Pipeline:
    """Return a pipeline on `meter_provider`, on the global one if configured, else on our own."""
    if meter_provider is not None:
        return BorrowedPipeline(store, provider=meter_provider)
    provider: Any = get_meter_provider()
    # The API's own providers, which measure nothing, have nothing to flush.
    if hasattr(provider, "force_flush"):
        return BorrowedPipeline(store, provider=provider)
    return OwnPipeline(store)
