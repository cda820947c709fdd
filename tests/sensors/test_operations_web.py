"""The hooks of the web server: requests by route and status, and nothing that a client makes up."""

from __future__ import annotations

from http import HTTPStatus
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from faust_otel import catalogue as c

if TYPE_CHECKING:
    from tests.sensors.counted import Counted


def request(method: Any = "GET", *, route: Any = "/orders/{id}", **fields: Any) -> Any:
    """Return a request as aiohttp makes them."""
    resource = SimpleNamespace(canonical=route)
    info = SimpleNamespace(route=SimpleNamespace(resource=resource))
    return SimpleNamespace(method=method, match_info=info, scheme="http", **fields)


def answered(counted: Counted, asked: Any, response: Any) -> dict[str, str | int]:
    """Let a request take half a second; return the attributes of its only series."""
    state = counted.hooks.on_web_request_start(None, asked, view=None)
    counted.pass_(0.5)
    for _ in range(2):
        counted.hooks.on_web_request_end(None, asked, response, state, view=None)
    assert counted.seconds(c.HTTP_DURATION) == 0.5
    [(attrs, count)] = counted.points(c.HTTP_DURATION)
    assert (count, [*counted.store.recent.http]) == (1, [0.5])
    return attrs


@pytest.mark.parametrize(
    ("status", "shown", "error"),
    [
        (200, 200, None),
        (404, 404, None),
        (499, 499, None),
        (500, 500, "500"),
        (HTTPStatus.BAD_GATEWAY, 502, "502"),
        ("teapot", 500, "500"),
    ],
)
def test_a_request_is_measured_with_its_status(
    counted: Counted, status: Any, shown: int, error: str | None
) -> None:
    """Any status will do, also one that no standard has, and 5xx are errors."""
    attrs = answered(counted, request(), SimpleNamespace(status=status))
    assert attrs == {
        "http.request.method": "GET",
        "http.route": "/orders/{id}",
        "http.response.status_code": shown,
        "url.scheme": "http",
        **({} if error is None else {"error.type": error}),
    }


def test_a_request_without_a_response_is_a_server_error(counted: Counted) -> None:
    """Its view raised, and the server answers 500."""
    attrs = answered(counted, request(), None)
    assert (attrs["http.response.status_code"], attrs["error.type"]) == (500, "500")


@pytest.mark.parametrize(
    ("method", "shown"), [("PATCH", "PATCH"), ("BREW", "_OTHER"), (None, "_OTHER"), ([], "_OTHER")]
)
def test_a_client_cannot_make_up_methods(counted: Counted, method: Any, shown: str) -> None:
    """What is no known method is ``_OTHER``: a client must not make series."""
    attrs = answered(counted, request(method), None)
    assert attrs["http.request.method"] == shown


@pytest.mark.parametrize("asked", [request(route=None), request(route=[]), None, "request"])
def test_a_request_without_a_route_has_none(counted: Counted, asked: Any) -> None:
    """What matched no route is not told by its path."""
    attrs = answered(counted, asked, SimpleNamespace(status=404))
    assert (attrs.get("http.route"), attrs["url.scheme"]) == (None, "http")


@pytest.mark.parametrize("state", [None, {}, [], "state", {"time_start": None}])
def test_a_request_with_a_strange_state_counts_nothing(counted: Counted, state: Any) -> None:
    """A request is not measured without its beginning."""
    counted.hooks.on_web_request_end(None, request(), None, state, view=None)
    assert counted.points(c.HTTP_DURATION) == []
