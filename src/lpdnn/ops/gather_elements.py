"""For every element of the result, an index of its own along one axis."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from lpdnn.ir import Array, Cost, LpdnnError, Operator, Sample, TensorType, Types
from lpdnn.ops._checks import axis_of, indices
from lpdnn.ops._strided import few_axes, strides

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class GatherElements(Operator):
    """y[i,j,k] = x[i, index[i,j,k], k] for axis 1; along the other axes the index is no longer than x.

    Indices are whole numbers stored as float, or s32 where x holds integers; negative ones count from the
    end. The kernel refuses others.
    """

    NAME: ClassVar[str] = "gather_elements"
    INPUTS: ClassVar[tuple[str, ...]] = ("x", "index")
    TOLERANCE: ClassVar[float] = 0.0

    axis: int = 0

    def infer(self, x: TensorType, index: TensorType) -> tuple[TensorType, ...]:
        few_axes(x)
        axis_of(x, self.axis)
        indices(x, index)
        fits = x.rank == index.rank and all(
            there <= here or axis == self.axis
            for axis, (here, there) in enumerate(zip(x.shape, index.shape, strict=False))
        )
        if not fits:
            message = f"index {index} does not lie within {x} beside axis {self.axis}"
            raise LpdnnError(message)
        return (x.reshaped(*index.shape),)

    def reference(self, x: Array, index: Array) -> tuple[Array, ...]:
        places: list[Array] = list(np.indices(index.shape))
        places[self.axis] = index.astype(np.int64)
        return (np.ascontiguousarray(x[tuple(places)]),)

    def geometry(self, inputs: Types, outputs: tuple[TensorType, ...]) -> dict[str, int | tuple[int, ...]]:
        x = inputs[0]
        assert x is not None
        steps = list(strides(x.shape))
        along, steps[self.axis] = steps[self.axis], 0
        return {
            "extents": outputs[0].shape,
            "strides": tuple(steps),
            "size": x.shape[self.axis],
            "stride": along,
        }

    def cost(self, inputs: Types, outputs: tuple[TensorType, ...]) -> Cost:
        return Cost()

    @classmethod
    def samples(cls) -> Sequence[Sample]:
        index = np.arange(12, dtype=np.float32).reshape(2, 3, 2) % 5 - 2
        return [
            Sample(cls(1), ((2, 3, 4), index)),
            Sample(cls(0), ((3, 3, 2), index)),
            Sample(cls(2), ((2, 4, 3), index)),
        ]
