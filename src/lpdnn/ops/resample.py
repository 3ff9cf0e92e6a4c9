"""One axis sampled anew, each sample a weighted sum of a few elements."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from lpdnn.ir import Array, Cost, LpdnnError, Operator, Sample, TensorType, Types
from lpdnn.ops._blocks import blocks
from lpdnn.ops._checks import axis_of, finite, real

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class Resample(Operator):
    """y[i] = shift[i] + sum over t of weights[i,t] x[places[i,t]] along an axis, with `taps` terms each.

    Every way of resizing that treats axes one by one is this: nearest has one tap, linear two, cubic four,
    and one that smooths as it shrinks has more. `shift` may be empty.
    """

    NAME: ClassVar[str] = "resample"
    INPUTS: ClassVar[tuple[str, ...]] = ("x",)
    HOST_ONLY: ClassVar[frozenset[str]] = frozenset({"axis"})

    axis: int
    taps: int
    places: tuple[int, ...]
    weights: tuple[float, ...]
    shift: tuple[float, ...] = ()

    def infer(self, x: TensorType) -> tuple[TensorType, ...]:
        axis = axis_of(x, self.axis)
        real(x)
        count = len(self.places) // max(self.taps, 1)
        if self.taps < 1 or count * self.taps != len(self.places) or len(self.weights) != len(self.places):
            message = (
                f"{len(self.places)} places and {len(self.weights)} weights are not {self.taps} a sample"
            )
            raise LpdnnError(message)
        if len(self.shift) not in {0, count}:
            message = f"there are {len(self.shift)} shifts for {count} samples"
            raise LpdnnError(message)
        if self.places and not 0 <= min(self.places) <= max(self.places) < x.shape[axis]:
            message = f"places from {min(self.places)} to {max(self.places)} do not lie on axis {axis} of {x}"
            raise LpdnnError(message)
        for number in (*self.weights, *self.shift):
            finite(weight=number)
        return (x.reshaped(*x.shape[:axis], count, *x.shape[axis + 1 :]),)

    def reference(self, x: Array) -> tuple[Array, ...]:
        places = np.array(self.places).reshape(-1, self.taps)
        weights = np.array(self.weights, np.float32).astype(np.float64).reshape(-1, self.taps)
        rows = np.moveaxis(x.astype(np.float64), self.axis, -1)
        y = np.sum(rows[..., places] * weights, axis=-1)
        if self.shift:
            y = y + np.array(self.shift)
        return (np.ascontiguousarray(np.moveaxis(y, -1, self.axis)).astype(np.float32),)

    def geometry(self, inputs: Types, outputs: tuple[TensorType, ...]) -> dict[str, int | tuple[int, ...]]:
        x = inputs[0]
        assert x is not None
        outer, size, inner = blocks(x.shape, self.axis)
        return {"outer": outer, "size": size, "inner": inner, "samples": outputs[0].shape[self.axis]}

    def cost(self, inputs: Types, outputs: tuple[TensorType, ...]) -> Cost:
        terms = outputs[0].count * self.taps
        return Cost() if self.taps == 1 else Cost(multiplications=terms, additions=terms)

    @classmethod
    def samples(cls) -> Sequence[Sample]:
        return [
            Sample(cls(2, 1, (0, 0, 1, 4, 3), (1.0,) * 5), ((2, 3, 5, 7),)),
            Sample(cls(0, 2, (0, 1, 1, 2), (0.25, 0.75, 0.5, 0.5)), ((3, 4),)),
            Sample(cls(1, 2, (0, 1, 1, 1), (0.25, 0.75, 0.0, 0.0), (0.0, 7.5)), ((3, 2),)),
        ]
