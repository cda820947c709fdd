"""The version of the distribution and of the instrumentation scope, written once."""

__version__ = "0.1.0"
