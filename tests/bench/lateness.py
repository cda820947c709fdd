"""How late the event loop runs a timer of one millisecond, while a thread is at work."""

from __future__ import annotations

import asyncio
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TICK = 0.001


class Late(NamedTuple):
    """Lateness in milliseconds: the 99th percentile and the worst."""

    p99: float
    worst: float


async def lateness(*, seconds: float, work: Callable[[], object] | None = None) -> Late:
    """Watch the loop for ``seconds``, a thread calling ``work`` again and again meanwhile."""
    if work is None:
        return await _watch(seconds)
    with _repeated(work):
        return await _watch(seconds)


async def _watch(seconds: float) -> Late:
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    late: list[float] = []
    done = loop.create_future()

    def tick(due: float) -> None:
        now = loop.time()
        late.append(now - due)
        if now < end:
            loop.call_at(now + TICK, tick, now + TICK)
        else:
            done.set_result(None)

    first = loop.time() + TICK
    loop.call_at(first, tick, first)
    await done
    late.sort()
    return Late(late[len(late) * 99 // 100] * 1000, late[-1] * 1000)


@contextmanager
def _repeated(work: Callable[[], object]) -> Iterator[None]:
    stop = threading.Event()

    def repeat() -> None:
        while not stop.is_set():
            work()

    thread = threading.Thread(target=repeat)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def spin() -> int:
    """Keep the interpreter busy for some milliseconds and nothing else: the yardstick."""
    return sum(range(200_000))
