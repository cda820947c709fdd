"""Replacements on single objects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from faust_otel.sensors.probe.patches import Patches

if TYPE_CHECKING:
    from collections.abc import Callable


class Owner:
    """Has a method by its class, and perhaps one of its own."""

    def method(self) -> str:
        return "class"


def wrap(before: Callable[[], str]) -> Callable[[], str]:
    """Return a method that says it comes before `before`."""
    return lambda: f"ours, {before()}"


def test_a_replacement_is_put_back() -> None:
    """A method of the class is the class's again, and one of the object is the object's."""
    plain, special = Owner(), Owner()
    own = vars(special)["method"] = lambda: "own"
    patches = Patches()
    for owner in (plain, special):
        patches.replace(owner, "method", wrap)
    assert (plain.method(), special.method()) == ("ours, class", "ours, own")
    assert Owner().method() == "class"
    patches.undo()
    assert vars(plain) == {}
    assert vars(special) == {"method": own}


def test_what_is_replaced_stays_replaced_once() -> None:
    """Replacing again does nothing, until it was put back."""
    owner, patches = Owner(), Patches()
    for _ in range(2):
        patches.replace(owner, "method", wrap)
    assert owner.method() == "ours, class"
    patches.undo()
    patches.replace(owner, "method", wrap)
    assert owner.method() == "ours, class"


def test_a_missing_attribute_is_left_missing() -> None:
    """Nothing is made of what another version of Faust does not have."""
    owner, patches = Owner(), Patches()
    patches.replace(owner, "other", wrap)
    patches.undo()
    assert vars(owner) == {}


def test_what_somebody_else_replaced_since_is_left_alone() -> None:
    """A wrapper over ours stays, and so does the rest of the chain."""
    owner, patches = Owner(), Patches()
    patches.replace(owner, "method", wrap)
    ours = owner.method
    theirs = vars(owner)["method"] = lambda: f"theirs, {ours()}"
    patches.undo()
    assert vars(owner) == {"method": theirs}
    assert owner.method() == "theirs, ours, class"


def test_some_objects_can_be_spared() -> None:
    """Only what is not spared is put back, and it can be replaced anew."""
    kept, gone = Owner(), Owner()
    patches = Patches()
    for owner in (kept, gone):
        patches.replace(owner, "method", wrap)
    patches.undo(but=[kept])
    assert (kept.method(), gone.method()) == ("ours, class", "class")
    patches.undo()
    assert kept.method() == "class"


def test_replacements_of_one_attribute_are_undone_from_the_last() -> None:
    """Two sets of replacements that are undone in the reverse order leave nothing."""
    owner: Any = Owner()
    first, second = Patches(), Patches()
    first.replace(owner, "method", wrap)
    second.replace(owner, "method", wrap)
    assert owner.method() == "ours, ours, class"
    second.undo()
    first.undo()
    assert vars(owner) == {}
