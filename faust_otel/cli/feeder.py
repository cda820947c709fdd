"""Customers: a thread that writes orders to the broker, at random times."""

from __future__ import annotations

import random
from threading import Event, Thread
from time import monotonic
from typing import TYPE_CHECKING, Any

from .orders import FED

if TYPE_CHECKING:
    from collections.abc import Callable

    from faust_otel.testing import EmbeddedBroker

__all__ = ["MOST_WAITING", "Feeder"]

COUNTRIES = ("AT", "BR", "DE", "ES", "FR", "IN", "JP", "KE", "PL", "US")
#: Orders that come within this time are written together.
TICK = 0.05
#: Seconds until an empty order is written, and between two of them.
FIRST_EMPTY, NEXT_EMPTY = 1.0, 10.0
#: Nothing is written while more orders than this wait to be taken: the broker forgets what is too
#: much for it, and all that is written has to be processed before the demo can end.
MOST_WAITING = 1_000


class Feeder:
    """Writes `rate` orders per second on average, until `stop`.

    The time between two orders is exponential, as with customers who do not know of each other.
    `taken` tells how many orders the app has taken. `fed` is what the broker has acknowledged,
    `error` what ended the thread, if anything did.
    """

    def __init__(self, broker: EmbeddedBroker, *, rate: float, taken: Callable[[], int]) -> None:
        self._broker = broker
        self._rate = rate
        self._taken = taken
        self._random = random.Random()  # noqa: S311  no secret
        self._stopping = Event()
        self._thread = Thread(target=self._run, name="faust-otel-feeder", daemon=True)
        self.fed = 0
        self.paused = False
        self.error: BaseException | None = None

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def stop(self) -> None:
        """Write no more; return when what was written is acknowledged."""
        self._stopping.set()
        if self._thread.ident is not None:
            self._thread.join()
        self.paused = False

    def _run(self) -> None:
        try:
            self._feed()
        except Exception as exc:  # noqa: BLE001  told by whoever watches `error`
            self.error = exc

    def _feed(self) -> None:
        now = monotonic()
        due, empty_at = now, now + FIRST_EMPTY
        while not self._stopping.wait(TICK):
            now = monotonic()
            room = MOST_WAITING - (self.fed - self._taken())
            orders: list[dict[str, Any]] = []
            while due <= now and len(orders) < room:
                orders.append(self._order(self.fed + len(orders)))
                due += self._random.expovariate(self._rate)
            self.paused = due <= now
            if self.paused:
                due = now
            if orders and now >= empty_at:
                orders[-1]["pieces"] = 0
                empty_at = now + NEXT_EMPTY
            self.fed += sum(self._broker.produce_many(FED, orders, key=_key).values())

    def _order(self, number: int) -> dict[str, Any]:
        pieces = self._random.randint(1, 5)
        return {
            "number": number,
            "country": self._random.choice(COUNTRIES),
            "pieces": pieces,
            "cents": pieces * self._random.randint(199, 9_999),
        }


def _key(order: dict[str, Any]) -> str | None:
    """Return the key of an order: every third one has none."""
    return None if order["number"] % 3 == 0 else f"customer-{order['number'] % 100}"
