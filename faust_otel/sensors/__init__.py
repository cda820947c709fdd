"""What Faust calls: sensors that count, and the delegate that guards them."""

from __future__ import annotations

from .base import Sensor
from .delegate import SensorDelegate
from .monitor import Monitor

__all__ = ["Monitor", "Sensor", "SensorDelegate"]
