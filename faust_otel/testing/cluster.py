"""The mock cluster of librdkafka: one broker of the real Kafka protocol on a loopback port.

confluent-kafka ships librdkafka, whose C API for mock clusters (``rdkafka_mock.h``, since
librdkafka 2.6) can set the partitions of a topic and how long a new group waits for members.
The Python API can do neither, so this file calls the C functions.
"""

from __future__ import annotations

import ctypes
from typing import Any

from faust_otel.exceptions import FaustOTelError, MissingExtraError

__all__ = ["MockCluster", "start_cluster"]

_PRODUCER = 0
_BROKERS = 1
_REPLICAS = 1
_TOPIC_EXISTS = 36

#: name -> (result, arguments), from ``rdkafka.h`` and ``rdkafka_mock.h``.
_PROTOTYPES: dict[str, tuple[Any, list[Any]]] = {
    "rd_kafka_conf_new": (ctypes.c_void_p, []),
    "rd_kafka_conf_set": (
        ctypes.c_int,
        [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_size_t],
    ),
    "rd_kafka_new": (
        ctypes.c_void_p,
        [ctypes.c_int, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t],
    ),
    "rd_kafka_destroy": (None, [ctypes.c_void_p]),
    "rd_kafka_err2str": (ctypes.c_char_p, [ctypes.c_int]),
    "rd_kafka_mock_cluster_new": (ctypes.c_void_p, [ctypes.c_void_p, ctypes.c_int]),
    "rd_kafka_mock_cluster_bootstraps": (ctypes.c_char_p, [ctypes.c_void_p]),
    "rd_kafka_mock_cluster_destroy": (None, [ctypes.c_void_p]),
    "rd_kafka_mock_group_initial_rebalance_delay_ms": (None, [ctypes.c_void_p, ctypes.c_int32]),
    "rd_kafka_mock_topic_create": (
        ctypes.c_int,
        [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int, ctypes.c_int],
    ),
}


class MockCluster:
    """A running mock cluster; `address` is ``host:port``, `destroy` ends it."""

    __slots__ = ("_client", "_cluster", "_library", "address")

    def __init__(self, library: Any, *, client: int, cluster: int) -> None:
        self._library = library
        self._client = client
        self._cluster: int | None = cluster
        self.address: str = library.rd_kafka_mock_cluster_bootstraps(cluster).decode()

    def create_topic(self, topic: str, *, partitions: int) -> bool:
        """Create `topic`; False when it exists already, with whatever partitions it has."""
        if self._cluster is None:
            raise FaustOTelError(f"topic {topic!r}: the embedded broker was stopped")
        code = self._library.rd_kafka_mock_topic_create(
            self._cluster, topic.encode(), partitions, _REPLICAS
        )
        if code not in (0, _TOPIC_EXISTS):
            reason = self._library.rd_kafka_err2str(code).decode()
            raise FaustOTelError(
                f"the embedded broker did not create topic {topic!r} "
                f"with {partitions} partitions: {reason}"
            )
        return bool(code == 0)

    def destroy(self) -> None:
        """End the broker and close its port."""
        if self._cluster is not None:
            self._library.rd_kafka_mock_cluster_destroy(self._cluster)
            self._library.rd_kafka_destroy(self._client)
            self._cluster = None


def start_cluster(*, rebalance_delay: float) -> MockCluster:
    """Start a cluster of one broker; a new group waits `rebalance_delay` seconds for members."""
    library = _load()
    client = _new_client(library)
    cluster = library.rd_kafka_mock_cluster_new(client, _BROKERS)
    if not cluster:
        library.rd_kafka_destroy(client)
        raise FaustOTelError("the embedded broker could not open a port on 127.0.0.1")
    library.rd_kafka_mock_group_initial_rebalance_delay_ms(cluster, round(rebalance_delay * 1000))
    return MockCluster(library, client=client, cluster=cluster)


def _load() -> Any:
    """Return the librdkafka that confluent-kafka uses, its functions typed."""
    try:
        from confluent_kafka import cimpl, libversion
    except ImportError as exc:
        raise MissingExtraError("the embedded broker", extra="testing") from exc
    library = ctypes.CDLL(cimpl.__file__)
    try:
        for name, (result, arguments) in _PROTOTYPES.items():
            function = getattr(library, name)
            function.restype, function.argtypes = result, arguments
    except AttributeError as exc:
        raise FaustOTelError(
            f"librdkafka {libversion()[0]} cannot be used as an embedded broker here ({exc}); "
            "on Linux or macOS: pip install --upgrade 'confluent-kafka>=2.6'"
        ) from exc
    return library


def _new_client(library: Any) -> int:
    """Return the librdkafka client that a mock cluster belongs to; it connects to nothing."""
    error = ctypes.create_string_buffer(512)
    conf = library.rd_kafka_conf_new()
    # It has no brokers, which is a warning on stderr at any higher level.
    library.rd_kafka_conf_set(conf, b"log_level", b"0", error, len(error))
    client = library.rd_kafka_new(_PRODUCER, conf, error, len(error))
    if not client:
        raise FaustOTelError(f"librdkafka did not start: {error.value.decode()}")
    return int(client)
