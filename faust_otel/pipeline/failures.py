"""A metric that cannot be read is said once and left out: a partial answer beats none."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from faust_otel.words import Metric

__all__ = ["Failures"]

logger = logging.getLogger(__name__)


class Failures:
    """Which metrics were said to fail already."""

    def __init__(self) -> None:
        self._said: set[Metric] = set()

    def say(self, metric: Metric) -> None:
        """Log the exception being handled, the first time that this metric fails."""
        if metric not in self._said:
            self._said.add(metric)
            # Called while an exception is handled.
            logger.exception("metric %s cannot be read and is left out", metric.name)  # noqa: LOG004
