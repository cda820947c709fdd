"""A Kafka broker inside the process, to run real Faust workers against."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import faust

from faust_otel.checks import check_positive, check_positive_int
from faust_otel.exceptions import ConfigurationError, FaustOTelError

from .cluster import MockCluster, start_cluster
from .sender import Sender

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import TracebackType

    from confluent_kafka import TopicPartition
    from typing_extensions import Self

    from .sender import Headers

__all__ = ["EmbeddedBroker"]

_SECONDS = 10.0
_TOPIC_NAME = re.compile(r"[a-zA-Z0-9._-]{1,249}")


class EmbeddedBroker:
    """A broker of the real Kafka protocol on a loopback port: no Java, no Docker, no network.

    It is librdkafka's mock cluster, which comes with the extra ``testing``. Use it as a context
    manager, or call `start` and `stop`::

        with EmbeddedBroker() as broker:
            app = broker.app("orders-test")
            ...

    What to know about it:

    - `settings` are the settings a Faust app needs here; `app` makes an app that has them.
    - A topic comes into being when it is created, produced to or declared by an app, with
      `partitions` partitions; one that an app only subscribes to is made by the broker, with 4.
      So create the topics an app reads first when `partitions` is not 4.
    - It keeps the last 5 MB or so of each partition and forgets what is older.
    - An idle consumer asks again every 1.5 s (Faust's fetch wait, and the broker does not answer
      earlier), so what arrives at an idle partition can take that long to be read.
    - A worker that was killed holds its partitions until its session timeout: give each run an app
      id of its own.
    - A new group starts without waiting for more members. For two workers in one group set
      `rebalance_delay` to 3.0 seconds, as in Kafka, and start both at once; even then it happens
      that one never gets partitions. Test rebalances on a real Kafka.
    - It has no admin API, no ACLs, no compaction and no retention, and lives in this process:
      its CPU time and its memory are counted as the process's.
    """

    def __init__(self, *, partitions: int = 4, rebalance_delay: float = 0.0) -> None:
        self.partitions = check_positive_int("EmbeddedBroker", "partitions", partitions)
        if rebalance_delay:
            check_positive("EmbeddedBroker", "rebalance_delay", rebalance_delay)
        self._rebalance_delay = rebalance_delay
        self._cluster: MockCluster | None = None

    def start(self) -> Self:
        """Open the port. Raises MissingExtraError when confluent-kafka is not installed."""
        if self._cluster is not None:
            raise FaustOTelError(f"this EmbeddedBroker already runs at {self.url}; stop it first")
        self._cluster = start_cluster(rebalance_delay=self._rebalance_delay)
        from confluent_kafka.admin import AdminClient

        address = self._cluster.address
        self._admin = AdminClient({"bootstrap.servers": address, "log_level": 0})
        self._sender = Sender(address, create=self.create)
        self._datadir = TemporaryDirectory(prefix="faust-otel-")
        return self

    def stop(self) -> None:
        """Close the port and forget all topics and groups. Stop the apps that use it before."""
        if self._cluster is None:
            return
        cluster, self._cluster = self._cluster, None
        # The clients go first: one that outlives the broker tries to reach it again and again.
        del self._sender, self._admin
        cluster.destroy()
        self._datadir.cleanup()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """Where it listens, as Faust's `broker` setting wants it: ``kafka://127.0.0.1:PORT``."""
        return f"kafka://{self._running().address}"

    def settings(self) -> dict[str, Any]:
        """Return the settings of a Faust app on this broker; your own may replace any of them."""
        return {
            "broker": self.url,
            "store": "memory://",
            "datadir": f"{self._datadir.name}/{{conf.name}}",
            # The broker has no CreateTopics: the topic class creates topics without it.
            "Topic": _topic_class(self._running()),
            "topic_allow_declare": False,
            "topic_disable_leader": True,
            "topic_partitions": self.partitions,
            "broker_commit_interval": 0.2,
            "broker_session_timeout": 6.0,
            "broker_heartbeat_interval": 1.0,
            "web_enabled": False,
        }

    def app(self, id: str, **settings: Any) -> faust.App:  # noqa: A002 - Faust's own name for it
        """Return a Faust app with the `settings` of this broker, and yours over them."""
        return faust.App(id, **{**self.settings(), **settings})

    def topics(self) -> dict[str, int]:
        """Return the number of partitions of every topic there is."""
        self._running()
        found = self._admin.list_topics(timeout=_SECONDS).topics
        return {name: len(topic.partitions) for name, topic in sorted(found.items())}

    def create(self, topic: str, *, partitions: int | None = None) -> int:
        """Make sure that `topic` exists, and return how many partitions it has.

        A new topic gets `partitions`, by default the broker's own number. Raises
        ConfigurationError when it exists already with another number than the one asked for.
        """
        asked = self.partitions if partitions is None else partitions
        wanted = check_positive_int("create", "partitions", asked)
        if not _TOPIC_NAME.fullmatch(topic):
            raise ConfigurationError(
                f"{topic!r} is no name of a topic; use 1 to 249 of a-z, A-Z, 0-9, '.', '_' and '-'"
            )
        if self._running().create_topic(topic, partitions=wanted):
            return wanted
        found = self.topics()[topic]
        if partitions is not None and partitions != found:
            raise ConfigurationError(
                f"topic {topic!r} already has {found} partitions, not {partitions}; "
                "create it before anything reads or writes it, or choose another name"
            )
        return found

    def produce(
        self,
        topic: str,
        value: Any,
        *,
        key: Any = None,
        partition: int | None = None,
        headers: Headers | None = None,
        timestamp: float | None = None,
    ) -> tuple[int, int]:
        """Send one record, wait for the broker to have it, and return (partition, offset).

        `value` and `key` are bytes, text, None, or anything else that JSON can hold.
        `timestamp` is in seconds since the epoch; now when None. A record with neither key nor
        `partition` goes to the partitions of its topic in turn, starting with 0.
        """
        self._running()
        [place] = self._sender.send(
            topic, [(key, value)], partition=partition, headers=headers, timestamp=timestamp
        )
        return place

    def produce_many(
        self,
        topic: str,
        values: Iterable[Any],
        *,
        key: Callable[[Any], Any] | None = None,
        partition: int | None = None,
        headers: Headers | None = None,
        timestamp: float | None = None,
    ) -> dict[int, int]:
        """Send a record per value, wait for all, and return how many went to which partition.

        `key` makes the key of a record from its value; the rest is as in `produce`. 100,000
        take about a second; mind the 5 MB that a partition keeps.
        """
        self._running()
        pairs = ((key(value) if key else None, value) for value in values)
        places = self._sender.send(
            topic, pairs, partition=partition, headers=headers, timestamp=timestamp
        )
        return dict(sorted(Counter(partition for partition, _ in places).items()))

    def end_offsets(self, topic: str) -> dict[int, int]:
        """Return by partition the offset that the next record will have: 0 when it is empty."""
        from confluent_kafka import admin

        spec: Any = admin.OffsetSpec  # type: ignore[attr-defined]  # missing in its type hints
        asked = dict.fromkeys(self._all_partitions(topic), spec.latest())
        answers = self._admin.list_offsets(asked, request_timeout=_SECONDS)
        return {tp.partition: answer.result().offset for tp, answer in answers.items()}

    def committed(self, group: str, topic: str) -> dict[int, int | None]:
        """Return by partition the offset that `group` (the app's id) reads next, once committed.

        None where the group has committed nothing. Asking joins no group.
        """
        from confluent_kafka import ConsumerGroupTopicPartitions

        asked = ConsumerGroupTopicPartitions(group, self._all_partitions(topic))
        answers = self._admin.list_consumer_group_offsets([asked], request_timeout=_SECONDS)
        found = answers[group].result().topic_partitions
        return {tp.partition: None if tp.offset < 0 else tp.offset for tp in found}

    def _running(self) -> MockCluster:
        if self._cluster is None:
            raise FaustOTelError(
                "this EmbeddedBroker is not running; use it in a with statement, or call start()"
            )
        return self._cluster

    def _all_partitions(self, topic: str) -> list[TopicPartition]:
        from confluent_kafka import TopicPartition

        known = self.topics()
        if topic not in known:
            raise ConfigurationError(
                f"there is no topic {topic!r} here, only {sorted(known)}; "
                f"create({topic!r}) it before asking for its offsets"
            )
        return [TopicPartition(topic, number) for number in range(known[topic])]


def _topic_class(cluster: MockCluster) -> type[faust.Topic]:
    """Return a topic class that declares its topics on `cluster`, which has no CreateTopics."""

    class EmbeddedTopic(faust.Topic):
        async def declare(self) -> None:
            partitions = self.partitions or self.app.conf.topic_partitions
            for topic in self.topics:
                # The cluster's thread may take a second to look, and the event loop must not wait.
                await asyncio.to_thread(cluster.create_topic, topic, partitions=partitions)

    return EmbeddedTopic
