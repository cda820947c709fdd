"""Write the table that ``python -m faust_otel.catalogue`` prints into the README."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BETWEEN = re.compile(r"(?<=<!-- metrics:begin -->\n).*?(?=<!-- metrics:end -->)", re.DOTALL)


def main() -> None:
    """Replace what stands between the README's two markers."""
    readme = ROOT / "README.md"
    command = [sys.executable, "-m", "faust_otel.catalogue"]
    table = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    text, found = BETWEEN.subn(lambda _: table, readme.read_text("utf-8"))
    if found != 1:
        sys.exit("README.md must hold <!-- metrics:begin --> and <!-- metrics:end --> once each")
    readme.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
