"""What Faust tells no hook: attached to an app when it starts, gone when it stops."""

from __future__ import annotations

from .app import AppProbe, app_of

__all__ = ["AppProbe", "app_of"]
