"""The catalogue: every metric follows the same rules, and the conventions where they have one."""

from __future__ import annotations

import re
from itertools import pairwise, permutations
from typing import TYPE_CHECKING

import pytest

from faust_otel import attributes, catalogue
from faust_otel.state import Store
from faust_otel.state.series import label
from faust_otel.words import LONG, SHORT, Kind

if TYPE_CHECKING:
    from faust_otel.words import Metric

#: What the semantic conventions 1.44.0 say: name to kind, unit, and the attributes that they
#: require of it or name for it, of those that this package records.
CONVENTIONS = {
    "messaging.client.consumed.messages": (
        Kind.COUNTER,
        "{message}",
        {
            *("messaging.system", "messaging.operation.name", "messaging.destination.name"),
            *("messaging.destination.partition.id", "messaging.consumer.group.name"),
        },
    ),
    "messaging.client.sent.messages": (
        Kind.COUNTER,
        "{message}",
        {
            *("messaging.system", "messaging.operation.name", "messaging.destination.name"),
            "error.type",
        },
    ),
    "messaging.client.operation.duration": (
        Kind.HISTOGRAM,
        "s",
        {
            *("messaging.system", "messaging.operation.name", "messaging.operation.type"),
            *("messaging.destination.name", "messaging.consumer.group.name", "error.type"),
        },
    ),
    "messaging.process.duration": (
        Kind.HISTOGRAM,
        "s",
        {
            *("messaging.system", "messaging.operation.name", "messaging.destination.name"),
            *("messaging.consumer.group.name", "error.type"),
        },
    ),
    "http.server.request.duration": (
        Kind.HISTOGRAM,
        "s",
        {
            *("http.request.method", "http.route", "http.response.status_code", "url.scheme"),
            "error.type",
        },
    ),
    "process.memory.usage": (Kind.UP_DOWN, "By", set()),
    "process.memory.virtual": (Kind.UP_DOWN, "By", set()),
    "process.cpu.time": (Kind.COUNTER, "s", {"cpu.mode"}),
    "process.thread.count": (Kind.UP_DOWN, "{thread}", set()),
    "process.unix.file_descriptor.count": (Kind.UP_DOWN, "{file_descriptor}", set()),
}
#: Attributes of the conventions 1.44.0 that this package records.
CONVENTIONAL = {
    *("messaging.system", "messaging.operation.name", "messaging.operation.type"),
    *("messaging.destination.name", "messaging.destination.partition.id"),
    *("messaging.consumer.group.name", "error.type", "network.io.direction", "cpu.mode"),
    *("http.request.method", "http.route", "http.response.status_code", "url.scheme"),
}
#: Their advice for the buckets of durations, in seconds.
ADVICE = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10)

NAME = re.compile(r"[a-z]+(?:_[a-z]+)*(?:\.[a-z]+(?:_[a-z]+)*)+")
#: Words that say a unit, or what an exporter adds.
UNITS = {
    *("total", "count", "seconds", "milliseconds", "ms", "s", "sec", "bytes", "kb", "mb"),
    *("percent", "ratio", "info", "number", "messages"),
}
#: Names that the conventions have chosen, and one gauge that is nothing but its attributes.
CHOSEN = {*CONVENTIONS, "faust.worker.info"}
UNIT = re.compile(r"1|s|By|\{[a-z]+(?:_[a-z]+)*\}")
KEYS = {name: value for name, value in vars(attributes).items() if name.isupper()}

every_metric = pytest.mark.parametrize(
    "metric", [*catalogue.METRICS, catalogue.RECENT_LATENCY], ids=lambda metric: metric.name
)


@every_metric
def test_names_are_lowercase_words_between_dots(metric: Metric) -> None:
    """At least two words, without digits; underscores only inside a word."""
    assert NAME.fullmatch(metric.name)


@every_metric
def test_no_name_says_its_unit(metric: Metric) -> None:
    """Nor what an exporter adds, such as ``total``; the unit is metadata."""
    words = set(re.split(r"[._]", metric.name))
    assert metric.name in CHOSEN or words & UNITS == set()


@every_metric
def test_units_are_seconds_bytes_one_or_annotated(metric: Metric) -> None:
    """What is counted is told in braces, in the singular."""
    assert UNIT.fullmatch(metric.unit)


@every_metric
def test_only_counters_of_things_are_plural(metric: Metric) -> None:
    """A plural name counts what its unit says, and is never a duration or a size."""
    plural = metric.name.rpartition(".")[2].endswith("s")
    counted = metric.kind is Kind.COUNTER and metric.unit.startswith("{")
    assert counted or not plural or metric.name.endswith("status")


@every_metric
def test_descriptions_are_sentences(metric: Metric) -> None:
    """They begin with a capital or a number and end with a full stop."""
    assert re.fullmatch(r"[A-Z0-9].*\.", metric.description)


