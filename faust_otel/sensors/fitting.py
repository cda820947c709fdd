"""Overrides that take other arguments than Faust passes, fitted to them.

The contract writes hooks with fewer arguments (``on_stream_event_out`` without state,
``on_send_initiated`` without sizes). They are fitted once, when a class is made or a sensor is
added, not per call.
"""

from __future__ import annotations

import inspect
import logging
from functools import wraps
from typing import TYPE_CHECKING, Any

from faust.sensors import Sensor as FaustSensor

from faust_otel.exceptions import ConfigurationError

from .hooks import HOOKS, KEYWORDS, OPENING, returning_opened
from .kept import Keeper

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["fit", "fit_class", "is_async"]

logger = logging.getLogger(__name__)

_Kind = inspect.Parameter


def fit(hook: str, function: Callable[..., Any], *, bound: bool) -> Callable[..., Any]:
    """Return `function` if it takes what Faust passes to `hook`, else one that hands on less.

    `bound` says that `function` needs no self. Raises ConfigurationError when it asks for an
    argument that Faust does not pass.
    """
    try:
        signature = inspect.signature(function, follow_wrapped=False)
        if any(each.kind is _Kind.VAR_POSITIONAL for each in signature.parameters.values()):
            signature = inspect.signature(function)  # a decorator's: what is decorated counts
    except (TypeError, ValueError):
        return function  # written in C: taken at its word
    me = () if bound else ("self",)
    try:
        signature.bind(*me, *HOOKS[hook], **dict.fromkeys(KEYWORDS.get(hook, ())))
    except TypeError:
        return _handing_on_less(function, hook=hook, me=me, signature=signature)
    return function


def _handing_on_less(
    function: Callable[..., Any], *, hook: str, me: tuple[str, ...], signature: inspect.Signature
) -> Callable[..., Any]:
    by_position = (*me, *HOOKS[hook])
    passed = (*by_position, *KEYWORDS.get(hook, ()))
    taken, named = _arguments(function, signature=signature, passed=passed, me=me)

    @wraps(function)
    def fitted(*args: Any, **kwargs: Any) -> Any:
        if not kwargs and not named:
            return function(*args[: len(taken)])
        given = {**dict(zip(by_position, args, strict=False)), **kwargs}
        positional = [given[name] for name in taken if name in given]
        return function(*positional, **{name: given[name] for name in named if name in given})

    # What it takes now, for whoever looks: another delegate must not fit it once more.
    fitted.__signature__ = inspect.signature(fitted, follow_wrapped=False)  # type: ignore[attr-defined]  # functions take attributes
    return fitted


def _arguments(
    function: Callable[..., Any],
    *,
    signature: inspect.Signature,
    passed: tuple[str, ...],
    me: tuple[str, ...],
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return which of the arguments `passed` the function takes by position, and which by name."""
    parameters = signature.parameters.values()
    kinds = {each.kind for each in parameters}
    positional = [
        each
        for each in parameters
        if each.kind in (_Kind.POSITIONAL_ONLY, _Kind.POSITIONAL_OR_KEYWORD)
    ]
    taken = passed if _Kind.VAR_POSITIONAL in kinds else passed[: len(positional)]
    keywords = [each for each in parameters if each.kind is _Kind.KEYWORD_ONLY]
    asked = [*positional[len(passed) :], *(each for each in keywords if each.name not in passed)]
    missing = [each.name for each in asked if each.default is each.empty]
    if len(taken) < len(me):
        missing.append("no self")
    if missing:
        raise ConfigurationError(
            f"{getattr(function, '__qualname__', function)} asks for {', '.join(missing)}; "
            f"what Faust passes is {', '.join(passed)}"
        )
    if _Kind.VAR_KEYWORD in kinds:
        return taken, passed[len(taken) :]
    return taken, tuple(each.name for each in keywords if each.name in passed)


def is_async(function: Any) -> bool:
    """Tell whether calling `function` would only make a coroutine, which Faust never awaits."""
    return inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function)


def say_async(owner: str, hook: str) -> None:
    """Tell that a hook is not called since it is async."""
    logger.error(
        "%s.%s is async and is not called: Faust calls hooks without awaiting them; "
        "make it a plain function",
        owner,
        hook,
    )


def fit_class(cls: type) -> None:
    """Fit the hooks that a class defines, or has from a base that is no sensor."""
    for hook in HOOKS:
        found = next((base for base in cls.__mro__ if hook in vars(base)), cls)
        if found is not cls and issubclass(found, (FaustSensor, Keeper)):
            continue  # fitted when it was made, or made to fit
        override = vars(found).get(hook)
        function = getattr(override, "__func__", override)
        if not inspect.isfunction(function):
            continue
        if is_async(function):
            say_async(cls.__name__, hook)
            setattr(cls, hook, _inherited(hook, cls.__mro__[cls.__mro__.index(found) + 1 :]))
        elif isinstance(override, (staticmethod, classmethod)):
            bound = isinstance(override, staticmethod)
            setattr(cls, hook, type(override)(fit(hook, function, bound=bound)))
        else:
            fitted = fit(hook, function, bound=False)
            if hook in OPENING and hook != "on_stream_event_in":
                fitted = returning_opened(fitted)
            if fitted is not override:
                setattr(cls, hook, fitted)


def _inherited(hook: str, bases: Iterable[type]) -> Any:
    return next(vars(base)[hook] for base in bases if hook in vars(base))
