"""``key in table``: Faust calls no hook for it, so each table gets a class of its own for a while.

Python looks ``__contains__`` up on the type, so a table's class is replaced by a subclass that
differs in this one method and owns up to nothing else: it names itself, and pickles, as the class
it stands for, which comes back when the probe leaves. Tables of other apps, and the class itself,
stay as they are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from faust_otel.sensors.counting import Counting

    from .guard import Guard

__all__ = ["ContainsProbe"]

#: What Python itself sets the class of an object with.
_CLASS = object.__dict__["__class__"]


class ContainsProbe:
    """Watches one app's tables, for all sensors that want to know."""

    name = "tables"

    def __init__(self, app: Any, monitors: list[Counting], *, guard: Guard) -> None:
        self._app = app
        self._guard = guard
        self._telling: dict[type, type] = {}
        self._were: list[tuple[Any, type]] = []

    def attach(self) -> None:
        """Begin to watch; again, it does so for the tables that came since."""
        for table in list(self._app.tables.values()):
            kind = type(table)
            if kind in self._telling.values():
                continue
            if kind not in self._telling:
                self._telling[kind] = _telling(kind, self._tell)
            _CLASS.__set__(table, self._telling[kind])
            self._were.append((table, kind))

    def detach(self) -> None:
        """Stop watching."""
        while self._were:
            table, kind = self._were.pop()
            _CLASS.__set__(table, kind)
        self._telling.clear()

    def _tell(self, table: Any, key: Any) -> None:
        for sensor in self._app.sensors:
            hook = getattr(sensor, "on_table_contains", None)
            if hook is not None:  # Faust's own sensors lack it
                try:
                    hook(table, key)
                except Exception as exc:  # noqa: BLE001  said by the guard
                    self._guard.say("a key looked for in a table", exc)


def _telling(kind: Any, tell: Callable[[Any, Any], None]) -> Any:
    """Return the subclass of a table's class that tells of ``key in table``."""

    def contains(self: Any, key: Any) -> bool:
        tell(self, key)
        return bool(kind.__contains__(self, key))

    def reduce(self: Any, protocol: Any) -> Any:
        made = type(self)
        _CLASS.__set__(self, kind)
        try:
            return kind.__reduce_ex__(self, protocol)
        finally:
            _CLASS.__set__(self, made)

    body = {
        "__class__": property(lambda _: kind),
        "__contains__": contains,
        "__doc__": kind.__doc__,
        "__module__": kind.__module__,
        "__qualname__": kind.__qualname__,
        "__reduce_ex__": reduce,
    }
    return type(kind)(kind.__name__, (kind,), body)
