"""``faust-otel demo`` itself: real processes, real workers, real signals."""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import struct
import subprocess
from fcntl import ioctl
from termios import TIOCSWINSZ
from time import monotonic
from typing import TYPE_CHECKING

import pytest

from faust_otel.cli import main, show
from faust_otel.cli.orders import FED, make_app
from faust_otel.cli.summary import summarize
from faust_otel.testing import EmbeddedBroker
from tests.pipeline.receivers import free_port, http_receiver

from .commands import COMMAND, end, environment, start
from .scenes import changed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from faust_otel.cli.figures import Figures
    from tests.pipeline.receivers import Received

    from .commands import Ended

pytestmark = pytest.mark.worker

CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
FED_SOME = re.compile(r"^ +\d+:\d\d  fed [1-9]")


def number(text: str) -> int | None:
    """Return a number of the summary, None for a dash."""
    return None if text == "-" else int(text.replace(",", ""))


def rows(out: str) -> dict[str, list[int | None]]:
    """Return the numbers of the summary by topic and agent."""
    found = re.findall(r"^(\S+)(?: \([^)]*\))? +((?:(?:[\d,]+|-) +)+)= *$", out, re.MULTILINE)
    return {name: [number(text) for text in numbers.split()] for name, numbers in found}


@pytest.fixture(scope="module")
def failing() -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Start a second of the demo that exports to nobody; it runs beside other tests."""
    dead = f"http://127.0.0.1:{free_port()}"
    process = start("--seconds", "1", "--otlp", dead, OTEL_EXPORTER_OTLP_TIMEOUT="1")
    yield process, dead
    process.kill()


@pytest.fixture(scope="module")
def exported(failing: object) -> Iterator[tuple[Ended, Received]]:  # noqa: ARG001  runs beside it
    """Return how three seconds of the demo ended, and what they have exported."""
    with http_receiver() as received:
        arguments = "--seconds", "3", "--rate", "100", "--plain", "--otlp", received.endpoint
        yield end(start(*arguments)), received


def test_telemetry_and_broker_agree(exported: tuple[Ended, Received]) -> None:
    """The demo ends with 0 after about 300 orders, and all numbers of a line are the same."""
    ended, _ = exported
    assert ended.code == 0, ended
    found = rows(ended.out)
    regrouped = "sales-paid-country-repartition"
    topics = {FED, "paid", regrouped, "parcels", "shop-tills-changelog"}
    assert found.keys() == topics | {"checkout", "sales", "ship"}
    assert [
        {*numbers} - {None} for numbers in found.values() if len({*numbers} - {None}) != 1
    ] == []
    orders = found[FED][0] or 0
    assert 150 < orders < 600
    assert [orders - (found[name][0] or 0) for name in ("paid", regrouped, "ship")] == [1, 1, 1]
    assert "All equal." in ended.out


def test_lines_tell_how_it_goes(exported: tuple[Ended, Received]) -> None:
    """Without a terminal there is a line every other second, and no control sequence."""
    ended, _ = exported
    lines = ended.out.splitlines()
    assert len([line for line in lines if FED_SOME.match(line)]) >= 2
    assert max(map(len, lines[1:])) <= 80 + len(ended.out.rpartition("exported: ")[2])
    assert "\x1b" not in ended.out


def test_an_exception_of_an_agent_is_told_and_counted(exported: tuple[Ended, Received]) -> None:
    """The empty order is in the log and in the summary, which says what Faust does with it."""
    ended, _ = exported
    assert "Agents raised on 1 of these events" in ended.out
    assert "Crashed reason=EmptyOrderError" in ended.err
    assert "Traceback" not in ended.err


def test_what_is_exported_is_what_is_shown(exported: tuple[Ended, Received]) -> None:
    """The last export has, by topic and agent, the numbers of the summary."""
    ended, received = exported
    shown = rows(ended.out)
    assert f"exported: OTLP (http/protobuf) to {received.endpoint}/v1/metrics" in ended.out
    assert received.resource()["service.name"] == "shop"

    def sums(metric: str, key: str) -> dict[str, int]:
        found: dict[str, int] = {}
        for point in received.metrics()[metric].sum.data_points:
            name = next(pair.value.string_value for pair in point.attributes if pair.key == key)
            found[name] = found.get(name, 0) + point.as_int
        return found

    topic = "messaging.destination.name"
    consumed = sums("messaging.client.consumed.messages", topic)
    sent = sums("messaging.client.sent.messages", topic)
    assert {name: shown[name][0] for name in consumed} == consumed
    assert {name: shown[name][2] for name in sent} == sent
    events = sums("faust.events", "faust.agent.name")
    assert events == {name: shown[name][0] for name in ("checkout", "sales", "ship")}


def test_sigterm_ends_it_with_the_summary() -> None:
    """After SIGTERM all that was fed is processed, compared and printed, and the exit code is 0."""
    process = start("--rate", "100")
    assert process.stdout is not None
    next(line for line in process.stdout if FED_SOME.match(line))
    process.terminate()
    ended = end(process)
    assert (ended.code, "All equal." in ended.out) == (0, True), ended
    assert (rows(ended.out)[FED][0] or 0) > 0


def test_an_export_that_fails_is_told(failing: tuple[subprocess.Popen[str], str]) -> None:
    """With nobody at the endpoint the numbers agree, but the failure is told and the code is 1."""
    process, dead = failing
    ended = end(process)
    assert ended.code == 1, ended
    assert "All equal." in ended.out
    assert f"NOT EXPORTED: OTLP (http/protobuf) to {dead}/v1/metrics" in ended.out
    assert "could not be exported" in ended.err


def test_a_reader_that_goes_away_ends_it_quietly() -> None:
    """As with ``| head``, whose going is no error to show."""
    process = start("--seconds", "1")
    assert process.stdout is not None
    process.stdout.readline()
    process.stdout.close()
    assert process.stderr is not None
    errors = process.stderr.read()
    process.stderr.close()
    assert "Traceback" not in errors
    assert process.wait(60) == 1


def on_a_terminal(*, columns: int) -> tuple[int, str]:
    """Return exit code and output of the demo on a terminal of 30 lines, ended by SIGINT."""
    ours, theirs = pty.openpty()
    ioctl(theirs, TIOCSWINSZ, struct.pack("HHHH", 30, columns, 0, 0))
    process = subprocess.Popen(
        COMMAND, stdin=theirs, stdout=theirs, stderr=theirs, env=environment()
    )
    os.close(theirs)
    out, deadline, ended = b"", monotonic() + 60.0, False
    while monotonic() < deadline:
        if select.select([ours], [], [], 0.1)[0]:
            try:
                out += os.read(ours, 65536)
            except OSError:  # the other side is closed: it has ended
                break
        if not ended and b"0:02" in out:
            process.send_signal(signal.SIGINT)
            ended = True
    else:
        process.kill()
    os.close(ours)
    return process.wait(), out.decode(errors="replace")


def test_the_live_view_ends_with_the_summary() -> None:
    """On a terminal the view is drawn in place, nothing writes into it, and the summary follows."""
    code, out = on_a_terminal(columns=80)
    text = CONTROL.sub("", out).replace("\r", "")
    assert code == 0, text
    assert out.count("\x1b[1A") > 100
    assert text.count("look next") > 4
    assert "info faust.tables.recovery: Worker ready" in text
    assert "All equal." in text
    assert "Traceback" not in text
    widths = [len(line) for line in re.split(r"\n|(?=faust-otel demo)", text)]
    assert max(widths) <= 80


def test_a_wrong_count_makes_it_fail(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """When telemetry has missed one order the exit code is 1 and the line that differs is named."""
    monkeypatch.setattr(show, "QUIET", 3.0)

    def forgetful(figures: Figures, *arguments: object, **named: object) -> object:
        orders = next((t.consumed or 0 for t in figures.topics if t.topic == FED), 0)
        wrong = changed(FED, consumed=orders - 1, of=figures)
        return summarize(wrong, *arguments, **named)  # type: ignore[arg-type]  # as it was called

    monkeypatch.setattr(show, "summarize", forgetful)
    assert main(["demo", "--seconds", "0.5", "--rate", "100", "--plain"]) == 1
    out = capsys.readouterr().out
    [difference] = re.findall(r"differs: (.*)", out)
    assert re.fullmatch(r"orders: consumed (\d+), records (\d+)", difference)
    assert "All equal." not in out


def test_a_worker_that_crashes_ends_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reason is one line, and the exit code is 1."""

    def crashing(**settings: object) -> object:
        app = make_app(**settings)

        async def fail() -> None:
            raise LookupError("no shop")

        app.task(fail)
        return app

    monkeypatch.setattr(show, "make_app", crashing)
    assert main(["demo", "--plain"]) == 1
    assert (
        "faust-otel: the demo's worker crashed: LookupError('no shop')" in capsys.readouterr().err
    )


def test_orders_that_cannot_be_fed_end_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What stopped the feeder is told, and the exit code is 1."""

    class Full(EmbeddedBroker):
        def produce_many(self, topic: str, *_: object, **__: object) -> dict[int, int]:
            raise OSError(f"{topic} is full")

    monkeypatch.setattr(show, "EmbeddedBroker", Full)
    assert main(["demo", "--plain"]) == 1
    assert "faust-otel: orders could not be fed: orders is full" in capsys.readouterr().err
