"""The broker, filled: ``python -m tests.bench.broker_child TOPIC EVENTS``; answers once, when full.

A process of its own, so that the broker's CPU and memory are not in the worker's figures. The
broker keeps everything in memory, at most about 5 MB per partition, and drops the oldest beyond:
values are tiny, they are sent in large batches, and the answer comes only after the broker has
confirmed that it still holds them all.
"""

from __future__ import annotations

import sys

from confluent_kafka import Consumer, Producer, TopicPartition

from faust_otel.testing import EmbeddedBroker
from tests.bench.children import Answer, tell

VALUE = b'{"n":1}'
PARTITIONS = 8

#: Events that wait in this process at most, before it lets the broker catch up.
QUEUE = 50_000


def fill(broker: EmbeddedBroker, topic: str, *, events: int) -> Answer:
    """Make the topic and spread ``events`` equally over its partitions.

    Raises:
        RuntimeError: the broker does not hold them all.
    """
    broker.create(topic)
    server = broker.url.removeprefix("kafka://")
    producer = Producer(
        {
            "bootstrap.servers": server,
            "linger.ms": 50,
            "queue.buffering.max.messages": 2 * QUEUE,
        }
    )
    for number in range(events):
        if len(producer) >= QUEUE:
            producer.poll(1.0)
        producer.produce(topic, VALUE, partition=number % PARTITIONS)
    producer.flush(60)
    held = _held(server, topic)
    if held != events:
        raise RuntimeError(f"the broker holds {held:,} of {events:,} events: too many for it")
    return {"url": broker.url}


def _held(server: str, topic: str) -> int:
    consumer = Consumer({"bootstrap.servers": server, "group.id": "bench-filler"})
    try:
        watermarks = [
            consumer.get_watermark_offsets(TopicPartition(topic, number), timeout=10)
            for number in range(PARTITIONS)
        ]
    finally:
        consumer.close()
    return sum(high - low for low, high in watermarks)


def _main(topic: str, *, events: int) -> None:
    with EmbeddedBroker(partitions=PARTITIONS) as broker:
        tell(fill(broker, topic, events=events))
        sys.stdin.read()


if __name__ == "__main__":
    _main(sys.argv[1], events=int(sys.argv[2]))
