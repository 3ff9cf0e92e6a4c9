"""Winograd's algorithms: tiles, points, and the transform of a filter."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from lpdnn.ir import Array


@dataclass(frozen=True)
class Algorithm:
    """Output pixels of a tile along an axis, filter, points above zero in units of 1/unit, the error allowed.

    Points near 1 whose distances from each other are alike keep the error small. Measured over 64 tiles of
    normal values, 256 channels, 16 filters, relative to the largest output: 6e-7 for F(2x2), 4e-6 for F(4x4)
    (the usual points 1 and 2: 1e-5), 2e-5 for F(6x6).
    """

    size: int
    kernel: int
    points: tuple[int, ...]
    unit: int
    tolerance: float
    stride: int = 1

    @property
    def taps(self) -> int:
        """Taps of the longest phase along an axis: every stride-th of the filter's, from the first."""
        return -(-self.kernel // self.stride)

    @property
    def long(self) -> int:
        """The phases along an axis that have so many taps; the others have one less, and do without infinity."""
        return (self.kernel - 1) % self.stride + 1

    @property
    def span(self) -> int:
        """Points of a tile along an axis: input pixels of each long phase under it."""
        return self.size + self.taps - 1

    @property
    def under(self) -> int:
        """Input pixels under a tile along an axis."""
        return self.stride * (self.span - 1) + self.long

    def points_of(self, span: int) -> tuple[tuple[int, int], ...]:
        """Return (how many, phases that have them) of a span's points along an axis, in order."""
        return ((span, 1),) if self.stride == 1 else ((span - 1, self.stride), (1, self.long))

    def last_span(self, extent: int) -> int:
        """Return the span that the last tile needs along an axis of so many output pixels.

        Its points are the first of a whole tile's: pairs, and 0 if that is a point of both.
        """
        rest = extent - (-(-extent // self.size) - 1) * self.size
        span = rest + self.taps - 1
        return self.span if extent <= self.size else span + (self.span % 2 and span % 2 == 0)

    @property
    def name(self) -> str:
        """What a primitive is called by: 3x3 is the usual filter."""
        of = "" if self.kernel == 3 else f"_{self.kernel}x{self.kernel}"
        stride = "" if self.stride == 1 else f"_stride{self.stride}"
        return f"winograd{self.size}x{self.size}{of}{stride}"

    def weights(self) -> Array:
        """Return G [span, stride, kernel]: phases of filters at (0,) p0, -p0, p1, ..., infinity, scaled."""
        positive = [point / self.unit for point in self.points]
        points = [0.0] * (self.span % 2 == 0) + [sign * point for point in positive for sign in (1, -1)]
        g = np.zeros((self.span, self.stride, self.kernel))
        for tap in range(self.kernel):
            power, phase = divmod(tap, self.stride)
            g[:-1, phase, tap] = [
                point**power / prod(point - other for other in points if other != point) for point in points
            ]
            g[-1, phase, tap] = power == self.taps - 1
        return g


ALGORITHMS = (
    Algorithm(2, 3, (1,), 1, 1e-5),
    Algorithm(4, 3, (2, 4), 3, 3e-5),
    Algorithm(5, 3, (3, 7, 12), 8, 5e-5),
    Algorithm(6, 3, (1, 2, 4), 2, 1e-4),
    Algorithm(2, 5, (2, 4), 3, 3e-5),
    Algorithm(3, 5, (3, 7, 12), 8, 5e-5),
    Algorithm(4, 5, (1, 2, 4), 2, 1e-4),
    Algorithm(2, 3, (1,), 1, 1e-5, 2),
    Algorithm(3, 3, (1,), 1, 1e-5, 2),
    Algorithm(4, 3, (2, 4), 3, 3e-5, 2),
    Algorithm(4, 7, (3, 7, 12), 8, 5e-5, 2),
    Algorithm(5, 11, (3, 7, 12), 8, 5e-5, 4),
)
