"""What keeps the event loop from waiting for a reader that collects on a thread of its own."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from threading import current_thread, main_thread
from time import sleep
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["breathing", "without_garbage_collection"]

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


@contextmanager
def without_garbage_collection() -> Iterator[None]:
    """Put the search for cycles off while thousands of data points are made, without any.

    Their number alone would have Python search its whole heap, with the event loop waiting: at
    1,000 partitions that held the loop up for 30 to 90 ms at worst, against 5 ms without.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
