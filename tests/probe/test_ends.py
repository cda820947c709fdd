"""Asking the broker for the ends of partitions, by a client that answers as it is told to."""

from __future__ import annotations

import asyncio
import threading
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from faust.exceptions import ConsumerNotStarted
from faust.types import TP

from faust_otel import Monitor
from faust_otel.sensors.probe import ends as module
from faust_otel.sensors.probe.ends import Ends
from faust_otel.state import Fetch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from faust_otel.state import Partition


class Client:
    """Stands in for a consumer's client, which lives on the consumer's thread."""

    def __init__(self, assigned: list[TP]) -> None:
        self.assigned = assigned
        self.ends: dict[TP, int] = {}
        self.positions: dict[TP, int] = {}
        self.asked: list[Any] = []
        #: What answers about places wait for, if anything.
        self.slow: asyncio.Event | None = None
        self.loop = asyncio.new_event_loop()
        self.threads: set[str] = set()

    async def end_offsets(self, partitions: list[TP]) -> dict[TP, int]:
        """Answer, or not at all when nothing is known."""
        self.asked.append(len(partitions))
        self.threads.add(threading.current_thread().name)
        if not self.ends:
            await asyncio.Event().wait()
        return {tp: self.ends[tp] for tp in partitions}

    async def position(self, tp: TP) -> int:
        """Answer, or not at all when it is being looked up."""
        self.asked.append(tp)
        if self.slow is not None:
            await self.slow.wait()
        if tp not in self.positions:
            await asyncio.Event().wait()
        return self.positions[tp]


class Scene:
    """An app with a consumer, a monitor, and what asks for them; topic ``other`` acks nothing."""

    def __init__(self, count: int = 2) -> None:
        self.tps = [TP("orders", number) for number in range(count)]
        self.client = Client([*self.tps, TP("other", 0)])
        thread = SimpleNamespace(_ensure_consumer=lambda: self.client, thread_loop=self.client.loop)
        consumer = SimpleNamespace(assignment=lambda: set(self.client.assigned), _thread=thread)
        topics = SimpleNamespace(acking_topics={"orders"})
        self.monitor = Monitor()
        self.ends = Ends(SimpleNamespace(_consumer=consumer, topics=topics), [self.monitor])
        for number in range(count):
            self.partition(number)

    def partition(self, number: int = 0) -> Partition:
        """Return the monitor's record of a partition of ``orders``."""
        return self.monitor.store.partition("orders", number)

    async def ask(self) -> None:
        """Ask, and wait for the answer to be told."""
        self.ends.ask()
        assert self.ends._asking is not None
        await asyncio.wait([self.ends._asking], timeout=10)


@pytest.fixture
def scene() -> Iterator[Scene]:
    """Return a scene whose client's thread runs."""
    made = Scene()
    with running(made.client):
        yield made


class running:  # noqa: N801  used like a function
    """Have a client's loop run in a thread."""

    def __init__(self, client: Client) -> None:
        self._loop = client.loop
        self._thread = threading.Thread(target=self._loop.run_forever, name="consumer")

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


async def test_one_request_asks_for_all_ends() -> None:
    """Hundreds of partitions are one request on the consumer's thread, and positions none."""
    scene = Scene(400)
    scene.client.ends = scene.client.positions = dict.fromkeys(scene.tps, 7)
    for number in range(400):
        scene.partition(number).read = 6
    with running(scene.client):
        await scene.ask()
        assert scene.client.asked[0] == 400
        assert {scene.partition(number).lag() for number in range(400)} == {0}
        scene.client.asked.clear()
        await scene.ask()
    assert scene.client.asked == [400]
    assert scene.client.threads == {"consumer"}


async def test_a_partition_that_was_never_read_is_placed_once(scene: Scene) -> None:
    """Where the consumer stands is asked until it is known that nothing is left to read."""
    scene.client.ends = scene.client.positions = dict.fromkeys(scene.tps, 5)
    await scene.ask()
    assert [scene.partition(number).lag() for number in (0, 1)] == [0, 0]
    assert sorted(scene.client.asked, key=str) == [2, *scene.tps]
    scene.client.asked.clear()
    await scene.ask()
    assert scene.client.asked == [2]


async def test_the_marker_of_a_transaction_is_not_lag(scene: Scene) -> None:
    """It has an offset and no record: the consumer stands behind it, and so are we."""
    scene.client.ends, scene.client.positions = dict.fromkeys(scene.tps, 6), {scene.tps[0]: 6}
    for number in (0, 1):
        scene.partition(number).read = 4
    scene.client.positions[scene.tps[1]] = 5
    await scene.ask()
    assert [scene.partition(number).lag() for number in (0, 1)] == [0, 1]


