"""Base-2 exponential histograms of durations, as OpenTelemetry's data model defines them.

With ``base = 2 ** (2 ** -scale)``, bucket ``i`` holds the values in
``(base ** i, base ** (i + 1)]``; zeros are counted apart. One scale finer splits every bucket in
two, so a coarser histogram is had by shifting indices to the right.

https://opentelemetry.io/docs/specs/otel/metrics/data-model/#exponentialhistogram
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from math import ceil, frexp, log2
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

FINEST_SCALE = 20  # the specification's own: indices still fit the signed 32 bits of OTLP
COARSEST_SCALE = -10  # there the smallest possible size, two buckets, holds every float
SMALLEST_MAX_SIZE = 2  # the buckets below and above 1 never become one, at no scale
DEFAULT_MAX_SIZE = 160

_SMALLEST = sys.float_info.min
_LARGEST = sys.float_info.max
_PER_OCTAVE = 1 << FINEST_SCALE


@dataclass(frozen=True, slots=True, kw_only=True)
class ExponentialSnapshot:
    """What an exponential histogram held at one moment.

    ``counts[k]`` belongs to bucket ``offset + k`` at ``scale``; without any, ``offset`` is 0.
    """

    scale: int
    zero_count: int
    offset: int
    counts: tuple[int, ...]

    @property
    def count(self) -> int:
        """Number of values, zeros included."""
        return self.zero_count + sum(self.counts)

    def downscale(self, to_scale: int) -> ExponentialSnapshot:
        """The same values at a coarser scale.

        Raises ``ValueError`` when `to_scale` is finer than the present scale.
        """
        if to_scale > self.scale:
            raise ValueError(f"cannot refine a histogram from scale {self.scale} to {to_scale}")
        if to_scale == self.scale:
            return self
        offset, counts = _merged(self.offset, counts=self.counts, shift=self.scale - to_scale)
        return ExponentialSnapshot(
            scale=to_scale, zero_count=self.zero_count, offset=offset, counts=tuple(counts)
        )

    def minus(self, earlier: ExponentialSnapshot) -> ExponentialSnapshot:
        """The values that came after `earlier`, at the coarser of the two scales.

        Empty outer buckets are left out. Raises ``ValueError`` when `earlier` holds what this
        snapshot does not, so cannot be its past.
        """
        scale = min(self.scale, earlier.scale)
        now, past = self.downscale(scale), earlier.downscale(scale)
        remaining = dict(enumerate(now.counts, now.offset))
        for index, count in enumerate(past.counts, past.offset):
            remaining[index] = remaining.get(index, 0) - count
        zero_count = now.zero_count - past.zero_count
        if zero_count < 0 or any(count < 0 for count in remaining.values()):
            raise ValueError("the earlier snapshot is not from the past of this one")
        filled = [index for index, count in remaining.items() if count]
        low, high = (min(filled), max(filled) + 1) if filled else (0, 0)
        counts = tuple(remaining[index] for index in range(low, high))
        return ExponentialSnapshot(scale=scale, zero_count=zero_count, offset=low, counts=counts)


class ExponentialBuckets:
    """A growing exponential histogram of values >= 0.

    It starts at `max_scale` and stays at the finest scale that fits in `max_size` buckets. What it
    holds depends only on the values, not on their order nor on how they were portioned. It has no
    lock: the caller holds one. Raises ``ValueError`` when `max_size` is below 2, or `max_scale`
    outside -10 to 20.
    """

    __slots__ = ("_max_size", "counts", "offset", "scale", "zero_count")

    def __init__(self, *, max_size: int = DEFAULT_MAX_SIZE, max_scale: int = FINEST_SCALE) -> None:
        if max_size < SMALLEST_MAX_SIZE:
            raise ValueError(f"max_size must be at least {SMALLEST_MAX_SIZE}, not {max_size}")
        if not COARSEST_SCALE <= max_scale <= FINEST_SCALE:
            raise ValueError(
                f"max_scale must be from {COARSEST_SCALE} to {FINEST_SCALE}, not {max_scale}"
            )
        self._max_size = max_size
        self.scale = max_scale
        self.zero_count = 0
        self.offset = 0
        self.counts: list[int] = []

    @property
    def count(self) -> int:
        """Number of values, zeros included."""
        return self.zero_count + sum(self.counts)

    def fold(self, values: Iterable[float]) -> None:
        """Add all `values`, finite and >= 0.

        Never raises: what is below zero counts as zero, and what is not finite is left out.
        """
        given = list(values)
        normal = [value for value in given if _SMALLEST <= value <= _LARGEST]
        if len(normal) != len(given):
            self._fold_rest(given, normal=normal)
        if not normal:
            return
        # The mantissa's logarithm is scaled by a power of two, hence exactly, and lies in [-1, 0]:
        # powers of two and their neighbours land where they belong, whatever their exponent.
        per_octave = _PER_OCTAVE
        indices = [
            exponent * per_octave + ceil(log2(mantissa) * per_octave) - 1
            for mantissa, exponent in map(frexp, normal)
        ]
        self._make_room(min(indices), highest=max(indices))
        counts, offset, shift = self.counts, self.offset, FINEST_SCALE - self.scale
        for index in indices:
            counts[(index >> shift) - offset] += 1

    def snapshot(self) -> ExponentialSnapshot:
        """A copy that later values do not change."""
        return ExponentialSnapshot(
            scale=self.scale,
            zero_count=self.zero_count,
            offset=self.offset,
            counts=tuple(self.counts),
        )

    def _fold_rest(self, given: list[float], *, normal: list[float]) -> None:
        """Count the zeros in `given`, and add its subnormal values to `normal`.

        They are rounded up to the smallest normal value, as the data model allows.
        """
        subnormal = sum(0.0 < value < _SMALLEST for value in given)
        normal.extend([_SMALLEST] * subnormal)
        self.zero_count += sum(-_LARGEST <= value <= 0.0 for value in given)

    def _make_room(self, lowest: int, *, highest: int) -> None:
        """Make buckets for the indices from `lowest` to `highest`, given at the finest scale."""
        shift = FINEST_SCALE - self.scale
        low, high = lowest >> shift, highest >> shift
        if self.counts:
            low, high = min(low, self.offset), max(high, self.offset + len(self.counts) - 1)
        if high - low < len(self.counts):
            return
        coarser = 0
        while (high >> coarser) - (low >> coarser) >= self._max_size:
            coarser += 1
        low, high = low >> coarser, high >> coarser
        offset, counts = _merged(self.offset, counts=self.counts, shift=coarser)
        before = offset - low if counts else 0
        after = high - low + 1 - before - len(counts)
        self.scale -= coarser
        self.offset = low
        self.counts = [0] * before + counts + [0] * after


def _merged(offset: int, *, counts: Sequence[int], shift: int) -> tuple[int, list[int]]:
    """Offset and counts once every ``2 ** shift`` neighbouring buckets have become one."""
    if not counts:
        return 0, []
    low, high = offset >> shift, (offset + len(counts) - 1) >> shift
    merged = [0] * (high - low + 1)
    for index, count in enumerate(counts, offset):
        merged[(index >> shift) - low] += count
    return low, merged
