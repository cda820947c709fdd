"""What has been counted: plain Python records, without Faust and without OpenTelemetry."""

from __future__ import annotations

from .histogram import FOLD_AT, Distribution, Histogram
from .partition import Fetch, Partition
from .recent import History
from .sends import OTHER_ERROR, Send, SentTopic
from .series import Attrs, Count, Counts, Histograms
from .store import Reading, Store
from .tables import Table
from .work import CELL, ERROR, HELD, OFFSET, STARTED, Cell, EventState, Flow, Held, Work

__all__ = [
    "CELL",
    "ERROR",
    "FOLD_AT",
    "HELD",
    "OFFSET",
    "OTHER_ERROR",
    "STARTED",
    "Attrs",
    "Cell",
    "Count",
    "Counts",
    "Distribution",
    "EventState",
    "Fetch",
    "Flow",
    "Held",
    "Histogram",
    "Histograms",
    "History",
    "Partition",
    "Reading",
    "Send",
    "SentTopic",
    "Store",
    "Table",
    "Work",
]
