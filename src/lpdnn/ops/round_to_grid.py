"""Rounding to the numbers that a format can hold: how a network with integers is simulated in floating point."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from lpdnn.ir import Array, Cost, LpdnnError, Operator, Sample, TensorType, Types

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class RoundToGrid(Operator):
    """y = x rounded to the grid [4] of scale, 1 / scale, least and greatest step; scale 0 leaves x as it is.

    Rounding is to the nearest step, ties away from zero; all in fp32. The grid is data, so that formats can
    change under a program that is compiled.
    """

    NAME: ClassVar[str] = "round_to_grid"
    INPUTS: ClassVar[tuple[str, ...]] = ("x", "grid")
    PARAMETERS: ClassVar[frozenset[str]] = frozenset({"grid"})

    def infer(self, x: TensorType, grid: TensorType) -> tuple[TensorType, ...]:
        if grid.shape != (4,):
            message = f"grid {grid} is not the four numbers scale, 1 / scale, least and greatest step"
            raise LpdnnError(message)
        return (x,)

    def reference(self, x: Array, grid: Array) -> tuple[Array, ...]:
        scale, inverse, least, greatest = grid
        if scale == 0:
            return (x,)
        steps = x * inverse
        steps = np.where(steps > least, steps, least)
        steps = np.where(steps < greatest, steps, greatest)
        return (scale * np.trunc(steps + np.copysign(np.float32(0.5), steps)),)

    def geometry(self, inputs: Types, outputs: tuple[TensorType, ...]) -> dict[str, int | tuple[int, ...]]:
        return {"count": outputs[0].elements}

    def cost(self, inputs: Types, outputs: tuple[TensorType, ...]) -> Cost:
        count = outputs[0].count
        return Cost(multiplications=2 * count, additions=count, comparisons=2 * count)

    @classmethod
    def samples(cls) -> Sequence[Sample]:
        ties = np.arange(-12, 12, 0.5, dtype=np.float32).reshape(1, 2, 4, 6)
        return [
            Sample(cls(), ((2, 5, 3, 7), np.array([0.25, 4, -4, 3], np.float32))),
            Sample(cls(), ((1, 3, 5, 5), np.array([0.1, 10, 0, 255], np.float32))),
            Sample(cls(), ((1, 8, 3, 3), np.array([0, 0, 0, 0], np.float32))),
            Sample(cls(), (ties, np.array([1, 1, -8, 7], np.float32))),
            Sample(cls(), ((37,), np.array([2**-12, 2**12, -32768, 32767], np.float32)), spread=5.0),
        ]
