"""A Faust app on a broker inside this process, with its metrics live in the terminal.

A shop takes orders that a thread writes at random times; its agents charge, count
and ship them, and now and then one of them raises. Ctrl-C, SIGTERM or --seconds end
it: what was fed is processed to the end, then telemetry's counts are printed beside
the broker's own.

Exit code: 0 when both are equal, 1 when they differ, when the worker crashed or when
--otlp was given and the export failed, 2 for arguments that cannot work or packages
that are missing.
"""

from __future__ import annotations

import math
import os
import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING

from faust_otel.exceptions import ConfigurationError, MissingExtraError

from .export import PROTOCOLS, target

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

__all__ = ["NAME", "SUMMARY", "add_arguments", "run"]

NAME = "demo"
SUMMARY = "see a Faust app and its metrics run: no Kafka, no Docker"
#: Packages of the extra ``demo``.
NEEDED = ("confluent_kafka", "rich")
RATE = 50.0


def add_arguments(parser: ArgumentParser) -> None:
    """Add the arguments of ``faust-otel demo``."""
    parser.add_argument(
        "--seconds", type=float, help="feed orders for so long (default: until Ctrl-C)"
    )
    parser.add_argument(
        "--rate",
        type=float,
        default=RATE,
        help="orders per second on average (default: %(default)g)",
    )
    parser.add_argument(
        "--otlp",
        metavar="ENDPOINT",
        help="export to a Collector as well: http://localhost:4317 (grpc), or any other (http)",
    )
    parser.add_argument(
        "--otlp-protocol", choices=PROTOCOLS, help="what the Collector speaks at this endpoint"
    )
    parser.add_argument(
        "--plain",
        action="store_true",
        help="lines instead of a live view: also with NO_COLOR set, or when not on a terminal",
    )


def run(arguments: Namespace) -> int:
    """Run the demo; return its exit code. Raises ConfigurationError and MissingExtraError."""
    _check_number("--rate", arguments.rate)
    if arguments.seconds is not None:
        _check_number("--seconds", arguments.seconds)
    if arguments.otlp_protocol and arguments.otlp is None:
        raise ConfigurationError("--otlp-protocol says nothing without --otlp; give both")
    exporting = None
    if arguments.otlp is not None:
        exporting = target(arguments.otlp, protocol=arguments.otlp_protocol)
    if not all(map(find_spec, NEEDED)):
        raise MissingExtraError("faust-otel demo", extra="demo")
    from .show import show

    plain = arguments.plain or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    live = sys.stdout.isatty() and not plain
    return show(rate=arguments.rate, seconds=arguments.seconds, exporting=exporting, live=live)


def _check_number(name: str, value: float) -> None:
    if not (math.isfinite(value) and value > 0):
        raise ConfigurationError(f"{name}={value:g} is not allowed; give a finite number above 0")
