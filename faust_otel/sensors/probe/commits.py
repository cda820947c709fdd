"""The outcome of commits: Faust reports one that failed as it does one that succeeded."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

from faust_otel.sensors.kept import kept
from faust_otel.sensors.naming import error_type

from .patches import Patches

if TYPE_CHECKING:
    from faust_otel.sensors.counting import Counting

    from .guard import Guard

__all__ = ["CommitProbe"]

#: ``error.type`` of a commit that Faust gave up without keeping its exception: it swallows this
#: one alone (the group has rebalanced meanwhile).
LOST_COMMIT = "aiokafka.errors.CommitFailedError"

Method = Callable[..., Awaitable[Any]]


class CommitProbe:
    """Watches the commits of one app's consumer, for all its monitors."""

    name = "commits"

    def __init__(self, app: Any, monitors: list[Counting], *, guard: Guard) -> None:
        self._app = app
        self._monitors = monitors
        self._guard = guard
        self._patches = Patches()

    def attach(self) -> None:
        """Begin to watch; again, it does so for the monitors that came since."""
        consumer = self._app._consumer  # noqa: SLF001  the property would make one
        if consumer is None:
            return
        self._patches.replace(consumer, "_commit_tps", self._watched_attempt)
        self._patches.replace(consumer, "_commit", self._watched_commit)
        self._patches.replace(
            consumer.transactions.producer, "commit_transactions", self._watched_transactions
        )
        for monitor in self._monitors:
            kept(monitor).store.commits_watched = True

    def detach(self) -> None:
        """Stop watching."""
        self._patches.undo()

    def _ended(self, offsets: Mapping[Any, int], **outcome: Any) -> None:
        with self._guard("the outcome of commits"):
            for monitor in self._monitors:
                monitor.commit_ended(offsets, **outcome)

    def _watched_attempt(self, attempt: Method) -> Method:
        """All that a commit does: sending what was attached to events is part of it."""

        async def watched(*args: Any, **kwargs: Any) -> Any:
            consumer = self._app.consumer
            crash = consumer.crash_reason
            try:
                done = await attempt(*args, **kwargs)
            except Exception as exc:
                # No hook closes a commit that raises.
                self._ended({}, error=error_type(exc), raised=True)
                raise
            if not done and consumer.crash_reason is not crash:
                self._ended({}, error=error_type(consumer.crash_reason))
            return done

        return watched

    def _watched_commit(self, commit: Method) -> Method:
        async def watched(offsets: Mapping[Any, int], *args: Any, **kwargs: Any) -> Any:
            done = await commit(offsets, *args, **kwargs)
            self._ended(offsets, error=None if done else LOST_COMMIT)
            return done

        return watched

    def _watched_transactions(self, commit: Method) -> Method:
        """Faust goes on as if it had committed when another worker took a transaction over."""

        async def watched(by_id: Mapping[str, Mapping[Any, int]], *args: Any, **kwargs: Any) -> Any:
            try:
                done = await commit(by_id, *args, **kwargs)
            except Exception as exc:
                self._ended({}, error=error_type(exc))
                raise
            # Where a transaction has no producer, Faust says so in the log and commits nothing.
            producers = self._app.consumer.transactions.producer._transaction_producers  # noqa: SLF001
            parts = (offsets for name, offsets in by_id.items() if name in producers)
            committed = {tp: offset for part in parts for tp, offset in part.items()}
            if committed:
                self._ended(committed)
            return done

        return watched
