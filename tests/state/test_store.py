"""The store: one record for each thing, names that become known late, a child that begins at 0."""

from __future__ import annotations

from typing import Any

import pytest

from faust_otel import catalogue as c
from faust_otel.state import Count, Flow, Histogram, Partition, Store, Table
from faust_otel.state.series import Counts, Histograms
from tests.sensors.script import HandClock


@pytest.fixture
def store() -> Store:
    return Store(clock=HandClock(), wall=HandClock())


def flow(label: str = "Stream: orders", *, agent: str | None = "a") -> Flow:
    return Flow(object(), agent=agent, label=label, task="a")


# -- records


def test_a_record_that_another_thread_made_meanwhile_is_kept(store: Store) -> None:
    """Hooks of several threads that meet a partition at once count on the same record."""
    first = Partition("orders", 0, waits=store.waits.get(TOPIC="orders"))

    class Meanwhile:
        """Makes the record while ours is being made."""

        def get(self, **labels: str) -> Any:
            store.partitions["orders", 0] = first
            return Histogram({**labels}, bounds=())

    store.waits = Meanwhile()  # type: ignore[assignment]  # all that is asked of it
    assert store.partition("orders", 0) is first is store.partitions["orders", 0]


def test_streams_of_one_label_task_and_agent_share_their_cells(store: Store) -> None:
    """What differs in one of these has a cell of its own, and the same series if the agent's."""
    partition = store.partition("orders", 0)
    first, again = (store.cell(flow(), partition=partition) for _ in range(2))
    other = store.cell(flow("Stream: other"), partition=partition)
    another = store.cell(flow(agent="b"), partition=partition)
    assert first is again
    assert [len(store.cells()), len(store.event_series()), len(store.works())] == [3, 2, 2]
    assert first.series is other.series is not another.series


def test_a_channel_has_a_cell_without_a_topic(store: Store) -> None:
    """Events of in-memory channels are counted by agent alone."""
    cell = store.cell(flow(), partition=None)
    assert cell.series.attrs == {"faust.agent.name": "a"}
    assert cell.work.active_attrs == {"faust.agent.name": "a"}
    assert (cell.partition.key, cell.work.waits, store.partitions) == ((None, 0), None, {})
    cell.work.fold()


def test_totals_are_of_everything_received_sent_and_ended(store: Store) -> None:
    """They are what the metrics of the same name add up to."""
    for number in range(3):
        partition = store.partition("orders", number)
        partition.received = 10
        store.cell(flow(), partition=partition).ended = 5
    store.sends.get(TOPIC="orders", ERROR=None).add(1.0)
    store.sends.get(TOPIC="orders", ERROR="E").add(1.0)
    assert store.totals() == (30, 2, 15)


def test_families_of_a_metric_are_found_by_it(store: Store) -> None:
    """Sends and commits make up one metric, and every histogram of the catalogue has a family."""
    assert [*store.histograms(c.OPERATION_DURATION)] == [store.sends, store.commits]
    declared = [metric for metric in c.METRICS if metric.bounds]
    assert [metric.name for metric in declared if not [*store.histograms(metric)]] == []


def test_everything_that_waits_is_folded(store: Store) -> None:
    """After a fold no value waits in any histogram."""
    families = [family for family in store.families() if isinstance(family, Histograms)]
    for family in families:
        family.get().pending.append(1.0)
    store.fold()
    assert [len(each.pending) for family in families for each in family] == [0] * len(families)


def test_a_tables_operations_are_told_apart(store: Store) -> None:
    """Each operation is a series of its own, in the order of its counts."""
    table = store.table("totals")
    assert store.table("totals") is table
    table.gets, table.sets, table.dels, table.contains = 1, 2, 3, 4
    assert table.counts() == (1, 2, 3, 4)
    assert [attrs["faust.table.operation"] for attrs in table.attrs] == [*Table.OPERATIONS]
    assert {attrs["faust.table.name"] for attrs in table.attrs} == {"totals"}


def test_committed_offsets_are_noted_and_others_are_not(store: Store) -> None:
    """Only offsets of partitions count, and the commit going on has succeeded."""
    store.open_commit = {"outcome": None}
    store.committed({("orders", 0): 5, ("orders", 1): "6", (None, 0): 7})
    committed = {each.key: each.committed for each in store.partitions.values()}
    assert (committed, store.open_commit) == ({("orders", 0): 5}, {"outcome": True})
    store.open_commit = None
    store.committed({("orders", 0): 9})
    assert store.partition("orders", 0).committed == 9


