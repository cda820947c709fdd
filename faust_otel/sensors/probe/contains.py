"""``key in table``: Faust calls no hook for it, so each table gets a class of its own for a while.

Python looks ``__contains__`` up on the type, so a table's class is replaced by a subclass that
differs in this one method and in nothing else; the class it had comes back when the probe
leaves. Tables of other apps, and the class itself, stay as they are.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from faust_otel.sensors.counting import Counting

    from .guard import Guard

__all__ = ["ContainsProbe"]

_TELL = "_faust_otel_tell"


@cache
def _telling(kind: Any) -> Any:
    """Return the subclass of a table's class that tells of ``key in table``."""

    def contains(self: Any, key: Any) -> bool:
        self.__dict__[_TELL](self, key)
        return bool(kind.__contains__(self, key))

    def clone(self: Any, **kwargs: Any) -> Any:
        made = kind.clone(self, **kwargs)
        made.__class__ = kind
        return made

    body = {
        "__contains__": contains,
        "__doc__": kind.__doc__,
        "__module__": kind.__module__,
        "__qualname__": kind.__qualname__,
        "clone": clone,
    }
    return type(kind)(kind.__name__, (kind,), body)


class ContainsProbe:
    """Watches one app's tables, for all sensors that want to know."""

    name = "tables"

    def __init__(self, app: Any, monitors: list[Counting], *, guard: Guard) -> None:
        self._app = app
        self._guard = guard
        self._were: list[tuple[Any, Any]] = []

    def attach(self) -> None:
        """Begin to watch; again, it does so for the tables that came since."""
        for table in list(self._app.tables.values()):
            if _TELL not in vars(table):
                kind: Any = type(table)
                vars(table)[_TELL] = self._telling_sensors()
                table.__class__ = _telling(kind)
                self._were.append((table, kind))

    def detach(self) -> None:
        """Stop watching."""
        while self._were:
            table, kind = self._were.pop()
            table.__class__ = kind
            del vars(table)[_TELL]

    def _telling_sensors(self) -> Callable[[Any, Any], None]:
        sensors, guard = self._app.sensors, self._guard

        def tell(table: Any, key: Any) -> None:
            for sensor in sensors:
                hook = getattr(sensor, "on_table_contains", None)
                if hook is not None:  # Faust's own sensors lack it
                    try:
                        hook(table, key)
                    except Exception as exc:  # noqa: BLE001  said by the guard
                        guard.say("a key looked for in a table", exc)

        return tell
