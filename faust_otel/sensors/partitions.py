"""Views by topic-partition, for Faust and for JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from faust.types import TP

if TYPE_CHECKING:
    from faust_otel.state import Store

__all__ = ["InboundTimes", "by_topic"]


class InboundTimes(Mapping[TP, float]):
    """When the last event of each assigned partition came in, in monotonic seconds.

    Not a copy: Faust asks ``stream_inbound_time.get(tp)`` for one partition after the other, and
    a dictionary of 1,000 partitions for each of them would hold the event loop up.
    """

    __slots__ = ("_store",)

    def __init__(self, store: Store) -> None:
        self._store = store

    def __getitem__(self, tp: Any) -> float:
        partition = self._store.partitions[tp]
        if partition.inbound is None:
            raise KeyError(tp)
        return partition.inbound

    def __iter__(self) -> Iterator[TP]:
        for partition in list(self._store.partitions.values()):
            if partition.inbound is not None:
                yield TP(partition.topic, partition.partition)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __repr__(self) -> str:
        return repr(dict(self))


def by_topic(offsets: Mapping[TP, int]) -> dict[str, dict[int, int]]:
    """Return offsets by topic, then partition."""
    found: dict[str, dict[int, int]] = {}
    for tp, offset in offsets.items():
        found.setdefault(tp.topic, {})[tp.partition] = offset
    return found
