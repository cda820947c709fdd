"""When the demo ends: signals, and waiting for them."""

from __future__ import annotations

import asyncio
import os
import signal

from faust_otel.cli.ending import Ending


def handlers() -> tuple[object, object]:
    """Return what takes SIGTERM and SIGINT."""
    return signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)


async def test_the_first_signal_asks_and_the_second_hurries() -> None:
    """SIGTERM ends the waiting, Ctrl-C after it is told apart, a third signal is Python's own."""
    pythons_own = signal.SIG_DFL, signal.default_int_handler
    ending = Ending()
    with ending.on_signals():
        assert not await ending.within(0.01)
        os.kill(os.getpid(), signal.SIGTERM)
        assert await ending.within(10.0)
        assert not ending.hurried.is_set()
        assert handlers() != pythons_own
        os.kill(os.getpid(), signal.SIGINT)
        await asyncio.wait_for(ending.hurried.wait(), timeout=10.0)
        assert handlers() == pythons_own
    assert handlers() == pythons_own
