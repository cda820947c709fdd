"""The real Apache Kafka, and its own word on offsets."""

from __future__ import annotations

import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING

from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from tests.e2e.install import kafka_libraries
from tests.e2e.stack import free_port, running_process

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["Kafka", "run_kafka"]

CLUSTER_ID = "ZmF1c3Qtb3RlbC1lMmUtMQ"


class Kafka:
    """A running broker of Apache Kafka."""

    def __init__(self, servers: str) -> None:
        self.servers = servers
        self.url = f"kafka://{servers}"
        # The clients outlive the broker by a moment, which is not worth a line.
        self._settings: dict[str, str | int | float | bool] = {
            "bootstrap.servers": servers,
            "log_level": 0,
        }
        self._admin = AdminClient(self._settings)
        self._producer = Producer({**self._settings, "linger.ms": 5})

    def create(self, topic: str, *, partitions: int = 4) -> None:
        """Create a topic."""
        made = self._admin.create_topics([NewTopic(topic, partitions, 1)])
        made[topic].result(30)

    def produce(self, topic: str, values: list[bytes]) -> None:
        """Send `values`, keyed by their position, and wait until all are acknowledged."""
        for position, value in enumerate(values):
            self._producer.produce(topic, value, key=str(position))
            self._producer.poll(0)
        if self._producer.flush(60):
            raise TimeoutError(f"{topic}: not all of {len(values)} messages were acknowledged")

    def ends(self, topic: str) -> dict[int, int]:
        """Return the end offset of every partition."""
        return {tp.partition: self._offsets(tp)[1] for tp in self._partitions(topic)}

    def committed(self, group: str, topic: str) -> dict[int, int]:
        """Return the offset `group` committed in every partition, -1001 for none."""
        with self._consumer(group) as consumer:
            found = consumer.committed(self._partitions(topic), timeout=30)
        return {tp.partition: tp.offset for tp in found}

    def _partitions(self, topic: str) -> list[TopicPartition]:
        known = self._admin.list_topics(topic, timeout=30).topics[topic].partitions
        return [TopicPartition(topic, number) for number in known]

    def _offsets(self, tp: TopicPartition) -> tuple[int, int]:
        with self._consumer("witness") as consumer:
            low, high = consumer.get_watermark_offsets(tp, timeout=30)
            return int(low), int(high)

    @contextmanager
    def _consumer(self, group: str) -> Iterator[Consumer]:
        consumer = Consumer({**self._settings, "group.id": group})
        try:
            yield consumer
        finally:
            consumer.close()


@contextmanager
def run_kafka(folder: Path) -> Iterator[Kafka]:
    """Run one KRaft node that is broker and controller."""
    port, controller = free_port(), free_port()
    settings = folder / "server.properties"
    settings.write_text(
        "process.roles=broker,controller\n"
        "node.id=1\n"
        f"controller.quorum.voters=1@127.0.0.1:{controller}\n"
        f"listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}\n"
        f"advertised.listeners=PLAINTEXT://127.0.0.1:{port}\n"
        "controller.listener.names=CONTROLLER\n"
        "listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT\n"
        f"log.dirs={folder / 'data'}\n"
        "offsets.topic.replication.factor=1\n"
        "offsets.topic.num.partitions=3\n"
        "transaction.state.log.replication.factor=1\n"
        "transaction.state.log.min.isr=1\n"
        "transaction.state.log.num.partitions=3\n"
        "share.coordinator.state.topic.replication.factor=1\n"
        "share.coordinator.state.topic.min.isr=1\n"
        "group.initial.rebalance.delay.ms=0\n"
    )
    java = ["java", "-Xmx400m", "-cp", f"{kafka_libraries()}/*"]
    formatting = [*java, "kafka.tools.StorageTool", "format", "-t", CLUSTER_ID, "-c", str(settings)]
    subprocess.run(formatting, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    command = [*java, "kafka.Kafka", str(settings)]
    with running_process(command, log=folder / "kafka.log", port=port):
        kafka = Kafka(f"127.0.0.1:{port}")
        yield kafka
