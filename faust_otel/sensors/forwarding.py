"""Every hook, forwarded to those sensors that override it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .base import Sensor
from .hooks import CLOSING, HOOKS, keep_opened, opened_before

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .guard import Guard
    from .overrides import Call, Key

__all__ = ["Forwarding"]

States = dict["Key", Any]


class Forwarding(Sensor, fitted=True):
    """Opening hooks return a dictionary of what each sensor opened; closing ones take it apart."""

    def __init__(self, *, guard: Guard, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.__failed = guard.failed
        self._faust_otel_route(())

    def _faust_otel_route(self, sensors: Iterable[dict[str, Call]]) -> None:
        """Forward to these sensors from now on: their calls by hook."""
        known = tuple(sensors)
        # Replaced whole: a hook that is running goes on with the tuple it has.
        routes = {hook: tuple(calls[hook] for calls in known if hook in calls) for hook in HOOKS}
        self.__routes = routes
        self.__message_in = _only(routes["on_message_in"])
        self.__message_out = _only(routes["on_message_out"])
        self.__event_in = _only(routes["on_stream_event_in"])
        self.__event_out = _only(routes["on_stream_event_out"])

    # -- of every event: one sensor alone is called without a loop, which costs as much as a sensor

    def on_message_in(self, tp: Any, offset: int, message: Any) -> None:
        """Forward: a message was taken by the first of its streams."""
        only = self.__message_in
        if only is None:
            self.__tell("on_message_in", tp, offset, message)
            return
        _, method, _, sensor = only
        try:
            method(tp, offset, message)
        except Exception as exc:  # noqa: BLE001  counted and said
            self.__failed(sensor, "on_message_in", exc)

    def on_stream_event_in(self, tp: Any, offset: int, stream: Any, event: Any) -> States:
        """Forward: a stream starts on an event."""
        only = self.__event_in
        if only is None:
            return self.__open("on_stream_event_in", tp, offset, stream, event)
        key, method, _, sensor = only
        try:
            return {key: method(tp, offset, stream, event)}
        except Exception as exc:  # noqa: BLE001  counted and said
            self.__failed(sensor, "on_stream_event_in", exc)
            return {}

    def on_stream_event_out(
        self, tp: Any, offset: int, stream: Any, event: Any, state: Any = None
    ) -> None:
        """Forward: a stream has done with an event; without a state, it was `Stream.ack`."""
        only = self.__event_out
        if only is None:
            self.__close("on_stream_event_out", tp, offset, stream, event, state)
            return
        key, method, opens, sensor = only
        try:
            opened = state[key]
        except (KeyError, TypeError):
            if opens and state is not None:
                return  # it was not there when the event came in, or failed to take it
            opened = None
        try:
            method(tp, offset, stream, event, opened)
        except Exception as exc:  # noqa: BLE001  counted and said
            self.__failed(sensor, "on_stream_event_out", exc)

    def on_message_out(self, tp: Any, offset: int, message: Any) -> None:
        """Forward: all streams have done with a message."""
        only = self.__message_out
        if only is None:
            self.__tell("on_message_out", tp, offset, message)
            return
        _, method, _, sensor = only
        try:
            method(tp, offset, message)
        except Exception as exc:  # noqa: BLE001  counted and said
            self.__failed(sensor, "on_message_out", exc)

    # -- the others

    def __tell(self, hook: str, *args: Any, **kwargs: Any) -> None:
        for _, method, _, sensor in self.__routes[hook]:
            try:
                method(*args, **kwargs)
            except Exception as exc:  # noqa: BLE001, PERF203  counted and said
                self.__failed(sensor, hook, exc)

    def __open(self, hook: str, *args: Any, **kwargs: Any) -> States:
        states: States = {}
        for key, method, _, sensor in self.__routes[hook]:
            try:
                states[key] = method(*args, **kwargs)
            except Exception as exc:  # noqa: BLE001, PERF203  counted and said
                opened = opened_before(exc, sensor)
                if opened is not None:
                    states[key] = opened
                self.__failed(sensor, hook, exc)
        keep_opened(self, states)
        return states

    def __close(self, hook: str, *args: Any, **kwargs: Any) -> None:
        at = CLOSING[hook][1]
        given = args[at]
        states = given if type(given) is dict else {}
        # Faust hands over no state for events that are acknowledged by hand.
        all_of_them = given is None and hook == "on_stream_event_out"
        for key, method, opens, sensor in self.__routes[hook]:
            if opens and key not in states and not all_of_them:
                continue  # it was not there when this was opened, or failed to open it
            try:
                method(*args[:at], states.get(key), *args[at + 1 :], **kwargs)
            except Exception as exc:  # noqa: BLE001  counted and said
                self.__failed(sensor, hook, exc)

    def on_topic_buffer_full(self, tp: Any) -> None:
        """Forward: a topic's buffer was full."""
        self.__tell("on_topic_buffer_full", tp)

    def on_table_get(self, table: Any, key: Any) -> None:
        """Forward: a key was read."""
        self.__tell("on_table_get", table, key)

    def on_table_set(self, table: Any, key: Any, value: Any) -> None:
        """Forward: a key was written."""
        self.__tell("on_table_set", table, key, value)

    def on_table_del(self, table: Any, key: Any) -> None:
        """Forward: a key was deleted."""
        self.__tell("on_table_del", table, key)

    def on_table_contains(self, table: Any, key: Any) -> None:
        """Forward: ``key in table`` was evaluated."""
        self.__tell("on_table_contains", table, key)

    def on_commit_initiated(self, consumer: Any) -> States:
        """Forward: a commit begins."""
        return self.__open("on_commit_initiated", consumer)

    def on_commit_completed(self, consumer: Any, state: Any) -> None:
        """Forward: a commit has ended."""
        self.__close("on_commit_completed", consumer, state)

    def on_send_initiated(
        self, producer: Any, topic: str, message: Any, keysize: int = 0, valsize: int = 0
    ) -> States:
        """Forward: a message is about to be sent."""
        return self.__open("on_send_initiated", producer, topic, message, keysize, valsize)

    def on_send_completed(self, producer: Any, state: Any, metadata: Any = None) -> None:
        """Forward: a message was acknowledged by the broker."""
        self.__close("on_send_completed", producer, state, metadata)

    def on_send_error(self, producer: Any, exc: BaseException, state: Any) -> None:
        """Forward: a message could not be sent."""
        self.__close("on_send_error", producer, exc, state)

    def on_assignment_start(self, assignor: Any) -> States:
        """Forward: partitions are about to be assigned."""
        return self.__open("on_assignment_start", assignor)

    def on_assignment_error(self, assignor: Any, state: Any, exc: BaseException) -> None:
        """Forward: partitions could not be assigned."""
        self.__close("on_assignment_error", assignor, state, exc)

    def on_assignment_completed(self, assignor: Any, state: Any) -> None:
        """Forward: partitions were assigned."""
        self.__close("on_assignment_completed", assignor, state)

    def on_rebalance_start(self, app: Any) -> States:
        """Forward: a rebalance begins."""
        return self.__open("on_rebalance_start", app)

    def on_rebalance_return(self, app: Any, state: Any) -> None:
        """Forward: a rebalance has assigned its partitions."""
        self.__close("on_rebalance_return", app, state)

    def on_rebalance_end(self, app: Any, state: Any) -> None:
        """Forward: work goes on after a rebalance."""
        self.__close("on_rebalance_end", app, state)

    def on_web_request_start(self, app: Any, request: Any, *, view: Any = None) -> States:
        """Forward: the web server starts on a request."""
        return self.__open("on_web_request_start", app, request, view=view)

    def on_web_request_end(
        self, app: Any, request: Any, response: Any, state: Any, *, view: Any = None
    ) -> None:
        """Forward: the web server has answered a request."""
        self.__close("on_web_request_end", app, request, response, state, view=view)

    def on_threaded_producer_buffer_processed(self, app: Any, size: int) -> None:
        """Forward: the producer's thread has taken a message, and `size` wait."""
        self.__tell("on_threaded_producer_buffer_processed", app=app, size=size)


def _only(calls: tuple[Call, ...]) -> tuple[Any, ...] | None:
    """Return the one call there is, as a plain tuple: a named one is slow to take apart."""
    return tuple(calls[0]) if len(calls) == 1 else None
