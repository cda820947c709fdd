"""Figures that never change, for tests of what is shown."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from faust_otel.cli.figures import AgentFigures, Figures, TopicFigures
from faust_otel.cli.percentiles import NOTHING, Spread
from faust_otel.cli.summary import Held
from faust_otel.cli.view import Scene

__all__ = ["FED", "FIGURES", "HELD", "READS", "SCENE", "changed"]

FED = "orders"
REGROUPED = "sales-paid-country-repartition"
READS = {"checkout": (FED,), "sales": ("paid", REGROUPED)}

FIGURES = Figures(
    received_rate=135.4,
    sent_rate=138.2,
    events_rate=180.6,
    topics=(
        TopicFigures(FED, consumed=1_214, committed=1_214, lag=250, delay=1.25),
        TopicFigures("paid", consumed=1_212, committed=1_212, sent=1_212, lag=0, delay=0.0),
        TopicFigures(REGROUPED, consumed=1_212, committed=1_212, sent=1_212, lag=0, delay=0.0),
        TopicFigures("shop-tills-changelog", sent=1_226),
    ),
    agents=(
        AgentFigures(
            "checkout",
            events={FED: 1_214},
            active=1,
            exceptions=2,
            restarts=2,
            processing=Spread(1_214, 0.0023, 0.0091, 0.016, 0.02),
        ),
        AgentFigures(
            "sales",
            events={"paid": 1_212, REGROUPED: 1_212},
            active=0,
            exceptions=0,
            restarts=0,
            processing=Spread(2_424, 0.0001, 0.00058, 0.0035, 0.01),
        ),
    ),
    commits=Spread(56, 0.002, 0.011, 0.512, 0.527),
    sends=Spread(3_718, 0.00097, 0.0058, 0.014, 0.027),
    ages=NOTHING,
    loop_delays=Spread(251, 0.0008, 0.0037, 0.0083, 0.0099),
    tables={"tills": {"get": 2_414, "set": 1_212, "del": 14, "contains": 1_212}},
    memory=76_546_048,
    send_errors=0,
)

#: What a broker holds when nothing was miscounted.
HELD = {
    FED: Held(1_214, 1_214),
    "paid": Held(1_212, 1_212),
    REGROUPED: Held(1_212, 1_212),
    "shop-tills-changelog": Held(1_226),
}

SCENE = Scene(
    title="a shop on a broker at 127.0.0.1:9092",
    state="running",
    elapsed=65.4,
    seconds=90.0,
    fed=1_214,
    log=["info faust.tables.recovery: Worker ready", "error faust.agents.actor: Crashed"],
)


def changed(topic: str, *, of: Figures = FIGURES, **counts: Any) -> Figures:
    """Return the figures with other counts for one topic."""
    topics = (replace(t, **counts) if t.topic == topic else t for t in of.topics)
    return replace(of, topics=tuple(topics))
