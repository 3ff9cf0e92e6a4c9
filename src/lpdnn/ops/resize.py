"""Images in another size."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from lpdnn.ir import Array, Cost, LpdnnError, Operator, Sample, TensorType, Types

if TYPE_CHECKING:
    from collections.abc import Sequence

Align = Literal["corners", "half_pixel", "asymmetric"]
MAX_SIDE = 2**15 - 1
"""Longest side: products of two sides, doubled, fit into the 32 bits of a kernel's index."""


def _source(size: int, out: int, align: Align, *, nearest: bool) -> tuple[int, int, int]:
    """Return (a, b, d): index i of the result is taken from (a i + b) / d, which nearest rounds down."""
    if align == "asymmetric":
        return size, 0, out
    if align == "half_pixel":
        # (i + 1/2) size / out - 1/2; to round to the nearest is to add 1/2 and round down.
        return 2 * size, size if nearest else size - out, 2 * out
    last = max(out - 1, 1)
    return (2 * (size - 1), last, 2 * last) if nearest else (size - 1, 0, last)


@dataclass(frozen=True)
class Resize(Operator):
    """x [N,C,H,W] sampled at height x width places, by the nearest pixel or bilinearly between four.

    Row i is taken at i (H-1)/(height-1) with align corners, (i + 1/2) H/height - 1/2 with half_pixel, i
    H/height with asymmetric, and columns likewise. Nearest rounds halves up, asymmetric nearest rounds down.
    Beyond the border is the border.
    """

    NAME: ClassVar[str] = "resize"
    INPUTS: ClassVar[tuple[str, ...]] = ("x",)
    HOST_ONLY: ClassVar[frozenset[str]] = frozenset({"align"})

    mode: Literal["nearest", "bilinear"]
    height: int
    width: int
    align: Align = "half_pixel"

    def infer(self, x: TensorType) -> tuple[TensorType, ...]:
        if x.rank != 4:
            message = f"resize needs a 4-D input, not {x}"
            raise LpdnnError(message)
        if self.mode == "bilinear" and x.dtype != "f32":
            message = f"what lies between the elements of {x} is no integer; resize it by the nearest"
            raise LpdnnError(message)
        for side in (*x.shape[2:], self.height, self.width):
            if not 1 <= side <= MAX_SIDE:
                message = f"resizing {x} to {self.height}x{self.width}: sides must be 1 to {MAX_SIDE}"
                raise LpdnnError(message)
        return (x.reshaped(*x.shape[:2], self.height, self.width),)

    def _sources(self, size: int, out: int) -> tuple[Array, Array, Array]:
        """Return for each index of the result the pixel before, the one after, and how far it is between."""
        a, b, d = _source(size, out, self.align, nearest=self.mode == "nearest")
        place = np.maximum(a * np.arange(out) + b, 0)
        before = place // d
        return before, np.minimum(before + 1, size - 1), place % d / d

    def reference(self, x: Array) -> tuple[Array, ...]:
        top, bottom, down = self._sources(x.shape[2], self.height)
        left, right, across = self._sources(x.shape[3], self.width)
        if self.mode == "nearest":
            return (x[:, :, top[:, None], left],)
        rows = x.astype(np.float64)
        rows = rows[:, :, top] + down[:, None] * (rows[:, :, bottom] - rows[:, :, top])
        y = rows[..., left] + across * (rows[..., right] - rows[..., left])
        return (y.astype(np.float32),)

    def geometry(self, inputs: Types, outputs: tuple[TensorType, ...]) -> dict[str, int | tuple[int, ...]]:
        x = inputs[0]
        assert x is not None
        batch, channels, height, width = x.shape
        nearest = self.mode == "nearest"
        names = ("step", "offset", "divisor")
        rows = _source(height, self.height, self.align, nearest=nearest)
        columns = _source(width, self.width, self.align, nearest=nearest)
        return {
            "planes": batch * channels,
            "in_height": height,
            "in_width": width,
            **{f"row_{name}": value for name, value in zip(names, rows, strict=True)},
            **{f"column_{name}": value for name, value in zip(names, columns, strict=True)},
        }

    def cost(self, inputs: Types, outputs: tuple[TensorType, ...]) -> Cost:
        count = outputs[0].count
        return Cost() if self.mode == "nearest" else Cost(multiplications=3 * count, additions=6 * count)

    @classmethod
    def samples(cls) -> Sequence[Sample]:
        shapes = [((2, 3, 5, 7), 10, 14), ((1, 2, 9, 8), 4, 3), ((1, 1, 6, 5), 7, 13), ((1, 2, 1, 4), 3, 1)]
        aligns: tuple[Align, ...] = ("corners", "half_pixel", "asymmetric")
        return [
            Sample(cls(mode, height, width, align), (shape,))
            for shape, height, width in shapes
            for align in aligns
            for mode in ("bilinear", "nearest")
        ]
