"""The command line: help, version, and what is wrong said in one line."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import entry_points

import pytest

import faust_otel
from faust_otel.cli import demo, main
from faust_otel.exceptions import FaustOTelError


def ended(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """Return exit code, output and errors of the command."""
    try:
        code = main(arguments)
    except SystemExit as exc:
        code = int(exc.code or 0)
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_the_help_names_the_commands(capsys: pytest.CaptureFixture[str]) -> None:
    """``--help`` lists what there is, and nothing that does not exist."""
    code, out, _ = ended(capsys, "--help")
    assert code == 0
    assert demo.SUMMARY in out
    assert [name for name in ("doctor", "top", "dashboards") if name in out] == []


def test_the_help_of_the_demo_explains_everything(capsys: pytest.CaptureFixture[str]) -> None:
    """Every argument is there with what it does, and so are the exit codes."""
    code, out, _ = ended(capsys, "demo", "--help")
    assert code == 0
    for said in ("--seconds", "--rate", "--otlp", "--otlp-protocol", "--plain", "Exit code: 0"):
        assert said in out
    assert "default: 50" in out


def test_the_version_is_that_of_the_package(capsys: pytest.CaptureFixture[str]) -> None:
    """``--version`` prints name and version."""
    assert ended(capsys, "--version") == (0, f"faust-otel {faust_otel.__version__}\n", "")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "required: COMMAND"),
        (("nonsense",), "nonsense"),
        (("demo", "--rate", "0"), "--rate=0 is not allowed"),
        (("demo", "--rate", "nan"), "--rate=nan is not allowed"),
        (("demo", "--rate", "many"), "invalid float value: 'many'"),
        (("demo", "--seconds", "-1"), "--seconds=-1 is not allowed"),
        (("demo", "--seconds", "inf"), "--seconds=inf is not allowed"),
        (("demo", "--otlp", "localhost"), "--otlp='localhost' is no address"),
        (("demo", "--otlp-protocol", "grpc"), "says nothing without --otlp"),
        (("demo", "--otlp", "http://x", "--otlp-protocol", "udp"), "invalid choice: 'udp'"),
        (("demo", "more"), "unrecognized arguments: more"),
    ],
)
def test_wrong_arguments_are_said_in_one_line(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], said: str
) -> None:
    """The line names what is wrong, and the exit code is 2."""
    code, out, err = ended(capsys, *arguments)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert said in err


def test_a_missing_package_is_said_with_its_remedy(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the packages of the extra there is one line that names the command to install it."""
    monkeypatch.setattr(demo, "NEEDED", ("rich", "a_package_that_nobody_has"))
    code, out, err = ended(capsys, "demo")
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert "pip install 'faust-otel[demo]'" in err


@pytest.mark.parametrize(
    ("raised", "code", "said"),
    [
        (FaustOTelError("the worker crashed"), 1, "faust-otel: the worker crashed\n"),
        (KeyboardInterrupt(), 130, ""),
    ],
)
def test_what_ends_a_command_has_its_exit_code(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    raised: BaseException,
    code: int,
    said: str,
) -> None:
    """An error of this package is one line and 1, Ctrl-C is silent and 130."""

    def run(_: object) -> int:
        raise raised

    monkeypatch.setattr(demo, "run", run)
    assert ended(capsys, "demo") == (code, "", said)


def test_the_command_is_installed() -> None:
    """The distribution declares ``faust-otel``, and it is this function."""
    [found] = entry_points(group="console_scripts", name="faust-otel")
    assert found.load() is main


def test_asking_for_help_loads_nothing_else() -> None:
    """The command line comes without the terminal's package and without the broker's."""
    code = (
        "import sys; from faust_otel.cli.command import _parser; _parser();"
        "print({'rich', 'confluent_kafka', 'grpc'} & {*sys.modules})"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout == "set()\n"
