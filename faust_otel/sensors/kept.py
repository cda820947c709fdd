"""What a monitor keeps, under one name that no subclass takes by accident.

Users subclass a monitor and assign what they like: ``self.store``, ``self.tables``,
``self._pipeline``. That must not disturb the counting, so our own code goes through `kept`, and
every public name over it is a `view`, which an instance may shadow for itself.
"""

from __future__ import annotations

import os
from threading import Lock
from typing import TYPE_CHECKING, Any, Generic, TypeVar
from weakref import WeakSet

from faust_otel.pipeline import Pipeline, Query, open_pipeline

if TYPE_CHECKING:
    from collections.abc import Callable

    from faust_otel.state import Store

__all__ = ["Keeper", "Kept", "kept", "view"]

Value = TypeVar("Value")


class view(Generic[Value]):  # noqa: N801  used like `property`
    """A property that an instance may shadow; `read` reads it even then."""

    def __init__(self, read: Callable[[Any], Value]) -> None:
        self.read = read
        self.__doc__ = read.__doc__

    def __get__(self, instance: Any, owner: type | None = None) -> Value:
        if instance is None:
            return self  # type: ignore[return-value]  # on the class, as property does
        return self.read(instance)


class Kept:
    """A store, and the pipeline over it."""

    __slots__ = ("__weakref__", "_lock", "_open", "_pipeline", "store")

    def __init__(self, store: Store, *, opening: Callable[[Store], Pipeline]) -> None:
        self.store = store
        self._open = opening
        self._pipeline: Pipeline | None = None
        self._lock = Lock()
        _ALIVE.add(self)

    @property
    def pipeline(self) -> Pipeline:
        """The pipeline, opened when first asked for: a constructor must not look for providers."""
        with self._lock:
            if self._pipeline is None:
                self._pipeline = self._open(self.store)
            return self._pipeline

    @property
    def query(self) -> Query:
        """Questions to the in-memory reader."""
        return self.pipeline.query

    def begin_again(self) -> None:
        """Begin at zero, in a forked child: its parent goes on with the counts."""
        self._lock = Lock()
        self._pipeline = None
        self.store.clear()


class Keeper:
    """Has a store and its pipeline, made by `opening` when it is first asked for."""

    def __init__(
        self, *, store: Store, opening: Callable[[Store], Pipeline] = open_pipeline, **kwargs: Any
    ) -> None:
        self._faust_otel = Kept(store, opening=opening)
        super().__init__(**kwargs)

    @view
    def store(self) -> Store:
        """Everything that was counted."""
        return self._faust_otel.store

    @view
    def pipeline(self) -> Pipeline:
        """From the store to OpenTelemetry; opened when first asked for."""
        return self._faust_otel.pipeline

    @view
    def query(self) -> Query:
        """Questions to the in-memory reader."""
        return self._faust_otel.query


def kept(keeper: Keeper) -> Kept:
    """Return what `keeper` keeps, whatever its class made of our names."""
    return keeper._faust_otel  # noqa: SLF001  what this function is for


_ALIVE: WeakSet[Kept] = WeakSet()


def _begin_again() -> None:  # pragma: no cover  only in a forked child
    for each in list(_ALIVE):
        each.begin_again()


if hasattr(os, "register_at_fork"):  # pragma: no branch  not everywhere
    os.register_at_fork(after_in_child=_begin_again)
