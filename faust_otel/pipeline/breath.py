"""Pauses in a collection, so that the event loop is never kept waiting for long by a reader."""

from __future__ import annotations

from threading import current_thread, main_thread
from time import sleep
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["breathing"]

Item = TypeVar("Item")

#: Seconds. Python gives the interpreter away every 5 ms only; a sleep gives it away at once.
BREATH = 0.0001


def breathing(items: Iterable[Item], *, every: int) -> Iterator[Item]:
    """Yield `items`, and let other threads run after so many of them.

    Not on the main thread: an event loop that collects for itself gains nothing by sleeping.
    """
    if current_thread() is main_thread():
        yield from items
        return
    for count, item in enumerate(items, 1):
        yield item
        if not count % every:
            sleep(BREATH)
