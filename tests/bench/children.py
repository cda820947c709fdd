"""Child processes that answer one JSON line for each line asked.

Every rung of a ladder lives in a process of its own, since OpenTelemetry's providers are global,
and the parent asks one child at a time: rounds interleave, and no two children run at once.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
from contextlib import suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from typing_extensions import Self

ROOT = Path(__file__).resolve().parents[2]

Answer = dict[str, Any]

#: Characters of a failed child's standard error that are worth repeating.
TAIL = 3_000


class Child:
    """``python -m module *args``, asked over its standard input and output.

    Use as a context manager: leaving it closes the child's input, waits, and kills what stays.
    What the child logs is shown only when it fails.
    """

    def __init__(self, module: str, *args: str, timeout: float = 120.0) -> None:
        self.module = module
        self.timeout = timeout
        self._log = tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace")  # noqa: SIM115 - closed on leaving
        self._process = subprocess.Popen(
            [sys.executable, "-m", module, *args],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            cwd=ROOT,
            env=_environment(),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        stdin, stdout = self._pipes()
        with suppress(BrokenPipeError):
            stdin.close()
        try:
            self._process.wait(timeout=10.0)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        stdout.close()
        self._log.close()

    def ask(self, question: str) -> Answer:
        """Ask one question of one line and wait for the answer; errors as of :meth:`read`."""
        stdin, _ = self._pipes()
        with suppress(BrokenPipeError):  # it has ended: reading tells why
            stdin.write(f"{question}\n")
            stdin.flush()
        return self.read()

    def read(self) -> Answer:
        """Wait for one answer.

        Raises:
            RuntimeError: the child ended, or did not answer in time and was killed, or says that
                its figure is worth nothing.
        """
        _, stdout = self._pipes()
        watchdog = threading.Timer(self.timeout, self._process.kill)
        watchdog.start()
        try:
            line = stdout.readline()
        finally:
            watchdog.cancel()
        if not line:
            raise RuntimeError(f"{self.module} gave no answer\n{self._tail()}")
        answer: Answer = json.loads(line)
        if "problem" in answer:
            raise RuntimeError(f"{self.module}: {answer['problem']}\n{self._tail()}")
        return answer

    def _tail(self) -> str:
        self._log.seek(0)
        return self._log.read()[-TAIL:]

    def _pipes(self) -> tuple[IO[str], IO[str]]:
        stdin, stdout = self._process.stdin, self._process.stdout
        if stdin is None or stdout is None:
            raise RuntimeError("the child was started without pipes")
        return stdin, stdout


def tell(answer: Answer) -> None:
    """Answer from inside a child; past Faust, which turns a worker's prints into log lines."""
    out = sys.__stdout__
    if out is None:
        raise RuntimeError("this process has no standard output")
    out.write(json.dumps(answer) + "\n")
    out.flush()


async def serve(answers: Mapping[str, Callable[[], Awaitable[Answer]]]) -> None:
    """Answer the questions on standard input until it closes; blocks the loop in between."""
    while question := sys.stdin.readline().strip():
        tell(await answers[question]())


def _environment() -> dict[str, str]:
    """Drop what would set up telemetry behind our back; one hash seed for all children."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("OTEL_")}
    return {**kept, "PYTHONHASHSEED": "0"}
