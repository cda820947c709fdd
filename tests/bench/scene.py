"""Real Faust objects, handed over the way a worker hands them to its sensors."""

from __future__ import annotations

import itertools
import time
from typing import TYPE_CHECKING, Any, NamedTuple

import faust
from faust.agents.agent import _current_agent
from faust.types.tuples import TP, ConsumerMessage, PendingMessage, RecordMetadata

if TYPE_CHECKING:
    from collections.abc import Iterator

KEY = b"key"
VALUE = b'{"n":1}'


class Send(NamedTuple):
    """One message on its way out, and what the broker answers for it."""

    message: PendingMessage
    metadata: RecordMetadata


class Scene:
    """An app that was never started, with an agent's stream, a table and a producer.

    Make it inside a running loop: the stream belongs to the current task, as an agent's does.
    """

    def __init__(self, sensor: Any, *, topics: int, partitions: int) -> None:
        self.app = faust.App("bench", broker="kafka://127.0.0.1:9", web_enabled=False)
        if sensor is not None:
            self.app.monitor = sensor
        names = [f"events-{number}" for number in range(topics)]
        self.topic = self.app.topic(*names)
        self.agent = self.app.agent(self.topic, name="consume")(_consume)
        # As in an agent's own task: sensors may ask who is at work.
        _current_agent.set(self.agent)
        self.stream = self.agent.stream()
        self.table = self.app.Table("counts", default=int)
        self.producer = self.app.producer
        self.tps = [TP(name, number) for name in names for number in range(partitions)]
        self._cycle = itertools.cycle(self.tps)
        self._offsets = dict.fromkeys(self.tps, 0)

    def events(self, count: int) -> list[Any]:
        """Fresh events, round robin over the partitions, offsets rising in each of them."""
        return [self._event(tp) for tp in itertools.islice(self._cycle, count)]

    def sends(self, count: int) -> list[Send]:
        """Fresh pending messages with the broker's answers, round robin over the partitions."""
        return [self._send(tp) for tp in itertools.islice(self._cycle, count)]

    def _event(self, tp: TP) -> Any:
        message = ConsumerMessage(
            tp.topic,
            tp.partition,
            self._next_offset(tp),
            time.time(),
            0,
            [],
            KEY,
            VALUE,
            None,
            len(KEY),
            len(VALUE),
            tp,
            generation_id=self.app.consumer_generation_id,
        )
        return self.app.create_event(KEY, {"n": 1}, message.headers, message)

    def _send(self, tp: TP) -> Send:
        future = self.topic.as_future_message(KEY, {"n": 1}, tp.partition)
        metadata = RecordMetadata(
            tp.topic, tp.partition, tp, self._next_offset(tp), time.time() * 1000, 0
        )
        return Send(future.message, metadata)

    def _next_offset(self, tp: TP) -> int:
        offset = self._offsets[tp]
        self._offsets[tp] = offset + 1
        return offset


async def _consume(stream: Any) -> None:
    async for _ in stream:
        pass


def chunks(count: int, *, size: int) -> Iterator[int]:
    """Cut ``count`` into sizes of at most ``size``."""
    while count > 0:
        yield min(size, count)
        count -= size
