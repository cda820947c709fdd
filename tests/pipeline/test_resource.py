"""Who reports: service name and instance, whatever becomes known when."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from faust_otel import catalogue as c
from faust_otel.pipeline.resource import worker_resource
from faust_otel.state import Store

from .receivers import grpc_receiver

if TYPE_CHECKING:
    from collections.abc import Callable

    from faust_otel.pipeline.own import OwnPipeline

NAME, INSTANCE = "service.name", "service.instance.id"


@pytest.mark.parametrize(
    ("variables", "name"),
    [
        ({}, "shop"),
        ({"OTEL_RESOURCE_ATTRIBUTES": "service.name=by-attributes"}, "by-attributes"),
        ({"OTEL_SERVICE_NAME": "by-name"}, "by-name"),
        (
            {"OTEL_SERVICE_NAME": "by-name", "OTEL_RESOURCE_ATTRIBUTES": "service.name=other"},
            "by-name",
        ),
    ],
)
def test_the_app_is_the_service_unless_the_environment_says_otherwise(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], name: str
) -> None:
    """The service's name is what the standard variables say, and without them the app's id."""
    for variable, value in variables.items():
        monkeypatch.setenv(variable, value)
    assert name == worker_resource("shop", pid=1).attributes[NAME]


def test_without_an_app_the_service_is_unknown() -> None:
    """As long as nobody knows the app, the service is called as the SDK calls it."""
    assert str(worker_resource(None, pid=1).attributes[NAME]).startswith("unknown_service")


def test_the_instance_stays_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """The instance's id outlives the first look, and the environment may set it."""
    first, second = (worker_resource(app, pid=os.getpid()) for app in (None, "shop"))
    assert first.attributes[INSTANCE] == second.attributes[INSTANCE]
    monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", f"{INSTANCE}=mine,region=north")
    mine = worker_resource("shop", pid=os.getpid()).attributes
    assert (mine[INSTANCE], mine["region"]) == ("mine", "north")


def test_an_sdk_that_names_no_instance_is_helped_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the SDK finds no instance id, one is made that stays for the life of the process."""
    from opentelemetry.sdk.resources import Resource

    monkeypatch.setattr(Resource, "create", staticmethod(lambda: Resource({})))
    ids = [worker_resource(None, pid=pid).attributes[INSTANCE] for pid in (1, 1, 2)]
    assert (ids[0] == ids[1], ids[1] == ids[2]) == (True, False)


def test_an_app_that_becomes_known_after_the_first_query_is_exported_under_its_id(
    monkeypatch: pytest.MonkeyPatch, opened: Callable[[Store], OwnPipeline]
) -> None:
    """A pipeline opened by a query before the app is known exports as the app all the same."""
    with grpc_receiver() as receiver:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.endpoint)
        store = Store()
        pipeline = opened(store)
        unknown = pipeline.resource
        store.identify(group="shop", app_id="shop")
        pipeline.start()
        assert pipeline.flush(10.0)
        resource = receiver.resource()
    assert ("shop", unknown.attributes[INSTANCE]) == (resource[NAME], resource[INSTANCE])
    assert pipeline.resource is pipeline.resource


def test_two_apps_in_one_process_report_each_for_itself(
    monkeypatch: pytest.MonkeyPatch, opened: Callable[[Store], OwnPipeline]
) -> None:
    """Two apps export as two services, each its own counts, and each answers its own."""
    with grpc_receiver() as receiver:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.endpoint)
        answers, exported = {}, {}
        for number, name in enumerate(("shop", "bank"), 1):
            store = Store()
            store.app = name
            store.identify(group=name, app_id=name)
            store.rebalances.get(GROUP=name).value += number
            pipeline = opened(store)
            pipeline.start()
            assert pipeline.flush(10.0)
            answers[name] = pipeline.query.total(c.REBALANCES)
            (total,) = receiver.numbers()[c.REBALANCES.name].values()
            exported[receiver.resource()[NAME]] = total
    assert answers == exported == {"shop": 1, "bank": 2}
