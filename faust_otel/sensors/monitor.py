"""`Monitor`: counts everything, exports it as the environment asks, answers questions about it."""

from __future__ import annotations

import logging
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, Any

from faust_otel.checks import check_callable, check_positive, check_positive_int, check_unknown
from faust_otel.exceptions import ConfigurationError
from faust_otel.pipeline import open_pipeline
from faust_otel.state import History, Store

from .base import Sensor
from .kept import kept
from .queries import Queries
from .watching import Watching

if TYPE_CHECKING:
    from faust_otel.typing import Clock

    from .counting import Counting

__all__ = ["Monitor"]

logger = logging.getLogger(__name__)


class Monitor(Watching, Queries, Sensor):  # type: ignore[misc]  # see Watching
    """A sensor that counts in plain Python, and that OpenTelemetry reads when somebody asks.

    Arguments:
        max_avg_history: observations that averages, and samples that rates, are made of.
        max_commit_latency_history: commit latencies that are kept for averages and maxima.
        max_send_latency_history: send latencies, likewise.
        max_assignment_latency_history: assignment durations, likewise.
        meter_provider: the provider to measure into; without it the global one where one is
            configured, else a pipeline of our own that exports as ``OTEL_*`` variables ask.
        clock: monotonic seconds.
        end_offsets_interval: seconds between questions to the broker about the ends of
            partitions, so that lag moves while the consumer does not.

    Raises ConfigurationError for values that cannot work and for arguments it does not know.
    """

    def __init__(
        self,
        *,
        max_avg_history: int = 100,
        max_commit_latency_history: int = 30,
        max_send_latency_history: int = 30,
        max_assignment_latency_history: int = 30,
        meter_provider: Any = None,
        clock: Clock | None = None,
        end_offsets_interval: float = 5.0,
        **kwargs: Any,
    ) -> None:
        me = type(self).__name__
        known = ("beacon", "loop", *(Monitor.__init__.__kwdefaults__ or ()))
        check_unknown(me, kwargs, known=known)
        history = History(
            average=check_positive_int(me, "max_avg_history", max_avg_history),
            commit=check_positive_int(me, "max_commit_latency_history", max_commit_latency_history),
            send=check_positive_int(me, "max_send_latency_history", max_send_latency_history),
            assignment=check_positive_int(
                me, "max_assignment_latency_history", max_assignment_latency_history
            ),
        )
        if meter_provider is not None:
            _check_provider(me, meter_provider)
        clock = monotonic if clock is None else check_callable(me, "clock", clock)
        store = Store(clock=clock, history=history)
        super().__init__(
            store=store,
            opening=partial(open_pipeline, meter_provider=meter_provider),
            end_offsets_interval=check_positive(me, "end_offsets_interval", end_offsets_interval),
            **kwargs,
        )

    def stand_in(self) -> Counting:
        """Return itself: a monitor counts."""
        return self

    def asdict(self) -> dict[str, Any]:
        """Return everything as Faust's Monitor does, with values that JSON takes."""
        return Watching.asdict(self)

    # -- for those who run without a worker

    def force_flush(self, timeout: float = 10.0) -> bool:
        """Export now; return False when that did not succeed within `timeout` seconds."""
        try:
            return kept(self).pipeline.flush(timeout)
        except Exception as exc:  # noqa: BLE001  exporters raise what they like
            logger.warning("metrics could not be exported: %s", exc)
            return False

    def shutdown(self, timeout: float = 10.0) -> None:
        """Export what is left and stop exporting; queries go on being answered."""
        try:
            kept(self).pipeline.stop(timeout)
        except Exception as exc:  # noqa: BLE001  exporters raise what they like
            logger.warning("metrics could not be exported: %s", exc)


def _check_provider(me: str, provider: Any) -> None:
    if isinstance(provider, type) or not hasattr(provider, "get_meter"):
        raise ConfigurationError(
            f"{me}: meter_provider={provider!r} is not allowed; "
            "give an opentelemetry.sdk.metrics.MeterProvider"
        )
