"""A forked child begins at zero, and its parent goes on."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# A program of its own: a fork copies one thread, and a test run has several.
FORKING = """
import gc, json, os, sys
from faust_otel import Monitor
from tests.sensors.counted import Stream, TP0, event

monitor = Monitor()
streams = [Stream(), Stream(acks=False)]
taken = [event(0), event(1), event(2)]
for each in taken:
    monitor.on_message_in(TP0, each.message.offset, each.message)
ended = monitor.on_stream_event_in(TP0, 0, streams[0], taken[0])
monitor.on_stream_event_out(TP0, 0, streams[0], taken[0], ended)
open_state = monitor.on_stream_event_in(TP0, 1, streams[0], taken[1])
monitor.on_stream_event_in(TP0, 2, streams[1], taken[2])
sends = [monitor.on_send_initiated(None, "out", None, keysize=1, valsize=2) for _ in range(3)]
monitor.on_send_completed(None, sends[0], None)
monitor.on_commit_completed(None, monitor.on_commit_initiated(None))
monitor.on_rebalance_start(None)
monitor.count("mine")

def told():
    gc.collect()
    received, sent = monitor.messages_received_total(), monitor.messages_sent_total()
    totals = [received, sent, monitor.events_total()]
    active = [monitor.events_active, monitor.messages_active, monitor.rebalances_total()]
    recent = [len(ring) for _, ring in monitor.store.recent]
    return {"totals": totals, "active": active, "recent": sum(recent),
            "events": monitor.store.totals()[2], "pid": monitor.store.pid == os.getpid()}

before = told()
read_end, write_end = os.pipe()
child = os.fork()
if child == 0:
    first = told()
    # What was open in the parent ends in the child as well.
    monitor.on_stream_event_out(TP0, 1, streams[0], taken[1], open_state)
    monitor.on_send_completed(None, sends[1], None)
    del sends[:], taken[2:]
    second = told()
    monitor.on_send_completed(None, monitor.on_send_initiated(None, "out", None), None)
    third = monitor.messages_sent_total()
    os.write(write_end, json.dumps([first, second, third]).encode())
    os._exit(0)
os.close(write_end)
with os.fdopen(read_end) as pipe:
    answers = pipe.read()
os.waitpid(child, 0)
print(json.dumps([before, json.loads(answers), told()]))
"""


def test_a_forked_child_begins_at_zero() -> None:
    """The child reports what it does itself, and the parent goes on with what it had."""
    run = subprocess.run(
        [sys.executable, "-c", FORKING],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    before, (first, second, third), after = json.loads(run.stdout)
    nothing = {"totals": [0, 0, 0], "active": [0, 0, 0], "recent": 0, "events": 0, "pid": True}
    assert before["totals"] == [3, 1, 1]
    assert before["active"] == [2, 3, 1]
    assert (first, second, third) == (nothing, nothing, 1)
    assert after == before
