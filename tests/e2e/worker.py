"""A worker to be run as a process: ``worker.py ID BROKER TOPIC COUNT FOLDER``.

Passes every order on, stops after COUNT of them, and prints its monitor's answers as JSON.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import faust

import faust_otel
from faust_otel.testing import run


def main(app_id: str, broker: str, topic: str, count: str, folder: str) -> None:
    """Run the worker."""
    app = faust.App(
        app_id, broker=broker, datadir=folder, topic_disable_leader=True, broker_commit_interval=0.5
    )
    monitor = faust_otel.Monitor()
    app.monitor = monitor
    out = app.topic(f"{topic}-out")

    @app.agent(app.topic(topic))
    async def pass_on(orders: Any) -> None:
        async for order in orders:
            await out.send(value=order)

    run(app, lambda: monitor.messages_sent_total() >= int(count), timeout=120)
    answers = {
        "received": monitor.messages_received_total(),
        "sent": monitor.messages_sent_total(),
        "events": monitor.events_total(),
    }
    print(json.dumps(answers))


if __name__ == "__main__":
    main(*sys.argv[1:])
