"""What holds for the project as a whole: its rooms, its words, its front page and its tests."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from pathlib import Path, PurePosixPath

import pytest

import faust_otel
from faust_otel.catalogue import METRICS
from tests.rooms import wrong_imports

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("faust_otel", "tests", "examples", "collector-config", ".ci")
TOP = (
    "*.md",
    "*.toml",
    "*.yaml",
    "LICENSE",
    ".editorconfig",
    ".gitignore",
    ".pre-commit-config.yaml",
)
OPTIONAL = {"confluent_kafka", "grpc", "prometheus_client", "rich"}
MACHINE = re.compile(r"/(?:home|root|work)/")
SENTENCE = re.compile(r"[^.!?]((?![.!?]\s+[A-Z]).)*\.", re.DOTALL)


def python_files(*folders: str) -> list[Path]:
    """Return the Python files below these folders of the project."""
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def relative(path: Path) -> PurePosixPath:
    """Return `path` as it is written in the project."""
    return PurePosixPath(path.relative_to(ROOT).as_posix())


def run_python(*arguments: str) -> str:
    """Return what a fresh interpreter prints."""
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout


def strings(source: str) -> list[tuple[int, str]]:
    """Return line and text of every string constant, docstrings and f-strings among them."""
    return [
        (node.lineno, node.value)
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]


def spelled(source: str, names: list[str]) -> list[tuple[int, str]]:
    """Return line and name for each of `names` that a string in `source` holds as a word."""
    word = re.compile(r"(?<![\w.])(?:" + "|".join(map(re.escape, names)) + r")(?!\.?\w)")
    return [(line, name) for line, text in strings(source) for name in word.findall(text)]


def badly_told(source: str) -> list[str]:
    """Return the names of the test functions in `source` whose docstring is not one sentence."""
    return [
        node.name
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.name.startswith("test_")
        and not SENTENCE.fullmatch(ast.get_docstring(node) or "")
    ]


def test_imports_go_only_from_a_later_room_to_an_earlier_one() -> None:
    """No module imports from a later room, nor a package that is closed to its own room."""
    files = python_files("faust_otel")
    assert [
        line for path in files for line in wrong_imports(path.read_text("utf-8"), relative(path))
    ] == []


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("faust_otel/state/store.py", "import faust"),
        ("faust_otel/state/store.py", "from mode.utils import times"),
        ("faust_otel/state/store.py", "from opentelemetry import metrics"),
        ("faust_otel/state/store.py", "from faust_otel import Monitor"),
        ("faust_otel/state/store.py", "from ..sensors import monitor"),
        ("faust_otel/state/__init__.py", "from ..pipeline.reader import Reader"),
        ("faust_otel/catalogue.py", "from faust_otel.state.store import Store"),
        ("faust_otel/pipeline/reader.py", "from faust_otel.sensors.monitor import Monitor"),
        ("faust_otel/tracing/spans.py", "from faust_otel.state.store import Store"),
        ("faust_otel/tracing/spans.py", "def late():\n    import opentelemetry.sdk.trace"),
        ("faust_otel/sensors/monitor.py", "if TYPE_CHECKING:\n    from opentelemetry import sdk"),
        ("faust_otel/sensors/monitor.py", "from faust_otel.outputs import otlp"),
        ("faust_otel/outputs/otlp.py", "import faust_otel.cli"),
    ],
)
def test_an_import_against_the_rooms_is_found(path: str, source: str) -> None:
    """Each of these imports, placed in that file, is reported once."""
    assert len(wrong_imports(source, PurePosixPath(path))) == 1


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("faust_otel/__init__.py", "from .sensors.monitor import Monitor"),
        ("faust_otel/catalogue.py", "from faust_otel.attributes import TOPIC"),
        ("faust_otel/state/store.py", "from faust_otel import catalogue\nfrom . import histogram"),
        ("faust_otel/state/store.py", "import faustless"),
        ("faust_otel/pipeline/reader.py", "from opentelemetry.sdk.metrics import MeterProvider"),
        ("faust_otel/sensors/monitor.py", "import faust\nfrom faust_otel.state.store import Store"),
        ("faust_otel/cli/demo.py", "from faust_otel.testing import EmbeddedBroker"),
    ],
)
def test_an_import_along_the_rooms_is_allowed(path: str, source: str) -> None:
    """None of these imports, placed in that file, is reported."""
    assert wrong_imports(source, PurePosixPath(path)) == []


def test_no_file_is_over_300_lines() -> None:
    """A Python file of the package, the tests or the examples has 300 lines at most."""
    counts = {
        str(relative(path)): len(path.read_text("utf-8").splitlines())
        for path in python_files("faust_otel", "tests", "examples")
    }
    assert {path: count for path, count in counts.items() if count > 300} == {}


def test_metric_names_are_spelled_in_one_file() -> None:
    """No string of the package but those in the catalogue holds the name of a metric."""
    names = [metric.name for metric in METRICS]
    assert [
        (str(relative(path)), line, name)
        for path in python_files("faust_otel")
        if path.name != "catalogue.py"
        for line, name in spelled(path.read_text("utf-8"), names)
    ] == []


def test_a_metric_name_spelled_a_second_time_is_found() -> None:
    """A name is found as a whole word in any string, and not as the beginning of a longer one."""
    source = 'a = "faust.lag"\nb = f"{x}: faust.lag."\nc = "faust.lag.x my.faust.lag faust.lags"'
    assert spelled(source, ["faust.lag"]) == [(1, "faust.lag"), (2, "faust.lag")]


def test_the_front_page_is_sorted_and_complete() -> None:
    """The public names are sorted without repetition, and each of them can be had."""
    names = faust_otel.__all__
    assert sorted(set(names)) == list(names)
    assert [name for name in names if not hasattr(faust_otel, name)] == []


def test_importing_the_package_loads_no_optional_package() -> None:
    """A fresh interpreter that imported the package has loaded nothing that only some need."""
    loaded = run_python("-c", "import faust_otel, json, sys; print(json.dumps([*sys.modules]))")
    assert OPTIONAL.intersection(json.loads(loaded)) == set()


def test_the_readme_shows_the_catalogue() -> None:
    """The README's table of metrics is the one the catalogue prints."""
    readme = (ROOT / "README.md").read_text("utf-8")
    table = re.findall(r"<!-- metrics:begin -->\n(.*?)<!-- metrics:end -->", readme, re.DOTALL)
    assert [run_python("-m", "faust_otel.catalogue")] == table, "run `python .ci/readme.py`"


def test_every_test_says_in_one_sentence_what_must_hold() -> None:
    """The docstring of every test function is one sentence."""
    assert [
        (str(relative(path)), name)
        for path in python_files("tests")
        for name in badly_told(path.read_text("utf-8"))
    ] == []


@pytest.mark.parametrize("docstring", ["", '"""No full stop"""', '"""One.  Two are too many."""'])
def test_a_test_without_its_sentence_is_found(docstring: str) -> None:
    """A test with no docstring, half a sentence or two sentences is reported by its name."""
    assert badly_told(f"async def test_it():\n    {docstring or 'pass'}") == ["test_it"]


def test_no_file_names_a_path_of_one_machine() -> None:
    """No text file of the project names a folder that only one machine has."""
    below = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*")]
    top = [path for name in TOP for path in ROOT.glob(name)]
    texts = [path for path in [*below, *top] if path.is_file() and path.suffix != ".pyc"]
    assert [
        str(relative(path))
        for path in texts
        if MACHINE.search(path.read_bytes().decode(errors="replace"))
    ] == []
