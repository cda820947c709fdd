"""OpenTelemetry collectors in small: real OTLP servers on loopback, well-behaved and not."""

from __future__ import annotations

import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING, Any

import grpc  # type: ignore[import-untyped]
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
    ExportMetricsServiceResponse,
)
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2_grpc import (
    MetricsServiceServicer,
    add_MetricsServiceServicer_to_server,
)

from .reading import series

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["Received", "free_port", "grpc_receiver", "http_receiver", "socket_receiver"]


class Received:
    """What an OTLP server was sent; `before_answer` is called before each answer."""

    def __init__(self) -> None:
        self.endpoint = ""
        self.paths: list[str] = []
        self.before_answer: Callable[[], object] = lambda: None
        self._requests: list[ExportMetricsServiceRequest] = []
        self._lock = Lock()

    def take(self, request: ExportMetricsServiceRequest) -> None:
        """Keep a request."""
        with self._lock:
            self._requests.append(request)

    @property
    def requests(self) -> list[ExportMetricsServiceRequest]:
        """All requests so far."""
        with self._lock:
            return list(self._requests)

    def metrics(self, number: int = -1) -> dict[str, Any]:
        """Return the protobuf metrics of one request by name."""
        return {
            metric.name: metric
            for resource in self.requests[number].resource_metrics
            for scope in resource.scope_metrics
            for metric in scope.metrics
        }

    def resource(self, number: int = -1) -> dict[str, Any]:
        """Return the resource attributes of one request."""
        (resource,) = self.requests[number].resource_metrics
        return _plain(resource.resource.attributes)

    def numbers(self, number: int = -1) -> dict[str, dict[Any, Any]]:
        """Return what every series of one request says, as `reading.numbers` does."""
        return {
            name: {series(_plain(point.attributes)): _number(point) for point in points(metric)}
            for name, metric in self.metrics(number).items()
        }


def points(metric: Any) -> Any:
    """Return the data points of a protobuf metric."""
    return getattr(metric, metric.WhichOneof("data")).data_points


def _plain(attributes: Any) -> dict[str, Any]:
    return {pair.key: getattr(pair.value, pair.value.WhichOneof("value")) for pair in attributes}


def _number(point: Any) -> Any:
    if hasattr(point, "as_int"):
        return getattr(point, point.WhichOneof("value"))
    return point.count, round(point.sum, 9), tuple(point.bucket_counts)


class _Service(MetricsServiceServicer):
    def __init__(self, received: Received) -> None:
        self._received = received

    def Export(self, request: Any, context: Any) -> Any:  # noqa: N802, ARG002  gRPC's name
        self._received.take(request)
        self._received.before_answer()
        return ExportMetricsServiceResponse()


@contextmanager
def grpc_receiver(port: int = 0) -> Iterator[Received]:
    """Serve OTLP over gRPC."""
    received = Received()
    server = grpc.server(ThreadPoolExecutor(2))
    add_MetricsServiceServicer_to_server(_Service(received), server)  # type: ignore[no-untyped-call]
    received.endpoint = f"http://127.0.0.1:{server.add_insecure_port(f'127.0.0.1:{port}')}"
    server.start()
    try:
        yield received
    finally:
        server.stop(0).wait()


@contextmanager
def http_receiver(*, status: int = 200, body: bytes = b"") -> Iterator[Received]:
    """Serve OTLP over HTTP, answering every request with `status` and `body`."""
    received = Received()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            sent = self.rfile.read(int(self.headers["Content-Length"]))
            received.paths.append(self.path)
            received.take(ExportMetricsServiceRequest.FromString(sent))
            received.before_answer()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    received.endpoint = f"http://127.0.0.1:{server.server_address[1]}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield received
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def socket_receiver(*, answer: bytes | None = None) -> Iterator[Received]:
    """Take connections: answer nothing, ever, or `answer` and hang up.

    Every connection counts as one of `paths`.
    """
    received = Received()
    ended = Event()
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(0.05)
    received.endpoint = f"http://127.0.0.1:{listener.getsockname()[1]}"
    taken: list[socket.socket] = []

    def serve() -> None:
        while not ended.is_set():
            try:
                connection, _ = listener.accept()
            except TimeoutError:
                continue
            received.paths.append("")
            taken.append(connection)
            if answer is not None:
                connection.recv(64)
                connection.sendall(answer)
                connection.close()

    thread = Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield received
    finally:
        ended.set()
        thread.join()
        for each in (*taken, listener):
            each.close()


def free_port() -> int:
    """Return a loopback port on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port
