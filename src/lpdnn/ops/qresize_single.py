"""Images of unsigned integers in another size, between four pixels, by numbers of single precision."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from lpdnn.ir import Array, Cost, LpdnnError, Sample, TensorType, Types
from lpdnn.ops.qresize import QResize, scale

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class QResizeSingle(QResize):
    """x [N,C,H,W] of u8 sampled at height x width places, bilinearly, in single precision; halves go up.

    Places are those of `resize`; they, their distances from pixels, products and sums are rounded to single
    precision one by one: as TensorFlow Lite's reference kernel has it for u8, alone of all integers.
    """

    NAME: ClassVar[str] = "qresize_single"

    def infer(self, x: TensorType) -> tuple[TensorType, ...]:
        if x.dtype != "u8":
            message = f"qresize_single needs an input of u8, not {x}"
            raise LpdnnError(message)
        return super().infer(x)

    def _sources(self, size: int, out: int) -> tuple[Array, Array, Array]:
        """Return for each index of the result the pixel before, the one after, and the part of the latter."""
        pixels, indices = (np.float32(extent) for extent in scale(size, out, self.align))
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
        return {
            **super().geometry(inputs, outputs),
            "rows": scale(x.shape[2], self.height, self.align),
            "columns": scale(x.shape[3], self.width, self.align),
            "centers": int(self.align == "half_pixel"),
        }

    def cost(self, inputs: Types, outputs: tuple[TensorType, ...]) -> Cost:
        count = outputs[0].count
        return Cost(multiplications=8 * count, additions=6 * count)

    @classmethod
    def samples(cls) -> Sequence[Sample]:
        drawn = ((one, one.inputs[0]) for one in super().samples())
        return [one for one, x in drawn if isinstance(x, np.ndarray) and x.dtype == np.uint8]
