"""What ``faust worker`` does to an app before it starts it, and what a test wants besides."""

from __future__ import annotations

import asyncio
import socket
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

from mode.utils.locks import Event
from mode.utils.types.trees import NodeT
from yarl import URL

from faust_otel.exceptions import FaustOTelError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import faust
    from mode import ServiceT
__all__ = ["prepare", "recorded_errors", "services_of"]

_LOOPBACK = "127.0.0.1"


def prepare(app: faust.App, *, web: bool) -> None:
    """Make `app` ready to start in the running event loop, with a web server or without."""
    if app.started:
        raise FaustOTelError(
            f"app {app.conf.id!r} has already run, and a Faust app runs once; make a new one"
        )
    app.finalize()
    app.worker_init()
    settings: Any = app.conf  # one of its types is a callable, which reads as a method
    if settings.autodiscover:
        app.discover()
    app.worker_init_post_autodiscover()
    app.in_worker = True
    app.boot_strategy.enable_web = web
    if web:
        _serve_on_free_port(app)
    _bind_to_loop(app, asyncio.get_running_loop())


def _serve_on_free_port(app: faust.App) -> None:
    with socket.socket() as taken:
        taken.bind((_LOOPBACK, 0))
        port = taken.getsockname()[1]
    app.conf.web_bind = app.conf.web_host = _LOOPBACK
    app.conf.web_port = port
    app.conf.canonical_url = URL(f"http://{_LOOPBACK}:{port}")


def _bind_to_loop(app: faust.App, loop: asyncio.AbstractEventLoop) -> None:
    """Bind to `loop` what was bound to another one by being used before there was a worker.

    Reading ``app.monitor`` or ``app.loop`` outside of a loop binds an app to one that never runs,
    and its worker would wait there for ever. Faust offers no way to bind it anew.
    """
    early = vars(app).get("_loop")
    if early in (None, loop):
        return
    for part in _parts(app):
        for name, value in list(vars(part).items()):
            if value is early:
                setattr(part, name, loop)
            elif isinstance(value, Event) and vars(value)["_loop"] is early:
                vars(value)["_loop"] = loop


def services_of(app: faust.App) -> Iterator[ServiceT]:
    """Yield `app` and all services below it."""
    for node in app.beacon.traverse():
        # Clients of the Kafka driver stand in the tree as they are, without a node.
        if isinstance(node, NodeT):
            yield node.data


def _parts(app: faust.App) -> Iterator[Any]:
    """Yield the services of `app`, and the parts of it that are none but keep a loop."""
    yield from services_of(app)
    made = vars(app)
    names = ("_monitor", "_transport", "_producer_transport", "flow_control")
    yield from (made[name] for name in names if made.get(name) is not None)


@contextmanager
def recorded_errors(app: faust.App) -> Iterator[list[tuple[str, BaseException]]]:
    """Yield a list that takes (agent name, exception) of each exception that leaves an agent.

    ``on_error`` is where Faust tells of them: one slot per agent, which only its maker can fill.
    """
    errors: list[tuple[str, BaseException]] = []
    with ExitStack() as stack:
        for agent in app.agents.values():
            stack.callback(_record(agent, errors))
        yield errors


def _record(agent: Any, errors: list[tuple[str, BaseException]]) -> Callable[[], None]:
    """Put a recorder in front of the error handler of `agent`; return how to take it away."""
    slots = vars(agent)
    given = slots["_on_error"]

    async def on_error(agent: Any, error: BaseException) -> None:
        errors.append((agent.name, error))
        if given is not None:
            await given(agent, error)

    def restore() -> None:
        if slots["_on_error"] is on_error:
            slots["_on_error"] = given

    slots["_on_error"] = on_error
    return restore
