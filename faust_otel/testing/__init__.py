"""Test helpers: a Kafka broker in the process, and real Faust workers running on it.

::

    with EmbeddedBroker() as broker:
        app = broker.app("orders-test")
        seen = []

        @app.agent("orders")
        async def count(orders):
            async for order in orders:
                seen.append(order)

        broker.produce_many("orders", [{"id": n} for n in range(200)])
        run(app, until=lambda: len(seen) == 200)
"""

from __future__ import annotations

from .broker import EmbeddedBroker
from .worker import RunningApp, WorkerTimeoutError, run, running

__all__ = ["EmbeddedBroker", "RunningApp", "WorkerTimeoutError", "run", "running"]
