"""The demo's app: a shop, written as any Faust app is.

::

    orders -> checkout -> paid -> sales: takings per country, in a table
                               -> ship: twenty orders to a parcel -> parcels
"""

from __future__ import annotations

import asyncio
import random
from typing import Any

import faust

import faust_otel

__all__ = ["APP_ID", "BUSY", "FED", "READS", "EmptyOrderError", "Order", "Parcel", "make_app"]

APP_ID = "shop"
#: The topic that customers write to, and the topics that each agent reads.
FED = "orders"
READS = {
    "checkout": ("orders",),
    "sales": ("paid", "sales-paid-country-repartition"),
    "ship": ("paid",),
}
#: The agent that does the most for each of its events.
BUSY = "checkout"

FULL_TILL = 1_000_000


class Order(faust.Record, serializer="json"):
    """What a customer wants."""

    number: int
    country: str
    pieces: int
    cents: int


class Parcel(faust.Record, serializer="json"):
    """Orders that are shipped together."""

    orders: list[int]


class EmptyOrderError(ValueError):
    """An order of nothing."""


async def charge() -> None:
    """Stand for a call of the payment service, which takes 2 ms on average."""
    await asyncio.sleep(random.expovariate(1 / 0.002))


def make_app(**settings: Any) -> faust.App:
    """Return the shop's app; `settings` are those of any Faust app."""
    app = faust.App(APP_ID, **settings)
    # Rates and averages over ten seconds, so that they follow what is going on.
    app.monitor = faust_otel.Monitor(max_avg_history=10)

    orders = app.topic("orders", value_type=Order)
    paid = app.topic("paid", value_type=Order)
    parcels = app.topic("parcels", value_type=Parcel)
    tills = app.Table("tills", default=int)

    @app.agent(orders, name="checkout")
    async def checkout(stream: Any) -> None:
        async for order in stream:
            if not order.pieces:
                # Faust starts the agent anew; the order counts as processed.
                raise EmptyOrderError(f"order {order.number} has no pieces")
            await charge()
            await paid.send(value=order)

    @app.agent(paid, name="sales")
    async def sales(stream: Any) -> None:
        async for order in stream.group_by(Order.country, name="country"):
            if order.country in tills and tills[order.country] > FULL_TILL:
                del tills[order.country]  # its money goes to the bank
            tills[order.country] += order.cents

    @app.agent(paid, name="ship")
    async def ship(stream: Any) -> None:
        async for batch in stream.take(20, within=0.5):
            await parcels.send(value=Parcel(orders=[order.number for order in batch]))

    return app
