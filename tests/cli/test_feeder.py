"""Customers: how many orders they write, and when they stop."""

from __future__ import annotations

import json
from time import monotonic
from typing import TYPE_CHECKING

import pytest

from faust_otel.cli.feeder import MOST_WAITING, Feeder
from faust_otel.cli.orders import FED
from faust_otel.testing import EmbeddedBroker
from tests.brokers import read

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture
def own_broker() -> Iterator[EmbeddedBroker]:
    """Return a broker whose topic of orders is empty."""
    with EmbeddedBroker() as embedded:
        embedded.create(FED)
        yield embedded


def until(condition: Callable[[], object], *, feeder: Feeder) -> None:
    """Wait until `condition` holds, then stop the feeder."""
    deadline = monotonic() + 20.0
    while not condition() and monotonic() < deadline:
        feeder._stopping.wait(0.01)
    feeder.stop()
    assert condition()
    assert not feeder._thread.is_alive()


def test_orders_come_at_the_rate_that_was_asked_for(own_broker: EmbeddedBroker) -> None:
    """A rate of 400 gives about 600 orders in a second and a half, and the broker has them all."""
    feeder = Feeder(own_broker, rate=400.0, taken=lambda: feeder.fed)
    began = monotonic()
    feeder.start()
    until(lambda: monotonic() - began >= 1.5, feeder=feeder)
    seconds = monotonic() - began
    assert feeder.error is None
    assert 0.7 < feeder.fed / (400.0 * seconds) < 1.3
    assert sum(own_broker.end_offsets(FED).values()) == feeder.fed
    assert not feeder.paused


def test_orders_are_numbered_some_have_keys_and_one_is_empty(own_broker: EmbeddedBroker) -> None:
    """Numbers have no gap, each third order has no key, and one of them is empty."""
    feeder = Feeder(own_broker, rate=200.0, taken=lambda: feeder.fed)
    feeder.start()
    until(lambda: feeder.fed >= 300, feeder=feeder)
    records = read(own_broker, FED, feeder.fed)
    values = [json.loads(record.value() or b"") for record in records]
    orders = {
        value["number"]: (record.key(), value)
        for record, value in zip(records, values, strict=True)
    }
    assert sorted(orders) == list(range(feeder.fed))
    assert {number % 3 == 0 for number, (key, _) in orders.items() if key is None} == {True}
    assert {number % 3 == 0 for number, (key, _) in orders.items() if key is not None} == {False}
    assert sum(value["pieces"] == 0 for _, value in orders.values()) == 1
    assert len({value["country"] for _, value in orders.values()}) > 5


def test_no_orders_are_written_while_too_many_wait(own_broker: EmbeddedBroker) -> None:
    """An app that takes nothing gets so many orders and no more, which shows."""
    feeder = Feeder(own_broker, rate=1e6, taken=lambda: 0)
    feeder.start()
    seen: set[bool] = set()

    def held_back() -> bool:
        seen.add(feeder.paused)
        return True in seen and feeder.fed > 0

    until(held_back, feeder=feeder)
    assert not feeder.paused
    assert feeder.fed == MOST_WAITING
    assert sum(own_broker.end_offsets(FED).values()) == MOST_WAITING


def test_what_ends_the_feeder_is_told() -> None:
    """An exception in its thread is kept for whoever watches."""
    feeder = Feeder(EmbeddedBroker(), rate=100.0, taken=lambda: 0)
    feeder.start()
    until(lambda: feeder.error, feeder=feeder)
    assert "not running" in str(feeder.error)


def test_a_feeder_that_never_began_can_be_stopped() -> None:
    """Stopping does not wait for a thread that there is not."""
    feeder = Feeder(EmbeddedBroker(), rate=1.0, taken=lambda: 0)
    feeder.stop()
    assert feeder.fed == 0
