"""Images of integers in another size, between four pixels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from lpdnn.ir import Array, Cost, LpdnnError, Operator, Sample, TensorType, Types
from lpdnn.ops._integers import NARROW, activations, drawn
from lpdnn.ops.resize import Align  # noqa: TC001  # the spec struct is made of these hints

if TYPE_CHECKING:
    from collections.abc import Sequence

PIXEL = 2**10
"""Places are in such parts of a pixel."""
MAX_SIDE = 2**14 - 1
"""Longest side: places fit into 32 bits."""


def scale(size: int, out: int, align: Align) -> tuple[int, int]:
    """Return (p, q): p/q pixels are from one index of the result to the next."""
    return (size - 1, out - 1) if align == "corners" and out > 1 else (size, out)


def _steps(size: int, out: int, align: Align) -> tuple[int, int]:
    """Return (a, b): index i of the result is taken from a i + b."""
    whole, parts = scale(size, out, align)
    step = (PIXEL * whole + parts // 2) // parts
    return step, step // 2 - PIXEL // 2 if align == "half_pixel" else 0


@dataclass(frozen=True)
class QResize(Operator):
    """x [N,C,H,W] sampled at height x width places, bilinearly between four pixels, rounded to the nearest.

    Ties go away from zero. Places are those of `resize`, in steps of 1/1024 of a pixel, the step from one to
    the next rounded to such: as TensorFlow Lite's reference kernels compute them.
    """

    NAME: ClassVar[str] = "qresize"
    INPUTS: ClassVar[tuple[str, ...]] = ("x",)
    HOST_ONLY: ClassVar[frozenset[str]] = frozenset({"align"})
    TOLERANCE: ClassVar[float] = 0.0

    height: int
    width: int
    align: Align = "half_pixel"

    def infer(self, x: TensorType) -> tuple[TensorType, ...]:
        activations(x)
        if x.rank != 4:
            message = f"qresize needs a 4-D input, not {x}"
            raise LpdnnError(message)
        for side in (*x.shape[2:], self.height, self.width):
            if not 1 <= side <= MAX_SIDE:
                message = f"resizing {x} to {self.height}x{self.width}: sides must be 1 to {MAX_SIDE}"
                raise LpdnnError(message)
        return (x.reshaped(*x.shape[:2], self.height, self.width),)

    def _sources(self, size: int, out: int) -> tuple[Array, Array, Array]:
        """Return for each index of the result the pixel before, the one after, and the part of the latter."""
        step, start = _steps(size, out, self.align)
        place = np.clip(step * np.arange(out, dtype=np.int64) + start, 0, PIXEL * (size - 1))
        return place // PIXEL, np.minimum(place // PIXEL + 1, size - 1), place % PIXEL

    def reference(self, x: Array) -> tuple[Array, ...]:
        top, bottom, down = self._sources(x.shape[2], self.height)
        left, right, across = self._sources(x.shape[3], self.width)
        rows = x.astype(np.int64)
        rows = rows[:, :, top] * (PIXEL - down)[:, None] + rows[:, :, bottom] * down[:, None]
        y = rows[..., left] * (PIXEL - across) + rows[..., right] * across
        return ((np.sign(y) * (np.abs(y) + PIXEL**2 // 2 >> 20)).astype(x.dtype),)

    def geometry(self, inputs: Types, outputs: tuple[TensorType, ...]) -> dict[str, int | tuple[int, ...]]:
        x = inputs[0]
        assert x is not None
        batch, channels, height, width = x.shape
        return {
            "planes": batch * channels,
            "in_height": height,
            "in_width": width,
            "rows": _steps(height, self.height, self.align),
            "columns": _steps(width, self.width, self.align),
        }

    def cost(self, inputs: Types, outputs: tuple[TensorType, ...]) -> Cost:
        count = outputs[0].count
        return Cost(multiplications=6 * count, additions=6 * count)

    @classmethod
    def samples(cls) -> Sequence[Sample]:
        shapes = [((2, 3, 5, 7), 10, 14), ((1, 2, 9, 8), 4, 3), ((1, 1, 6, 5), 7, 13), ((1, 2, 1, 4), 3, 1)]
        aligns: tuple[Align, ...] = ("corners", "half_pixel", "asymmetric")
        return [
            Sample(cls(height, width, align), (drawn(shape, dtype, seed),))
            for dtype in NARROW
            for seed, (shape, height, width) in enumerate(shapes)
            for align in aligns
        ]
