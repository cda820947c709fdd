"""Calls that may take long, of which nobody waits for the end."""

from __future__ import annotations

from concurrent.futures import Future
from concurrent.futures import TimeoutError as TakesLonger
from threading import Thread
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["TakesLonger", "within"]

Result = TypeVar("Result")


def within(timeout: float, work: Callable[[], Result], *, name: str) -> Result:
    """Return what `work` returns or raises; it runs on a thread called `name`.

    Raises TakesLonger after `timeout` seconds; the work goes on, and does not hold up the exit of
    the process.
    """
    future: Future[Result] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except Exception as exc:  # noqa: BLE001  handed to who waits
            future.set_exception(exc)

    Thread(target=run, name=name, daemon=True).start()
    return future.result(timeout)
