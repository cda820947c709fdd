"""``faust-otel``: one parser, one subcommand per `Command`, errors as one line and an exit code."""

from __future__ import annotations

import argparse
import os
import sys
from typing import TYPE_CHECKING, NoReturn

from faust_otel.exceptions import ConfigurationError, FaustOTelError, MissingExtraError
from faust_otel.version import __version__

from . import demo

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["COMMANDS", "main"]

#: Modules with a `NAME`, a `SUMMARY`, `add_arguments(parser)` and `run(arguments) -> int`. What a
#: command needs beyond argparse it imports when it runs.
COMMANDS = (demo,)

#: Exit codes: the command said no, it was used wrongly, Ctrl-C ended it before it could end.
FAILED, MISUSED, INTERRUPTED = 1, 2, 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command that `argv` (without the program's name) asks for; return its exit code."""
    arguments = _parser().parse_args(argv)
    try:
        code: int = arguments.run(arguments)
    except (ConfigurationError, MissingExtraError) as exc:
        return _say(exc, MISUSED)
    except FaustOTelError as exc:
        return _say(exc, FAILED)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # who reads the output has gone, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    return code


def _say(exc: FaustOTelError, code: int) -> int:
    print(f"faust-otel: {exc}", file=sys.stderr)
    return code


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line."""

    def error(self, message: str) -> NoReturn:
        """Print the line and exit."""
        self.exit(MISUSED, f"{self.prog}: {message}; see {self.prog} --help\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="faust-otel", description="OpenTelemetry metrics for Faust stream processors."
    )
    parser.add_argument("--version", action="version", version=f"faust-otel {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for command in COMMANDS:
        added = commands.add_parser(
            command.NAME,
            help=command.SUMMARY,
            description=command.__doc__,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        command.add_arguments(added)
        added.set_defaults(run=command.run)
    return parser
