"""Replacing attributes of one object for a while, and putting them back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["Patches"]


class _Patch(NamedTuple):
    """One replacement: what was there, whether in the object itself, and what is there now."""

    owner: Any
    name: str
    before: Any
    was_own: bool
    after: Any

    def undo(self) -> None:
        """Put back what was there, unless somebody else has replaced it since."""
        if vars(self.owner).get(self.name) is not self.after:
            return
        if self.was_own:
            setattr(self.owner, self.name, self.before)
        else:
            delattr(self.owner, self.name)


class Patches:
    """Replacements on single objects; classes, and other apps, never see them."""

    def __init__(self) -> None:
        self._done: dict[tuple[int, str], _Patch] = {}

    def replace(self, owner: Any, name: str, make: Callable[[Any], Any]) -> None:
        """Set ``owner.name`` to what `make` returns for its present value, once.

        Again, or for an object that has no such attribute, it does nothing.
        """
        # The patch keeps its owner alive, so no other object gets this id.
        key = (id(owner), name)
        if key in self._done or not hasattr(owner, name):
            return
        was_own = name in vars(owner)
        before = getattr(owner, name)
        after = make(before)
        setattr(owner, name, after)
        self._done[key] = _Patch(owner, name, before, was_own, after)

    def undo(self, *, but: Iterable[Any] = ()) -> None:
        """Put everything back, except on the objects in `but`."""
        spared = {id(owner) for owner in but}
        for key, patch in reversed(list(self._done.items())):
            if key[0] not in spared:
                del self._done[key]
                patch.undo()
