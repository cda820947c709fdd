"""The embedded broker, seen by clients that are not ours."""

from __future__ import annotations

import asyncio
import sys
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from aiokafka.partitioner import DefaultPartitioner  # type: ignore[import-untyped]  # no stubs
from confluent_kafka import TopicPartition

from faust_otel.exceptions import ConfigurationError, FaustOTelError, MissingExtraError
from faust_otel.testing import EmbeddedBroker, cluster
from tests.brokers import consumer, listening, read

if TYPE_CHECKING:
    from collections.abc import Callable


def test_a_consumer_reads_what_was_produced(broker: EmbeddedBroker) -> None:
    """Value, key, headers in their order and timestamp arrive as they were given, encoded."""
    name = "produced"
    headers: list[tuple[str, bytes | str]] = [("trace", b"1"), ("trace", "two")]
    places = [
        broker.produce(name, {"n": 1}, key="k", partition=2, headers=headers, timestamp=12.345),
        broker.produce(name, b"\x00raw", partition=2, headers={"a": b""}),
        broker.produce(name, "text", key=[1], partition=2),
        broker.produce(name, None, key=b"gone", partition=2),
    ]
    records = read(broker, name, 4)

    assert places == [(2, 0), (2, 1), (2, 2), (2, 3)]
    assert [(each.key(), each.value(), each.headers()) for each in records] == [
        (b"k", b'{"n": 1}', [("trace", b"1"), ("trace", b"two")]),
        (None, b"\x00raw", [("a", b"")]),
        (b"[1]", b"text", None),
        (b"gone", None, None),
    ]
    assert records[0].timestamp()[1] == 12_345


def test_records_without_a_key_go_to_the_partitions_in_turn(broker: EmbeddedBroker) -> None:
    """A hundred thousand records in one call are spread evenly, and all of them are there."""
    name = "in-turn"
    counts = broker.produce_many(name, (b"x" for _ in range(100_000)))

    assert counts == {0: 25_000, 1: 25_000, 2: 25_000, 3: 25_000}
    assert broker.end_offsets(name) == counts


def test_a_key_goes_to_the_partition_where_faust_sends_it(broker: EmbeddedBroker) -> None:
    """Each key is in the partition that the producer of a Faust worker chooses for it."""
    name = "keyed"
    numbers = [0, 1, 2, 3]
    broker.produce_many(name, range(50), key=lambda value: f"key-{value}")

    placed = {each.key(): each.partition() for each in read(broker, name, 50)}
    assert placed == {key: DefaultPartitioner()(key, numbers, numbers) for key in placed}
    assert len(placed) == 50


def test_committed_is_what_a_group_committed(broker: EmbeddedBroker) -> None:
    """A partition is None until the group commits an offset for it, and then that offset."""
    name = "committed"
    broker.create(name, partitions=2)
    before = broker.committed(name, name)
    with closing(consumer(broker, name)) as client:
        client.commit(offsets=[TopicPartition(name, 1, 7)], asynchronous=False)

    assert before == {0: None, 1: None}
    assert broker.committed(name, name) == {0: None, 1: 7}


def test_a_topic_has_the_partitions_it_was_created_with(broker: EmbeddedBroker) -> None:
    """Topics get the broker's number or their own, and to create one again changes nothing."""
    name = "created"
    created = broker.create(f"{name}-4"), broker.create(f"{name}-7", partitions=7)
    again = broker.create(f"{name}-7"), broker.create(f"{name}-7", partitions=7)

    assert (created, again) == ((4, 7), (7, 7))
    assert broker.topics().items() >= {f"{name}-4": 4, f"{name}-7": 7}.items()


@pytest.mark.parametrize(
    ("use", "message"),
    [
        (lambda broker: broker.create("known", partitions=9), "already has 4 partitions, not 9"),
        (lambda broker: broker.create("known", partitions=0), "partitions=0 is not allowed"),
        (lambda _: EmbeddedBroker(partitions=0), "EmbeddedBroker: partitions=0 is not allowed"),
        (lambda _: EmbeddedBroker(rebalance_delay=-1), "rebalance_delay=-1 is not allowed"),
        (lambda broker: broker.create("a b"), "'a b' is no name of a topic"),
        (lambda broker: broker.end_offsets("unknown"), r"no topic 'unknown'.*create\('unknown'\)"),
        (lambda broker: broker.committed("group", "unknown"), "no topic 'unknown'"),
        (lambda broker: broker.produce("known", 1, partition=4), "partition=4.*from 0 to 3"),
        (lambda broker: broker.produce("known", {1}), r"value=\{1\} cannot be sent"),
        (lambda broker: broker.produce("known", 1, key={2}), r"key=\{2\} cannot be sent"),
    ],
)
def test_what_cannot_be_is_refused(
    broker: EmbeddedBroker, use: Callable[[EmbeddedBroker], Any], message: str
) -> None:
    """A wrong argument raises ConfigurationError, which names the value."""
    broker.create("known")
    with pytest.raises(ConfigurationError, match=message):
        use(broker)


def test_a_broker_listens_on_loopback_until_it_is_stopped() -> None:
    """Its port is open on 127.0.0.1 alone, and closed when the block ends."""
    before = listening()
    with EmbeddedBroker() as broker:
        [(address, port)] = listening() - before
        assert broker.url == f"kafka://{address}:{port}"
        with pytest.raises(FaustOTelError, match="already runs at kafka://127"):
            broker.start()

    assert address == "127.0.0.1"
    assert listening() == before


def test_a_stopped_broker_starts_again_empty() -> None:
    """Stopping twice is harmless, using it then is an error, and a new start forgets topics."""
    name = "restarted"
    broker = EmbeddedBroker(partitions=1).start()
    topic = broker.app(name).topic("declared")
    broker.produce("gone", 1)
    broker.stop()
    broker.stop()

    with pytest.raises(FaustOTelError, match=r"not running.*with statement"):
        broker.produce("gone", 1)
    with pytest.raises(FaustOTelError, match="'declared': the embedded broker was stopped"):
        asyncio.run(topic.declare())
    with broker:
        assert broker.topics() == {}


def test_without_confluent_kafka_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Starting a broker without the optional package tells the command that installs it."""
    monkeypatch.setitem(sys.modules, "confluent_kafka", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'faust-otel\[testing\]'"):
        EmbeddedBroker().start()


def test_a_librdkafka_that_is_too_old_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """A library that lacks one of the functions is an error that tells what to install."""
    monkeypatch.setitem(cluster._PROTOTYPES, "rd_kafka_mock_of_tomorrow", (None, []))
    with pytest.raises(FaustOTelError, match=r"rd_kafka_mock_of_tomorrow.*confluent-kafka>=2.6"):
        EmbeddedBroker().start()
