"""Log lines of the process, kept instead of written: a live view must not be written into."""

from __future__ import annotations

import logging
import re
from collections import deque
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["captured"]

KEPT = 50
#: Faust's services put their place in the tree and their name in front of each message.
_SERVICE = re.compile(r"^\[\^.*?\]: ")


class _Keeper(logging.Handler):
    """Keeps one line per record; `tell` is handed those from WARNING on as well."""

    def __init__(self, tell: Callable[[str], None] | None) -> None:
        super().__init__(logging.INFO)
        self.lines: deque[str] = deque(maxlen=KEPT)
        self._tell = tell

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the first line of the message, and what was raised."""
        try:
            first = (record.getMessage().strip().splitlines() or [""])[0]
        except Exception:  # noqa: BLE001  what logging itself does: never raise
            self.handleError(record)
            return
        line = f"{record.levelname.lower()} {record.name}: {_SERVICE.sub('', first)}"
        self.lines.append(line)
        if self._tell is not None and record.levelno >= logging.WARNING:
            self._tell(line)


@contextmanager
def captured(tell: Callable[[str], None] | None = None) -> Iterator[deque[str]]:
    """Yield the last lines, the newest last; what the root logger had comes back at the end."""
    root = logging.getLogger()
    before = root.handlers[:], root.level
    keeper = _Keeper(tell)
    root.handlers[:] = [keeper]
    root.setLevel(logging.INFO)
    logging.captureWarnings(capture=True)
    try:
        yield keeper.lines
    finally:
        root.handlers[:], root.level = before[0], before[1]
        logging.captureWarnings(capture=False)
