"""``python -m faust_otel.cli`` is ``faust-otel``."""

from __future__ import annotations

import sys

from . import main

sys.exit(main())
