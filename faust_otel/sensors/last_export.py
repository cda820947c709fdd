"""The last export of a worker that stops: on a thread, and not for ever."""

from __future__ import annotations

import asyncio
import logging
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from faust_otel.pipeline import Pipeline

__all__ = ["LAST_EXPORT", "MARGIN", "THREAD", "stop_exporting"]

logger = logging.getLogger(__name__)

#: A worker that stops waits this long, in seconds, for the last export.
LAST_EXPORT = 5.0
#: And so many seconds more for an exporter that minds the time it was given.
MARGIN = 1.0
THREAD = "faust-otel-last-export"


async def stop_exporting(pipeline: Pipeline) -> None:
    """Export what is left and stop, on a thread that nobody waits for at exit."""
    loop, done = asyncio.get_running_loop(), asyncio.Event()

    def run() -> None:
        try:
            pipeline.stop(LAST_EXPORT)
        except Exception as exc:  # noqa: BLE001  exporters raise what they like
            logger.warning("the last metrics could not be exported: %s", exc)
        finally:
            with suppress(RuntimeError):  # the loop was closed: nobody waits any more
                loop.call_soon_threadsafe(done.set)

    threading.Thread(target=run, name=THREAD, daemon=True).start()
    try:
        await asyncio.wait_for(done.wait(), timeout=LAST_EXPORT + MARGIN)
    except asyncio.TimeoutError:
        logger.warning(
            "the last metrics were not exported within %g s and may be lost", LAST_EXPORT
        )
