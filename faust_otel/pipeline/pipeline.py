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

__all__ = ["Pipeline", "open_pipeline"]

logger = logging.getLogger(__name__)


class Pipeline(Protocol):
    """From one store to readers. `Monitor` knows no more than this."""

    query: Query

    def start(self) -> None:
        """Begin to export, as the environment asks."""

    def flush(self, timeout: float) -> bool:
        """Export now; return False when that did not succeed within `timeout` seconds."""

    def stop(self, timeout: float) -> None:
        """Export what is left and stop; queries go on being answered."""


def open_pipeline(store: Store, *, meter_provider: Any = None) -> Pipeline:
    """Return a pipeline on `meter_provider`, on the global one if configured, else on our own.

    A provider that takes no further readers (not the SDK's) cannot answer queries: there, a
    warning says so and the pipeline is our own.
    """
    provider = meter_provider or get_meter_provider()
    if hasattr(provider, "add_metric_reader"):
        return BorrowedPipeline(store, provider=provider)
    if meter_provider is not None:
        logger.warning(
            "meter_provider=%r takes no metric readers, so this monitor measures into a "
            "pipeline of its own; give an opentelemetry.sdk.metrics.MeterProvider",
            meter_provider,
        )
    return OwnPipeline(store)
