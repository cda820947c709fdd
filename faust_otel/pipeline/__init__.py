"""From what was counted to OpenTelemetry: read when a reader asks, never before."""

from __future__ import annotations

from .pipeline import Pipeline, open_pipeline
from .producer import Producer
from .query import Query
from .readers import BridgeReader, QueryReader

__all__ = ["BridgeReader", "Pipeline", "Producer", "Query", "QueryReader", "open_pipeline"]
