"""A worker whose producer has a thread: ``python -m tests.worker.threaded_child``."""

from __future__ import annotations

import asyncio
import json
import os
from contextlib import suppress
from typing import Any

from faust_otel import Monitor
from faust_otel.testing import EmbeddedBroker, running
from tests.worker.test_sends import COUNT, TOPICS, ends, sent, topology


async def _main() -> None:
    with EmbeddedBroker(partitions=2) as broker:
        for topic in TOPICS:
            broker.create(topic)
        app: Any = broker.app("app", producer_threaded=True)
        app.monitor = monitor = Monitor()
        arrived = topology(app)
        broker.produce_many("in", range(COUNT), key=str)
        async with running(app) as worker:
            await worker.until(lambda: len(arrived) == 2 * COUNT)
            await worker.until(lambda: sum(sent(monitor).values()) == 11 * COUNT)
            answer = {"sent": sent(monitor, "TOPIC", "ERROR"), "ends": ends(broker)}
            thread = app.producer.threaded_producer
            waited = app.topic("waited").as_future_message(value=1)
            with suppress(TypeError):  # Faust forgets an argument after the broker has answered
                await asyncio.wrap_future(
                    asyncio.run_coroutine_threadsafe(
                        thread.publish_message(waited, wait=True), thread.thread_loop
                    )
                )
            await worker.until(lambda: "waited-_OTHER" in sent(monitor, "TOPIC", "ERROR"))
            found = sent(monitor, "TOPIC", "ERROR").items()
            answer["waited for"] = {key: count for key, count in found if "waited" in key}
            print(json.dumps(answer), flush=True)
            os._exit(0)  # Faust cannot stop such a worker


if __name__ == "__main__":
    asyncio.run(_main())
