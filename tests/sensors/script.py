"""Hook calls as Faust makes them, with a clock that moves by hand: what every test can replay."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from faust.types import TP

from tests.bench.scene import Scene

__all__ = ["HandClock", "Script", "failures"]


class HandClock:
    """Seconds that pass only when told to; it starts at 1000."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    def pass_(self, seconds: float) -> None:
        """Let `seconds` pass."""
        self.now += seconds


class Script:
    """Feeds one sensor; make it inside a running loop. Its topic has 2 partitions.

    Arguments are passed as Faust's own delegate passes them.
    """

    def __init__(self, sensor: Any, *, clock: HandClock) -> None:
        self.sensor = sensor
        self.clock = clock
        self.scene = Scene(None, topics=1, partitions=2)
        self.stream = self.scene.stream
        self.app = SimpleNamespace(rebalancing_count=0)

    def take(self) -> tuple[Any, Any]:
        """Begin the next event; return it with what its hook returned."""
        [event] = self.scene.events(1)
        message = event.message
        self.sensor.on_message_in(message.tp, message.offset, message)
        state = self.sensor.on_stream_event_in(message.tp, message.offset, self.stream, event)
        return event, state

    def done(self, taken: tuple[Any, Any]) -> None:
        """End an event that `take` began."""
        event, state = taken
        message = event.message
        self.sensor.on_stream_event_out(message.tp, message.offset, self.stream, event, state)
        self.sensor.on_message_out(message.tp, message.offset, message)

    def event(self, seconds: float) -> None:
        """Process one event for `seconds`."""
        taken = self.take()
        self.clock.pass_(seconds)
        self.done(taken)

    def sending(self, topic: str = "out") -> tuple[Any, Any]:
        """Begin a send; return what its hook returned, and the broker's answer to come."""
        [send] = self.scene.sends(1)
        hook = self.sensor.on_send_initiated
        return hook(self.scene.producer, topic, send.message, 3, 7), send.metadata

    def sent(self, sending: tuple[Any, Any], *, error: Exception | None = None) -> None:
        """End a send that `sending` began."""
        state, metadata = sending
        if error is None:
            self.sensor.on_send_completed(self.scene.producer, state, metadata)
        else:
            self.sensor.on_send_error(self.scene.producer, error, state)

    def send(self, seconds: float, *, error: Exception | None = None) -> None:
        """Send a message, to be acknowledged after `seconds`, or to fail then."""
        sending = self.sending()
        self.clock.pass_(seconds)
        self.sent(sending, error=error)

    def commit(self, seconds: float) -> None:
        """Commit the first offset of partition 0."""
        state = self.sensor.on_commit_initiated(None)
        self.clock.pass_(seconds)
        self.sensor.on_commit_completed(None, state)

    def assign(self, seconds: float, *, error: Exception | None = None) -> None:
        """Assign partitions, or fail to."""
        state = self.sensor.on_assignment_start(None)
        self.clock.pass_(seconds)
        if error is None:
            self.sensor.on_assignment_completed(None, state)
        else:
            self.sensor.on_assignment_error(None, state, error)

    def rebalance(self, returned: float, ended: float) -> None:
        """Rebalance: partitions are back after `returned` seconds, work after `ended` more."""
        self.app.rebalancing_count += 1
        state = self.sensor.on_rebalance_start(self.app)
        self.clock.pass_(returned)
        self.sensor.on_rebalance_return(self.app, state)
        self.clock.pass_(ended)
        self.sensor.on_rebalance_end(self.app, state)

    def web_request(self, seconds: float, *, status: int | None = 200) -> None:
        """Answer a web request with `status`; None is a view that raised."""
        request = SimpleNamespace(method="GET", scheme="http")
        response = None if status is None else SimpleNamespace(status=status)
        state = self.sensor.on_web_request_start(self.app, request, view=None)
        self.clock.pass_(seconds)
        self.sensor.on_web_request_end(self.app, request, response, state, view=None)

    def play(self) -> None:
        """Play some of everything; an event and a send are still going on at the end."""
        sensor, table = self.sensor, self.scene.table
        self.rebalance(1.0, 3.0)
        self.rebalance(2.0, 5.0)
        for seconds in (0.25, 0.5, 0.75, 1.0):
            self.event(seconds)
        self.held = [self.take(), self.sending("other")]
        for operation, count in (("get", 3), ("set", 2), ("del", 1)):
            hook = getattr(sensor, f"on_table_{operation}")
            for _ in range(count):
                hook(table, "key", *(["value"] if operation == "set" else []))
        for seconds in (0.125, 0.375):
            self.send(seconds)
            self.commit(2 * seconds)
        self.send(0.5, error=ValueError("refused"))
        self.assign(0.25)
        self.assign(0.75, error=LookupError("no such member"))
        self.web_request(0.5)
        self.web_request(1.0)
        self.web_request(1.5, status=None)
        self.web_request(1.25, status=404)
        for partition in (0, 1, 1):
            sensor.on_topic_buffer_full(TP("events-0", partition))
        sensor.track_tp_end_offset(TP("events-0", 0), 50)
        sensor.track_tp_end_offset(TP("events-0", 1), 60)
        sensor.on_tp_commit({TP("events-0", 0): 2})
        sensor.count("orders", 2)
        sensor.count("orders")
        sensor.on_threaded_producer_buffer_processed(app=self.app, size=4)


def failures(monitor: Any) -> dict[tuple[Any, Any], int]:
    """Return the sensor errors that `monitor` counted, by sensor and hook."""
    counts = monitor.store.sensor_errors
    return {
        (count.attrs["faust.sensor.name"], count.attrs["faust.sensor.hook"]): count.value
        for count in counts
    }
