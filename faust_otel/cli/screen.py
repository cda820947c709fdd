"""What is seen while the demo runs: a live view four times a second, or a line now and then.

Both look from a thread of their own, so that the event loop is not kept waiting by them.
"""

from __future__ import annotations

import logging
from threading import Event, Thread
from typing import TYPE_CHECKING

from rich.live import Live

from . import text
from .orders import BUSY
from .percentiles import NOTHING
from .view import render

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.console import Console
    from typing_extensions import Self

    from .figures import Figures
    from .view import Scene

    Look = Callable[[], tuple[Figures, Scene]]

__all__ = ["LinePrinter", "LiveScreen", "Screen", "line"]

logger = logging.getLogger(__name__)


class Screen:
    """Calls `show` every `interval` seconds with what `look` returns, and once more at the end."""

    interval = 0.25

    def __init__(self, look: Look) -> None:
        self._look = look
        self._done = Event()
        self._thread = Thread(target=self._run, name="faust-otel-screen", daemon=True)

    def show(self, figures: Figures, scene: Scene) -> None:
        """Show one moment."""
        raise NotImplementedError  # how is what the two below differ in

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _run(self) -> None:
        ended = False
        while not ended:
            ended = self._done.wait(self.interval)
            try:
                self.show(*self._look())
            except Exception:
                logger.exception("the figures could not be shown")


class LiveScreen(Screen):
    """The live view."""

    def __init__(self, look: Look, *, console: Console) -> None:
        super().__init__(look)
        self._console = console
        self._live = Live(console=console, auto_refresh=False)

    def __enter__(self) -> Self:
        self._live.start()
        return super().__enter__()

    def __exit__(self, *_: object) -> None:
        super().__exit__()
        self._live.stop()

    def show(self, figures: Figures, scene: Scene) -> None:
        """Draw the view again."""
        self._live.update(render(figures, scene, height=self._console.height - 1), refresh=True)


class LinePrinter(Screen):
    """A line every two seconds, after one that says what they are about."""

    interval = 2.0

    def __enter__(self) -> Self:
        _, scene = self._look()
        print(f"faust-otel demo, {scene.title}; times per event are those of its agent {BUSY}")
        return super().__enter__()

    def show(self, figures: Figures, scene: Scene) -> None:
        """Print one line."""
        print(line(figures, scene), flush=True)


def line(figures: Figures, scene: Scene) -> str:
    """Return one moment as one line of 80 columns; its latencies are those of one agent."""
    found = [agent.processing for agent in figures.agents if agent.agent == BUSY]
    p50, p95, p99, _ = text.percentiles(found[0] if found else NOTHING)
    return (
        f"{text.clock(scene.elapsed):>5}  fed {scene.fed}  events {figures.events_rate:.0f}/s"
        f"  lag {figures.lag}  p50 {p50}  p95 {p95}  p99 {p99}  raised {figures.exceptions}"
    )
