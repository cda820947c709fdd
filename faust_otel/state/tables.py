"""What is known of one table: how often its keys were read, written, deleted and looked for."""

from __future__ import annotations

from faust_otel import attributes as key
from faust_otel import catalogue

from .series import Attrs, label

__all__ = ["Table"]


class Table:
    """Operations on one table's keys; all counts only grow."""

    __slots__ = ("attrs", "contains", "dels", "gets", "name", "sets")

    #: Operation names in the order of `counts`.
    OPERATIONS = ("get", "set", "del", "contains")

    def __init__(self, name: str) -> None:
        self.name = name
        self.gets = 0
        self.sets = 0
        self.dels = 0
        self.contains = 0
        self.attrs: tuple[Attrs, ...] = tuple(
            label(catalogue.TABLE_OPERATIONS, {key.TABLE: name, key.TABLE_OPERATION: operation})
            for operation in self.OPERATIONS
        )

    def counts(self) -> tuple[int, int, int, int]:
        """Return gets, sets, dels and contains."""
        return self.gets, self.sets, self.dels, self.contains