@every_metric
def test_keys_are_declared_once_and_not_repeated(metric: Metric) -> None:
    """A metric's keys are constants of `attributes`, each once."""
    assert len(set(metric.keys)) == len(metric.keys)
    assert set(metric.keys) <= set(KEYS.values())


@every_metric
def test_no_key_names_one_message_or_one_client(metric: Metric) -> None:
    """Offsets, keys, message ids, client ids, exception texts and peers make endless series."""
    endless = ("offset", "message.id", "key", "client.id", "exception.message", "address", "port")
    allowed = {attributes.OFFSET_TYPE}
    assert [key for key in metric.keys if key.endswith(endless) and key not in allowed] == []


@every_metric
def test_bounds_are_seconds_that_rise(metric: Metric) -> None:
    """Histograms have bounds, in their unit, and nothing else has."""
    assert bool(metric.bounds) is (metric.kind is Kind.HISTOGRAM)
    assert all(low < high for low, high in pairwise(metric.bounds))
    if metric.bounds:
        assert metric.unit == "s"
        assert metric.bounds[0] > 0
        assert metric.bounds in (SHORT, LONG)


@pytest.mark.parametrize("bounds", [SHORT, LONG])
def test_the_advised_bounds_are_all_there(bounds: tuple[float, ...]) -> None:
    """The conventions' fourteen are among ours, so that queries written for them work."""
    assert set(ADVICE) <= set(bounds)


def test_long_bounds_go_on_to_an_hour() -> None:
    """Ages and recoveries take longer than a send."""
    assert (LONG[: len(SHORT)], SHORT[-1], LONG[-1]) == (SHORT, 60.0, 3600.0)


def test_no_name_is_declared_twice() -> None:
    """One metric, one declaration."""
    names = [metric.name for metric in (*catalogue.METRICS, catalogue.RECENT_LATENCY)]
    assert len(set(names)) == len(names)


def test_no_name_is_the_namespace_of_another() -> None:
    """Where ``a.b`` is a name, ``a.b.c`` is none; the same for attributes."""
    names = [metric.name for metric in (*catalogue.METRICS, catalogue.RECENT_LATENCY)]
    for family in (names, KEYS.values()):
        pairs = permutations(family, 2)
        assert [pair for pair in pairs if pair[1].startswith(f"{pair[0]}.")] == []


def test_everything_else_lives_under_faust() -> None:
    """What the conventions do not have, metrics and attributes, begins with ``faust.``."""
    names = {metric.name for metric in catalogue.METRICS}
    assert {name for name in names if not name.startswith("faust.")} == set(CONVENTIONS)
    assert {key for key in KEYS.values() if not key.startswith("faust.")} == CONVENTIONAL


@pytest.mark.parametrize("name", CONVENTIONS)
def test_the_conventions_are_followed(name: str) -> None:
    """Kind, unit and attributes are theirs; what we add lives under ``faust.``."""
    [metric] = [metric for metric in catalogue.METRICS if metric.name == name]
    kind, unit, keys = CONVENTIONS[name]
    ours = {key for key in metric.keys if not key.startswith("faust.")}
    assert (metric.kind, metric.unit, ours) == (kind, unit, keys)


def test_the_schema_is_that_of_these_conventions() -> None:
    """The schema URL names the version that the table above was taken from."""
    assert catalogue.SCHEMA_URL == "https://opentelemetry.io/schemas/1.44.0"
    assert catalogue.SCOPE == "faust_otel"


def test_the_private_gauge_is_not_exported() -> None:
    """Means over a window cannot be aggregated: only queries see them."""
    assert catalogue.RECENT_LATENCY not in catalogue.METRICS


def test_the_table_has_a_line_for_every_metric() -> None:
    """Two lines of heading, then name, kind, unit, keys and description of each."""
    _, rule, *lines = catalogue.markdown().splitlines()
    assert set(rule) == {"|", "-"}
    assert [line.split("`")[1] for line in lines] == [metric.name for metric in catalogue.METRICS]
    assert lines[0] == (
        "| `messaging.client.consumed.messages` | counter | `{message}` | `messaging.system`, "
        "`messaging.operation.name`, `messaging.destination.name`, "
        "`messaging.destination.partition.id`, `messaging.consumer.group.name` | "
        "Messages taken by the first of their streams, once per delivery. |"
    )


def test_the_keys_of_a_series_are_those_of_its_metric() -> None:
    """A label that a metric does not declare is left out, and so is one without a value."""
    values = {attributes.TOPIC: "orders", attributes.AGENT: None, attributes.TABLE: "t"}
    assert label(catalogue.EVENTS, values) == {"messaging.destination.name": "orders"}


def test_the_keys_of_a_metric_are_the_same_in_all_its_families() -> None:
    """Sends and commits are one metric with one set of keys."""
    sends, commits = Store().histograms(catalogue.OPERATION_DURATION)
    assert sends.metric is commits.metric is catalogue.OPERATION_DURATION
