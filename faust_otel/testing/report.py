"""What a worker had reached when time was up, in words."""

from __future__ import annotations

import inspect
import linecache
from typing import TYPE_CHECKING, Any

from faust.exceptions import ConsumerNotStarted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    import faust

__all__ = ["describe", "source_of"]


def source_of(condition: Callable[[], Any]) -> str:
    """Return the name, place and first line of `condition`, as far as they are known."""
    name = str(getattr(condition, "__qualname__", repr(condition)))
    code = getattr(inspect.unwrap(condition), "__code__", None)
    if code is None:
        return name
    line = linecache.getline(code.co_filename, code.co_firstlineno).strip()
    return f"{name} ({code.co_filename}:{code.co_firstlineno}: {line})"


def describe(app: faust.App, *, agent_errors: Iterable[tuple[str, BaseException]]) -> str:
    """Return what `app` is doing, line by line: partitions, errors, where its agents wait."""
    lines = [f"app {app.conf.id!r} is {app.state} and has {_partitions(app)}"]
    lines += [f"agent {name!r} raised {error!r}" for name, error in agent_errors]
    lines += _agents(app)
    return "\n".join(lines)


def _partitions(app: faust.App) -> str:
    """Return the partitions that are assigned, with the offsets read and committed last."""
    try:
        assigned = sorted(app.consumer.assignment())
    except ConsumerNotStarted:
        assigned = []
    if not assigned:
        return "no partitions (do its topics exist, and is it alone in its group?)"
    offsets = vars(app.consumer)
    read, committed = offsets["_read_offset"], offsets["_committed_offset"]
    return ", ".join(
        f"{tp.topic}[{tp.partition}] (read {read.get(tp)}, committed {committed.get(tp)})"
        for tp in assigned
    )


def _agents(app: faust.App) -> Iterator[str]:
    """Yield the state of each agent, and the stack of each of its actors that is alive."""
    for name, agent in app.agents.items():
        yield f"agent {name!r} is {agent.state}"
        for stack in agent.actor_tracebacks():
            if not stack.startswith("Could not extract"):
                yield stack
