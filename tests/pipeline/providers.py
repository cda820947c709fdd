"""A user's own MeterProvider, and stores to be read on it."""

from __future__ import annotations

from typing import Any

from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

from faust_otel.pipeline.borrowed import BorrowedPipeline
from faust_otel.state import Store

from .reading import numbers

__all__ = ["Given", "rebalance", "shop"]


class Given:
    """A user's provider with one reader."""

    def __init__(self, **options: Any) -> None:
        self.reader = InMemoryMetricReader(options.pop("temporality", None))
        self.provider = MeterProvider(metric_readers=[self.reader], **options)

    def numbers(self) -> Any:
        """Collect now."""
        return numbers(self.reader.get_metrics_data())

    def pipeline(self, store: Store) -> BorrowedPipeline:
        """Open a pipeline on the provider."""
        return BorrowedPipeline(store, provider=self.provider)


def shop(app: object = None, *, rebalances: int = 1) -> Store:
    """Return a store of an app that was rebalanced."""
    store = Store()
    store.identify(group="shop", app_id="shop")
    store.app = app
    rebalance(store, rebalances)
    return store


def rebalance(store: Store, times: int = 1) -> None:
    """Count rebalances, each with a recovery of a quarter of a second."""
    store.rebalances.get(GROUP="shop").value += times
    for _ in range(times):
        store.recoveries.get().add(0.25)
