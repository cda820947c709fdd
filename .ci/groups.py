"""Count the tests of each group in a JUnit report; fail when an expected group ran nothing.

Called as ``groups.py REPORT GROUP...``. Each test's group is the report's property ``group``, which
``tests/conftest.py`` writes. A skipped test did not run.
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree as ET


def groups(report: str) -> tuple[Counter[str], Counter[str]]:
    """Return how many tests of each group ran and how many were skipped."""
    ran: Counter[str] = Counter()
    skipped: Counter[str] = Counter()
    # The report was written by pytest a moment ago: nobody else's XML is read here.
    for case in ET.fromstring(report).iter("testcase"):  # noqa: S314
        mark = case.find("./properties/property[@name='group']")
        name = "no group" if mark is None else mark.get("value", "no group")
        (ran if case.find("skipped") is None else skipped)[name] += 1
    return ran, skipped


def main(path: str, *expected: str) -> int:
    """Print one line per group; return 1 when one of `expected` ran no test, else 0."""
    report = Path(path)
    if not report.is_file():
        print(f"no report at {path}: the tests did not get as far as writing one")
        return 1
    ran, skipped = groups(report.read_text("utf-8"))
    for name in sorted({*ran, *skipped, *expected}):
        print(f"group {name}: {ran[name]} ran, {skipped[name]} skipped")
    empty = [name for name in expected if not ran[name]]
    for name in empty:
        print(f"FAILED: the group '{name}' ran no test, and it was expected to")
    return 1 if empty else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
