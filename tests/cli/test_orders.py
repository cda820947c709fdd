"""The demo's app on a real worker, and what is read of it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from faust_otel.cli.figures import TopicFigures, read
from faust_otel.cli.orders import APP_ID, FED, FULL_TILL, READS, EmptyOrderError, make_app
from faust_otel.cli.summary import held_by, summarize
from faust_otel.testing import EmbeddedBroker, running

if TYPE_CHECKING:
    from faust_otel.cli.figures import Figures
    from faust_otel.cli.summary import Summary

    Outcome = tuple[Figures, Summary, list[tuple[str, BaseException]]]

pytestmark = pytest.mark.worker

ORDERS = 60
EMPTY = 20


def order(number: int) -> dict[str, Any]:
    """Return an order; all go to one country, which fills its till at the third."""
    pieces = 0 if number == EMPTY else 1
    return {"number": number, "country": "AT", "pieces": pieces, "cents": FULL_TILL // 2}


async def processed(broker: EmbeddedBroker) -> Outcome:
    """Run the app until all of 60 orders, an empty one among them, were processed to the end."""
    app = make_app(**broker.settings())
    for topic in {topic for topics in READS.values() for topic in topics}:
        broker.create(topic)
    broker.produce_many(FED, map(order, range(ORDERS)))

    def both() -> tuple[Figures, Summary]:
        figures = read(app.monitor)  # type: ignore[arg-type]  # set in `make_app`
        held = held_by(broker, group=APP_ID)
        return figures, summarize(figures, held, reads=READS, fed=ORDERS, fed_to=FED)

    def ended() -> bool:
        figures, summary = both()
        return figures.ages.count == ORDERS + 3 * (ORDERS - 1) and not summary.differences()

    async with running(app, raise_agent_errors=False) as worker:
        await worker.until(ended)
        return *both(), worker.agent_errors


@pytest.fixture(scope="module")
def outcome() -> Outcome:
    """Return what is read at the end of one run."""
    with EmbeddedBroker() as broker:
        return asyncio.run(processed(broker))


def test_telemetry_and_broker_agree(outcome: Outcome) -> None:
    """Every topic and agent has its line, with the same number on both sides."""
    _, summary, _ = outcome
    topics = {line.topic: line for line in summary.topics}
    regrouped = READS["sales"][1]
    assert [*topics] == [FED, "paid", regrouped, "parcels", "shop-tills-changelog"]
    assert (topics[FED].consumed, topics[FED].committed, topics[FED].sent) == (60, 60, None)
    assert (topics["paid"].consumed, topics["paid"].sent, topics["paid"].held.end) == (59, 59, 59)
    assert topics["parcels"].consumed is None
    assert {line.agent: line.events for line in summary.agents} == {
        "checkout": {FED: 60},
        "sales": {"paid": 59, regrouped: 59},
        "ship": {"paid": 59},
    }
    assert summary.differences() == []


def test_the_figures_are_those_of_the_app(
    outcome: Outcome,
) -> None:
    """Lag, exceptions, restarts, table operations and latencies are what the app did."""
    figures, _, errors = outcome
    checkout, sales, ship = figures.agents
    assert [(agent, type(error)) for agent, error in errors] == [("checkout", EmptyOrderError)]
    assert (checkout.exceptions, checkout.restarts, figures.exceptions) == (1, 1, 1)
    assert (sales.exceptions, ship.restarts) == (0, 0)
    assert [agent.active for agent in figures.agents] == [0, 0, 0]
    assert figures.lag == 0
    assert figures.topics[0] == TopicFigures(FED, consumed=60, committed=60, lag=0, delay=0.0)
    tills = figures.tables["tills"]
    # Contains and one set for each order; three fill the till, and the next one empties it.
    assert (tills["contains"], tills["set"], tills["del"]) == (59, 59, 19)
    assert checkout.processing.count == 60
    assert 0 < checkout.processing.p50 <= checkout.processing.p95 <= checkout.processing.high
    assert ship.processing.high < 5.0
    assert figures.sends.count == sum(topic.sent or 0 for topic in figures.topics)
    assert figures.commits.count > 0
    assert figures.loop_delays.count > 0
    assert figures.memory > 10_000_000
    assert figures.events_rate > 0
