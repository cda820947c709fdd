"""Replacing attributes of one object for a while, and putting them back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

__all__ = ["Patches"]


class Patches:
    """Replacements on single objects; classes, and other apps, never see them."""

    def __init__(self) -> None:
        self._done: list[tuple[Any, str, Any, bool, Any]] = []

    def replace(self, owner: Any, name: str, make: Callable[[Any], Any]) -> None:
        """Set ``owner.name`` to what `make` returns for its present value; missing: do nothing."""
        if not hasattr(owner, name):
            return
        was_own = name in vars(owner)
        before = getattr(owner, name)
        after = make(before)
        setattr(owner, name, after)
        self._done.append((owner, name, before, was_own, after))

    def undo(self) -> None:
        """Put everything back that nobody else has replaced since."""
        while self._done:
            owner, name, before, was_own, after = self._done.pop()
            if vars(owner).get(name) is not after:
                continue
            if was_own:
                setattr(owner, name, before)
            else:
                delattr(owner, name)
