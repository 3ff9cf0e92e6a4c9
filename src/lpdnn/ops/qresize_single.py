"""Images of unsigned integers in another size, between four pixels, by numbers of single precision."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from lpdnn.ir import Array, Cost, LpdnnError, Operator, Sample, TensorType, Types
from lpdnn.ops._integers import drawn
from lpdnn.ops.qresize import MAX_SIDE
from lpdnn.ops.resize import Align  # noqa: TC001  # the spec struct is made of these hints

if TYPE_CHECKING:
    from collections.abc import Sequence


def _scale(size: int, out: int, align: Align) -> tuple[int, int]:
    """Return (p, q): p/q pixels are from one index of the result to the next."""
    return (size - 1, out - 1) if align == "corners" and out > 1 else (size, out)


@dataclass(frozen=True)
class QResizeSingle(Operator):
    """x [N,C,H,W] of u8 sampled at height x width places, bilinearly, in single precision; halves go up.

    Places are those of `resize`; they, their distances from pixels, products and sums are rounded to single
    precision one by one: as TensorFlow Lite's reference kernel has it for u8, alone of all integers.
    """

    NAME: ClassVar[str] = "qresize_single"
    INPUTS: ClassVar[tuple[str, ...]] = ("x",)
    HOST_ONLY: ClassVar[frozenset[str]] = frozenset({"align"})
    TOLERANCE: ClassVar[float] = 0.0

    height: int
    width: int
    align: Align = "half_pixel"

    def infer(self, x: TensorType) -> tuple[TensorType, ...]:
        if x.rank != 4 or x.dtype != "u8":
            message = f"qresize_single needs a 4-D input of u8, not {x}"
            raise LpdnnError(message)
        for side in (*x.shape[2:], self.height, self.width):
            if not 1 <= side <= MAX_SIDE:
                message = f"resizing {x} to {self.height}x{self.width}: sides must be 1 to {MAX_SIDE}"
                raise LpdnnError(message)
        return (x.reshaped(*x.shape[:2], self.height, self.width),)

    def _sources(self, size: int, out: int) -> tuple[Array, Array, Array]:
        """Return for each index of the result the pixel before, the one after, and the part of the latter."""
        pixels, indices = (np.float32(extent) for extent in _scale(size, out, self.align))
        half = np.float32(0.5 if self.align == "half_pixel" else 0)
        place = (np.arange(out, dtype=np.float32) + half) * (pixels / indices) - half
        before = np.maximum(np.floor(place), 0).astype(np.int64)
        after = np.minimum(np.ceil(place), size - 1).astype(np.int64)
        return before, after, place - before.astype(np.float32)

    def reference(self, x: Array) -> tuple[Array, ...]:
        top, bottom, down = self._sources(x.shape[2], self.height)
        left, right, across = self._sources(x.shape[3], self.width)
        rows, one = x.astype(np.float32), np.float32(1)
        upper, lower = rows[:, :, top] * (one - down)[:, None], rows[:, :, bottom] * down[:, None]
        y = upper[..., left] * (one - across) + lower[..., left] * (one - across)
        y = y + upper[..., right] * across + lower[..., right] * across
        return ((y + np.float32(0.5)).astype(x.dtype),)

    def geometry(self, inputs: Types, outputs: tuple[TensorType, ...]) -> dict[str, int | tuple[int, ...]]:
        x = inputs[0]
        assert x is not None
        batch, channels, height, width = x.shape
        return {
            "planes": batch * channels,
            "in_height": height,
            "in_width": width,
            "rows": _scale(height, self.height, self.align),
            "columns": _scale(width, self.width, self.align),
            "centers": int(self.align == "half_pixel"),
        }

    def cost(self, inputs: Types, outputs: tuple[TensorType, ...]) -> Cost:
        count = outputs[0].count
        return Cost(multiplications=8 * count, additions=6 * count)

    @classmethod
    def samples(cls) -> Sequence[Sample]:
        shapes = [((2, 3, 5, 7), 10, 14), ((1, 2, 9, 8), 4, 3), ((1, 1, 6, 5), 7, 13), ((1, 2, 1, 4), 3, 1)]
        aligns: tuple[Align, ...] = ("corners", "half_pixel", "asymmetric")
        return [
            Sample(cls(height, width, align), (drawn(shape, "u8", seed),))
            for seed, (shape, height, width) in enumerate(shapes)
            for align in aligns
        ]