# -- families


def test_a_series_is_made_once_for_its_labels() -> None:
    """The same labels are the same series, and labels without a value are left out."""
    family = Counts(c.AGENT_EXCEPTIONS, AGENT="a")
    first = family.get(TOPIC="orders", ERROR="E")
    assert family.get(TOPIC="orders", ERROR="E") is first
    family.get(TOPIC=None, ERROR="E").value += 2
    first.value += 3
    assert [(each.attrs, each.value) for each in family] == [
        ({"faust.agent.name": "a", "messaging.destination.name": "orders", "error.type": "E"}, 3),
        ({"faust.agent.name": "a", "error.type": "E"}, 2),
    ]
    assert family.total() == 5


def test_a_family_does_not_know_what_it_is_made_of() -> None:
    """Counts and histograms say it."""
    from faust_otel.state.series import Family

    family: Family[Count] = Family(c.REBALANCES)
    with pytest.raises(NotImplementedError):
        family.get()


def test_names_that_become_known_are_on_all_series(store: Store) -> None:
    """Series of before, series of after, and what they tell another histogram carry the group."""
    told: list[tuple[Any, list[float]]] = []
    store.processing.tell(lambda attrs: lambda values: told.append((dict(attrs), values)))
    before = store.processing.get(TOPIC="orders", AGENT="a", ERROR=None)
    store.partition("orders", 0).attrs = {}
    store.identify(group="g", app_id="g")
    after = store.processing.get(TOPIC="other", AGENT="a", ERROR=None)
    for each in (before, after):
        assert each.attrs["messaging.consumer.group.name"] == "g"
        each.add(1.0)
        each.fold()
    assert told == [(before.attrs, [1.0]), (after.attrs, [1.0])]
    assert store.partition("orders", 0).attrs is None


def test_being_told_the_same_names_again_changes_nothing(store: Store) -> None:
    """Each monitor of a worker is told when it joins."""
    store.identify(group="g", app_id="g")
    series = store.processing.get(TOPIC="orders", AGENT="a", ERROR=None)
    attrs = series.attrs
    store.partition("orders", 0).attrs = {}
    store.identify(group="g", app_id="g")
    assert series.attrs is attrs
    assert store.partition("orders", 0).attrs == {}


def test_histograms_made_later_are_exponential_too() -> None:
    """A reader that wants exponential buckets wants them of every series."""
    family = Histograms(c.EVENT_AGE)
    first = family.get(TOPIC="orders")
    first.add(1.0)
    family.begin_exponential()
    second = family.get(TOPIC="other")
    for each in (first, second):
        each.add(2.0)
    shapes = [each.read(exponential=True).exponential for each in family]
    assert [shape.count for shape in shapes if shape is not None] == [2, 1]


def test_a_histogram_with_a_sink_hands_on_what_later_series_get() -> None:
    """Series that come after the sink was made tell it their values as well."""
    family = Histograms(c.EVENT_AGE)
    told: list[Any] = []
    family.tell(lambda attrs: lambda values: told.append((attrs, values)))
    made = family.get(TOPIC="orders")
    made.add(1.0)
    made.fold()
    assert told == [(made.attrs, [1.0])]


# -- a forked child


def test_a_cleared_store_is_as_a_new_one(store: Store) -> None:
    """Nothing is left but who we are."""
    store.identify(group="g", app_id="g")
    store.partition("orders", 0).received = 4
    store.cell(flow(), partition=store.partition("orders", 0)).ended = 4
    store.table("t").gets = 4
    store.metric_counts["mine"] = 4
    for family in store.families():
        if isinstance(family, Histograms):
            family.get().add(1.0)
        else:
            family.get().value += 1
    store.recent.assignment.append(1.0)
    store.rebalancing, store.producer_queue, store.open_commit = 1, 5, {}
    store.clear()
    assert store.totals() == (0, 0, 0)
    assert [*store.recent] == [(name, []) for name, _ in store.recent]
    assert [series for family in store.families() for series in family] == []
    assert (store.partitions, store.tables, store.metric_counts, store.sent) == ({}, {}, {}, {})
    assert (store.cells(), store.works(), store.event_series()) == ([], [], [])
    assert [store.rebalancing, store.producer_queue, store.open_commit] == [0, 0, None]
    assert store.group == "g"
    attrs = store.processing.get(TOPIC="orders", AGENT="a", ERROR=None).attrs
    assert attrs["messaging.consumer.group.name"] == "g"
