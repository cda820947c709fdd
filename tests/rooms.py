"""The rooms of the package and which imports between them are allowed."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import PurePosixPath

PACKAGE = "faust_otel"
WORDS = {"attributes", "catalogue", "checks", "exceptions", "typing", "version", "words"}
FOLDERS = {"state", "pipeline", "tracing", "sensors", "outputs"}

# Each room and the earlier ones it may import. Wiring is everything else at the top level.
MAY_IMPORT = {
    "words": set[str](),
    "state": {"words"},
    "pipeline": {"words", "state"},
    "tracing": {"words"},
    "sensors": {"words", "state", "pipeline", "tracing"},
    "outputs": {"words", "state", "pipeline", "tracing", "sensors"},
    "wiring": {"words", "state", "pipeline", "tracing", "sensors", "outputs"},
}
SDK = ("opentelemetry.sdk", "opentelemetry.exporter", "opentelemetry.proto")
# Packages of others that a room may not import.
CLOSED = {
    "words": SDK,
    "state": ("faust", "mode", "opentelemetry"),
    "tracing": (*SDK, "opentelemetry.instrumentation", "opentelemetry.semconv"),
    "sensors": SDK,
}


def module_of(path: PurePosixPath) -> str:
    """Return the dotted name of the module at `path`, relative to the project."""
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def room_of(module: str) -> str:
    """Return the room of a dotted module name inside the package."""
    top = [*module.split("."), ""][1]
    if top in WORDS:
        return "words"
    return top if top in FOLDERS else "wiring"


def imported(source: str, path: PurePosixPath) -> Iterator[tuple[int, str]]:
    """Yield line and dotted name of every import in `source`, wherever in the file it stands."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = path.parts[: -node.level] if node.level else ()
            base = ".".join([*above, *filter(None, [node.module])])
            yield from ((node.lineno, f"{base}.{alias.name}") for alias in node.names)


def inside(name: str, package: str) -> bool:
    """Tell whether the dotted `name` is `package` or lies in it."""
    return name == package or name.startswith(f"{package}.")


def wrong_imports(source: str, path: PurePosixPath) -> list[str]:
    """Return one line for each import in `source` that its room does not allow."""
    room = room_of(module_of(path))
    return [
        f"{path}:{line} ({room}) imports {name}"
        for line, name in imported(source, path)
        if (inside(name, PACKAGE) and room_of(name) not in MAY_IMPORT[room] | {room})
        or any(inside(name, package) for package in CLOSED.get(room, ()))
    ]
