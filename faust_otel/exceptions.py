"""Every error this package raises: what went wrong, with which value, and what to do."""

from __future__ import annotations

__all__ = ["ConfigurationError", "FaustOTelError", "MissingExtraError"]


class FaustOTelError(Exception):
    """Base of all errors raised by faust-otel."""


class ConfigurationError(FaustOTelError, ValueError):
    """An argument or environment variable has a value that cannot work."""


class MissingExtraError(FaustOTelError, ImportError):
    """A feature was used whose optional packages are not installed."""

    def __init__(self, what: str, *, extra: str) -> None:
        super().__init__(
            f"{what} needs packages that are not installed; "
            f"install them with: pip install 'faust-otel[{extra}]'"
        )
        self.extra = extra
