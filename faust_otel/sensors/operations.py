"""The hooks that count what happens less often than events: tables, sends, commits, rebalances."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from faust_otel.state import Send, Table

from .hooks import keep_opened
from .kept import Keeper
from .naming import HTTP_METHODS, attribute, error_type, route_of, text_of, topic_partition

if TYPE_CHECKING:
    from faust_otel.state import Store

__all__ = ["OperationRecorder"]

State = dict[str, Any]


class OperationRecorder(Keeper):
    """Hooks for tables, sends, commits, assignments, rebalances and web requests.

    Opening hooks return a dict with ``time_start`` (monotonic), as Faust's own do; a close counts
    once, whatever is handed back.
    """

    def __init__(self, *, store: Store, **kwargs: Any) -> None:
        self.__store = store
        self.__tables, self.__sent = store.tables, store.sent
        super().__init__(store=store, **kwargs)

    def __opening(self, state: State) -> State:
        """Return a state to be handed to Faust; overrides that drop it are seen to in `hooks`."""
        keep_opened(self, state)
        return state

    # -- tables

    def on_table_get(self, table: Any, key: Any) -> None:
        """Count a key read."""
        try:
            self.__tables[table.name].gets += 1
        except Exception:  # noqa: BLE001  first met, or not a table
            self.__table(table).gets += 1

    def on_table_set(self, table: Any, key: Any, value: Any) -> None:
        """Count a key written."""
        try:
            self.__tables[table.name].sets += 1
        except Exception:  # noqa: BLE001  as above
            self.__table(table).sets += 1

    def on_table_del(self, table: Any, key: Any) -> None:
        """Count a key deleted."""
        self.__table(table).dels += 1

    def on_table_contains(self, table: Any, key: Any) -> None:
        """Count a ``key in table`` (Faust has no such hook: see `probe.contains`)."""
        self.__table(table).contains += 1

    def __table(self, table: Any) -> Table:
        name = attribute(table, "name", default=table)
        return Table("") if name is None else self.__store.table(text_of(name))

    # -- sends; on the producer's thread when `producer_threaded` is set

    def on_send_initiated(
        self, producer: Any, topic: Any, message: Any, keysize: Any = 0, valsize: Any = 0
    ) -> Send:
        """Note that a message is about to be sent."""
        try:
            sent = self.__sent[topic]
        except Exception:  # noqa: BLE001  first met, or not a name
            sent = self.__store.sent_to(topic if isinstance(topic, str) else None)
        if isinstance(keysize, int) and isinstance(valsize, int):
            both = keysize > 0 < valsize  # what is missing has size 0, or -1
            sent.bytes_out.add(keysize + valsize if both else max(keysize, valsize, 0))
        state = Send(sent, self.__store.clock)
        keep_opened(self, state)
        return state

    def on_send_completed(self, producer: Any, state: Any, metadata: Any = None) -> None:
        """Count a message that the broker acknowledged."""
        if isinstance(state, Send):
            state.acknowledge()

    def on_send_error(self, producer: Any, exc: BaseException, state: Any = None) -> None:
        """Count a message that could not be sent."""
        if isinstance(state, Send):
            state.fail(error_type(exc))

    def on_threaded_producer_buffer_processed(self, app: Any, size: int) -> None:
        """Note how many messages wait for the producer's thread."""
        if isinstance(size, int):
            self.__store.producer_queue = size

    # -- commits

    def on_commit_initiated(self, consumer: Any) -> State:
        """Note that offsets are about to be committed."""
        state: State = {"time_start": self.__store.clock(), "outcome": None}
        self.__store.open_commit = state
        return self.__opening(state)

    def on_tp_commit(self, tp_offsets: Any) -> None:
        """Note committed offsets: of all commits, also failed ones, unless those are watched."""
        if isinstance(tp_offsets, Mapping) and not self.__store.commits_watched:
            offsets = {topic_partition(tp): offset for tp, offset in tp_offsets.items()}
            self.__store.committed(offsets)

    def on_commit_completed(self, consumer: Any, state: Any) -> None:
        """Count a commit: by its outcome where that is watched, else as done."""
        started = _close(state)
        if started is None:
            return
        outcome = state.get("outcome")
        if outcome is None and self.__store.commits_watched:
            self.__store.commit_noops.get(GROUP=self.__store.group).value += 1
            return
        error = outcome if isinstance(outcome, str) else None
        commits = self.__store.commits.get(GROUP=self.__store.group, ERROR=error)
        commits.add(self.__store.clock() - started)

    # -- assignments and rebalances; on the consumer's thread

    def on_assignment_start(self, assignor: Any) -> State:
        """Note that the leader begins to assign partitions."""
        return self.__opening({"time_start": self.__store.clock()})

    def on_assignment_error(self, assignor: Any, state: Any, exc: BaseException) -> None:
        """Count an assignment that failed."""
        self.__assigned(state, error=error_type(exc))

    def on_assignment_completed(self, assignor: Any, state: Any) -> None:
        """Count an assignment."""
        self.__assigned(state, error=None)

    def __assigned(self, state: Any, *, error: str | None) -> None:
        started = _close(state)
        if started is None:
            return
        seconds = self.__store.clock() - started
        self.__store.recent.assignment.append(seconds)
        self.__store.assignments.get(GROUP=self.__store.group, ERROR=error).add(seconds)

    def on_rebalance_start(self, app: Any) -> State:
        """Count a rebalance; it is active until one ends, however many began meanwhile."""
        self.__store.rebalances.get(GROUP=self.__store.group).value += 1
        self.__store.rebalancing = 1
        return self.__opening({"time_start": self.__store.clock(), "returned": False})

    def on_rebalance_return(self, app: Any, state: Any) -> None:
        """Measure a rebalance until its partitions were assigned."""
        started = _opened_at(state)
        if started is not None and state.get("returned") is False:
            state["returned"] = True
            seconds = self.__store.clock() - started
            self.__store.recent.rebalance_return.append(seconds)
            self.__rebalanced("return", seconds)

    def on_rebalance_end(self, app: Any, state: Any) -> None:
        """Measure a rebalance until work went on, table recovery included."""
        self.__store.rebalancing = 0
        started = _close(state)
        if started is not None:
            seconds = self.__store.clock() - started
            self.__store.recent.rebalance_end.append(seconds)
            self.__rebalanced("end", seconds)

    def __rebalanced(self, phase: str, seconds: float) -> None:
        self.__store.rebalance_durations.get(GROUP=self.__store.group, REBALANCE_PHASE=phase).add(
            seconds
        )

    # -- the web server

    def on_web_request_start(self, app: Any, request: Any, *, view: Any = None) -> State:
        """Note that the web server starts on a request."""
        return self.__opening({"time_start": self.__store.clock()})

    def on_web_request_end(
        self, app: Any, request: Any, response: Any, state: Any, *, view: Any = None
    ) -> None:
        """Measure a request; without a response its view raised, which answers 500."""
        started = _close(state)
        if started is None:
            return
        given = attribute(response, "status")
        status = int(given) if isinstance(given, int) else 500
        method = text_of(attribute(request, "method"))
        scheme = attribute(request, "scheme")
        requests = self.__store.requests.get(
            HTTP_METHOD=method if method in HTTP_METHODS else "_OTHER",
            HTTP_ROUTE=route_of(request),
            HTTP_STATUS=status,
            URL_SCHEME=scheme if isinstance(scheme, str) else "http",
            ERROR=str(status) if status >= 500 else None,  # noqa: PLR2004  a server error
        )
        seconds = self.__store.clock() - started
        self.__store.recent.http.append(seconds)
        requests.add(seconds)

    def count(self, metric_name: str, count: int = 1) -> None:
        """Add to a count of the app's own, as Faust's Monitor offers it."""
        self.__store.metric_counts[metric_name] += count


def _close(state: Any) -> float | None:
    """Return when `state` was opened and close it; None when it is closed already, or not ours."""
    started = _opened_at(state)
    if started is not None:
        del state["time_start"]
    return started


def _opened_at(state: Any) -> float | None:
    started = state.get("time_start") if isinstance(state, dict) else None
    return started if isinstance(started, (int, float)) else None
