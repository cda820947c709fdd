"""A counting body on clocks that are moved by hand, events for it, and what it counted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from faust.events import Event
from faust.types import TP
from faust.types.tuples import ConsumerMessage

from faust_otel import attributes as key
from faust_otel.pipeline.sources import histograms, numbers
from faust_otel.sensors.counting import Counting
from faust_otel.state import Store
from tests.sensors.script import HandClock

if TYPE_CHECKING:
    from faust_otel.words import Metric

__all__ = ["CHANNEL", "TP0", "TP1", "Counted", "Stream", "event"]

TP0, TP1 = TP("orders", 0), TP("orders", 1)
#: What Faust makes of a message on an in-memory channel.
CHANNEL = TP(None, 0)  # type: ignore[arg-type]
#: Record timestamps of `event`, a while before the wall clock of `Counted`.
WRITTEN = 1_700_000_000.0


class Counted:
    """Hooks on a store of their own; clocks begin at 1000 and at `WRITTEN` + 100."""

    def __init__(self) -> None:
        self.clock, self.wall = HandClock(), HandClock()
        self.wall.now = WRITTEN + 100.0
        self.store = Store(clock=self.clock, wall=self.wall)
        self.hooks: Any = Counting(store=self.store)

    def pass_(self, seconds: float) -> None:
        """Let `seconds` pass on both clocks."""
        self.clock.pass_(seconds)
        self.wall.pass_(seconds)

    def points(self, metric: Metric) -> list[tuple[dict[str, str | int], float]]:
        """Return attributes and value of every series that is not 0; of a histogram, its count."""
        found: list[tuple[dict[str, str | int], float]]
        if metric.bounds:
            read = ((each.attrs, each.total()) for each in histograms(self.store, metric))
            found = list(read)
        else:
            found = list(numbers(self.store, metric))
        return [(attrs, value) for attrs, value in found if value]

    def total(self, metric: Metric, **labels: str | None) -> float:
        """Return the sum over the series with these labels, named as constants; None is without."""
        wanted = {getattr(key, name): value for name, value in labels.items()}
        return sum(
            value
            for attrs, value in self.points(metric)
            if all(attrs.get(name) == given for name, given in wanted.items())
        )

    def seconds(self, metric: Metric, **labels: str | None) -> float:
        """Return the sum of the values in all histograms of a metric with these labels."""
        wanted = {getattr(key, name): value for name, value in labels.items()}
        return sum(
            each.read().sum
            for each in histograms(self.store, metric)
            if all(each.attrs.get(name) == given for name, given in wanted.items())
        )

    def take(self, taken: Any, stream: Any) -> Any:
        """Call the hooks that begin an event; return its state."""
        message = taken.message
        self.hooks.on_message_in(message.tp, message.offset, message)
        return self.hooks.on_stream_event_in(message.tp, message.offset, stream, taken)

    def end(self, taken: Any, stream: Any, state: Any = None) -> None:
        """Call the hooks that end an event."""
        message = taken.message
        self.hooks.on_stream_event_out(message.tp, message.offset, stream, taken, state)
        self.hooks.on_message_out(message.tp, message.offset, message)


class Stream:
    """What a stream is to the hooks."""

    def __init__(self, *, acks: bool = True, became: Stream | None = None) -> None:
        self.enable_acks = acks
        self.should_stop = False
        self.started = True
        self.task_owner: Any = None
        self._became = became

    def get_active_stream(self) -> Stream:
        """Return the stream this one became, as Faust's do."""
        return self._became or self


def event(
    offset: int = 0, *, tp: TP = TP0, timestamp: Any = WRITTEN, app: Any = None, **fields: Any
) -> Any:
    """Return an event of Faust's own; its key has 3 bytes and its value 5."""
    message = ConsumerMessage(
        tp.topic,
        tp.partition,
        offset,
        timestamp,
        0,
        [],
        b"key",
        b"value",
        None,
        fields.pop("serialized_key_size", 3),
        fields.pop("serialized_value_size", 5),
        tp,
        **{"generation_id": 0, **fields},
    )
    return Event(app, b"key", b"value", [], message)
