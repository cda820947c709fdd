"""Servers on loopback: started, waited for, and stopped again."""

from __future__ import annotations

import socket
import subprocess
import time
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

__all__ = ["free_port", "listens", "running_process", "wait_for"]


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(condition: Callable[[], Any], *, what: str, timeout: float = 60.0) -> Any:
    """Return what `condition` returns once it is true."""
    deadline = time.monotonic() + timeout
    while not (found := condition()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"after {timeout:g} s: {what}")
        time.sleep(0.05)
    return found


def listens(port: int) -> bool:
    """Tell whether somebody accepts connections on a port of 127.0.0.1."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def running_process(
    command: list[str], *, log: Path, port: int, cwd: Path | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server until it listens, and end it after the block."""
    with log.open("wb") as output:
        process = _start(command, output=output, cwd=cwd)
        try:
            wait_for(
                lambda: process.poll() is not None or listens(port),
                what=f"{command[0]} does not listen: {log.read_text()[-2000:]}",
            )
            if process.poll() is not None:
                raise RuntimeError(f"{command[0]} ended: {log.read_text()[-4000:]}")
            yield process
        finally:
            process.terminate()
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _start(command: list[str], *, output: IO[bytes], cwd: Path | None) -> subprocess.Popen[bytes]:
    return subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, cwd=cwd)
