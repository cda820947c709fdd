"""Records on their way into the embedded broker: encoded, placed, sent, acknowledged."""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import cycle
from typing import TYPE_CHECKING, Any

from faust_otel.exceptions import ConfigurationError, FaustOTelError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from confluent_kafka import KafkaError, Message

    Headers = Mapping[str, bytes | str] | Iterable[tuple[str, bytes | str]]

__all__ = ["Sender"]

_SECONDS = 10.0
#: The client's queue holds 100,000 records and refuses the next one.
_FLUSH_EVERY = 10_000


class Sender:
    """Sends to the broker at `address`; `create` makes a topic and returns its partitions."""

    def __init__(self, address: str, *, create: Callable[[str], int]) -> None:
        from confluent_kafka import Producer

        self._create = create
        self._partitions: dict[str, int] = {}
        self._turns: dict[str, Iterator[int]] = {}
        # murmur2 is how Faust, and every Java producer, chooses the partition of a key.
        self._producer = Producer(
            {
                "bootstrap.servers": address,
                "linger.ms": 0,
                "log_level": 0,
                "partitioner": "murmur2_random",
            }
        )

    def send(
        self,
        topic: str,
        pairs: Iterable[tuple[Any, Any]],
        *,
        partition: int | None,
        headers: Headers | None,
        timestamp: float | None,
    ) -> list[tuple[int, int]]:
        """Send a record per (key, value); return their (partition, offset) in the order of acks."""
        self._prepare(topic, partition)
        places: list[tuple[int, int]] = []
        failures: list[str] = []

        def on_delivery(error: KafkaError | None, message: Message) -> None:
            if error is None:
                places.append((message.partition() or 0, message.offset() or 0))
            else:
                failures.append(str(error))

        pairs_of_headers = _header_pairs(headers)
        milliseconds = 0 if timestamp is None else round(timestamp * 1000)
        count = 0
        for count, (key, value) in enumerate(pairs, start=1):
            self._producer.produce(
                topic,
                _encoded("value", value),
                _encoded("key", key),
                self._place(topic, key, partition),
                on_delivery=on_delivery,
                timestamp=milliseconds,
                headers=pairs_of_headers,
            )
            if count % _FLUSH_EVERY == 0:
                self._producer.flush(_SECONDS)
        waiting = self._producer.flush(_SECONDS)
        if failures or waiting:
            raise FaustOTelError(
                f"of {count} records for topic {topic!r}, {len(failures)} failed and {waiting} "
                f"had no answer within {_SECONDS:g} s; first failure: {next(iter(failures), None)}"
            )
        return places

    def _prepare(self, topic: str, partition: int | None) -> None:
        """Make sure that `topic` exists and, when one is asked for, that it has `partition`."""
        if topic not in self._partitions:
            self._partitions[topic] = self._create(topic)
            self._turns[topic] = cycle(range(self._partitions[topic]))
        last = self._partitions[topic] - 1
        if partition is not None and not 0 <= partition <= last:
            raise ConfigurationError(
                f"partition={partition!r} is not in topic {topic!r}; give one from 0 to {last}"
            )

    def _place(self, topic: str, key: Any, partition: int | None) -> int:
        """Return the partition of a record, or -1 where the client shall hash its key."""
        if partition is not None:
            return partition
        return next(self._turns[topic]) if key is None else -1


def _header_pairs(headers: Headers | None) -> list[tuple[str, str | bytes | None]] | None:
    if headers is None:
        return None
    return list(headers.items() if isinstance(headers, Mapping) else headers)


def _encoded(what: str, given: Any) -> bytes | None:
    """Return `given` as the bytes of a record: text as UTF-8, other objects as JSON."""
    if given is None or isinstance(given, bytes):
        return given
    if isinstance(given, str):
        return given.encode()
    try:
        return json.dumps(given).encode()
    except (TypeError, ValueError) as exc:
        raise ConfigurationError(
            f"{what}={given!r} cannot be sent ({exc}); give bytes, text, None, or what JSON holds"
        ) from exc
