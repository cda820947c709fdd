"""The real command as a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import NamedTuple

__all__ = ["Ended", "end", "environment", "start"]

COMMAND = (sys.executable, "-m", "faust_otel.cli", "demo")
SECONDS = 60.0


class Ended(NamedTuple):
    """How a process ended, and what it has written."""

    code: int
    out: str
    err: str


def environment(**variables: str) -> dict[str, str]:
    """Return the environment without what could change the demo, and with `variables`."""
    ignored = ("OTEL_", "NO_COLOR", "COLUMNS", "LINES", "FORCE_COLOR", "TTY_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ignored)}
    return {**kept, "TERM": "xterm-256color", **variables}


def start(*arguments: str, **variables: str) -> subprocess.Popen[str]:
    """Start ``faust-otel demo``, without a terminal."""
    return subprocess.Popen(
        [*COMMAND, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(**variables),
    )


def end(process: subprocess.Popen[str]) -> Ended:
    """Wait for the end of a process; one that does not end is killed, and fails the test."""
    try:
        out, err = process.communicate(timeout=SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate()
        raise AssertionError(f"the demo did not end:\n{out}\n{err}") from None
    return Ended(process.returncode, out, err)