async def test_what_waits_in_the_worker_has_no_other_place(scene: Scene) -> None:
    """The consumer stands behind what it has fetched: as long as that waits, it is not asked."""
    partition = scene.partition(0)
    partition.fetched(Fetch(0, 9, at=1.0, first_timestamp=1.0))
    scene.client.ends = scene.client.positions = dict.fromkeys(scene.tps, 20)
    await scene.ask()
    assert (partition.lag(), partition.position) == (20, None)
    assert scene.tps[0] not in scene.client.asked


async def test_what_is_fetched_meanwhile_is_not_overlooked(scene: Scene) -> None:
    """A place that is told after records have come in from there is not where we are."""
    partition = scene.partition(0)
    scene.client.ends = scene.client.positions = dict.fromkeys(scene.tps, 10)
    slow = scene.client.slow = asyncio.Event()
    scene.ends.ask()
    await asyncio.sleep(0)
    partition.fetched(Fetch(0, 9, at=1.0, first_timestamp=1.0))
    scene.client.loop.call_soon_threadsafe(slow.set)
    await scene.ask()
    assert (partition.lag(), partition.position) == (10, None)
    assert scene.tps[0] in scene.client.asked


@pytest.mark.parametrize("late", [False, True])
async def test_a_revoked_partition_is_told_nothing(scene: Scene, *, late: bool) -> None:
    """Neither one that was revoked before the question, nor one while it was under way."""
    if late:
        revoke = scene.partition(1).revoke
        answer = scene.client.end_offsets

        async def end_offsets(partitions: list[TP]) -> dict[TP, int]:
            revoke()
            return await answer(partitions)

        scene.client.end_offsets = end_offsets  # type: ignore[method-assign]
    else:
        scene.partition(1).revoke()
    scene.client.ends = scene.client.positions = dict.fromkeys(scene.tps, 3)
    await scene.ask()
    assert (scene.partition(0).end, scene.partition(1).end) == (3, None)
    assert scene.partition(1).position is None


async def test_a_place_that_is_not_known_yet_holds_no_end_up(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is answered in time is told, and the rest is asked for again."""
    monkeypatch.setattr(module, "PATIENCE", 0.1)
    scene.client.ends, scene.client.positions = dict.fromkeys(scene.tps, 3), {scene.tps[1]: 3}
    await scene.ask()
    assert [scene.partition(number).end for number in (0, 1)] == [3, 3]
    assert [scene.partition(number).lag() for number in (0, 1)] == [None, 0]
    scene.client.positions[scene.tps[0]] = 1
    await scene.ask()
    assert scene.partition(0).lag() == 2


async def test_a_broker_that_is_away_is_asked_one_question_at_a_time(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Until a question is given up no other is asked, and nothing of it is left on the thread."""
    monkeypatch.setattr(module, "PATIENCE", 0.2)
    scene.client.positions = dict.fromkeys(scene.tps, 0)
    first = asyncio.ensure_future(scene.ask())
    await asyncio.sleep(0)
    for _ in range(5):
        scene.ends.ask()
    await first
    assert scene.client.asked.count(2) == 1
    assert asyncio.all_tasks(scene.client.loop) == set()
    scene.ends.ask()
    scene.ends.cancel()
    assert scene.partition().end is None
    assert caplog.records == []


async def test_a_client_that_refuses_is_no_news(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    """An error of the client is for its own log, and the next question gets its answer."""

    async def refuse(partitions: list[TP]) -> dict[TP, int]:
        raise LookupError(partitions)

    scene.client.end_offsets = refuse  # type: ignore[method-assign]
    scene.client.positions = dict.fromkeys(scene.tps, 1)
    await scene.ask()
    assert (scene.partition().end, scene.partition().position) == (None, 1)
    assert [record for record in caplog.records if record.levelname != "DEBUG"] == []


async def test_without_a_consumer_nothing_is_asked(caplog: pytest.LogCaptureFixture) -> None:
    """A consumer that has not started, has nothing or has ended is left in peace."""
    scene = Scene()
    scene.client.assigned = []
    await scene.ask()
    scene.client.assigned = list(scene.tps)
    scene.client.loop.close()
    await scene.ask()

    def not_started() -> Any:
        raise ConsumerNotStarted

    scene.ends._app._consumer.assignment = not_started
    await scene.ask()
    scene.ends.cancel()
    Ends(None, []).cancel()
    assert scene.client.asked == []
    assert [record for record in caplog.records if record.levelname != "DEBUG"] == []
