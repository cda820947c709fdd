"""``key in table``: Faust calls no hook for it, so each table gets a class of its own for a while.

Python looks ``__contains__`` up on the type, so a table's class is replaced by a subclass that
differs in this one method and in nothing else; the class it had comes back when the probe
leaves. Tables of other apps, and the class itself, stay as they are.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from faust_otel.sensors.counting import Counting

__all__ = ["ContainsProbe"]

_MONITORS = "_faust_otel_monitors"


@cache
def _counting(kind: type) -> type:
    """Return the subclass of a table's class that tells its monitors of ``key in table``."""

    def contains(self: Any, key: Any) -> bool:
        for monitor in self.__dict__[_MONITORS]:
            monitor.on_table_contains(self, key)
        return bool(kind.__contains__(self, key))  # type: ignore[attr-defined]  # tables have it

    body = {"__contains__": contains, "__module__": kind.__module__, "__doc__": kind.__doc__}
    made = type(kind.__name__, (kind,), body)
    made.__qualname__ = kind.__qualname__
    return made


class ContainsProbe:
    """Watches one app's tables, for all its monitors."""

    def __init__(self, app: Any, monitors: list[Counting]) -> None:
        self._app = app
        self._monitors = monitors
        self._were: list[tuple[Any, type]] = []

    def attach(self) -> None:
        """Begin to watch the tables there are; call again for later ones."""
        for table in list(self._app.tables.values()):
            if _MONITORS not in vars(table):
                kind = type(table)
                vars(table)[_MONITORS] = self._monitors
                table.__class__ = _counting(kind)
                self._were.append((table, kind))

    def detach(self) -> None:
        """Stop watching."""
        while self._were:
            table, kind = self._were.pop()
            table.__class__ = kind
            del vars(table)[_MONITORS]
