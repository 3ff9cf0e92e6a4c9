"""Elements picked by index."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from lpdnn.ir import Array, Cost, Operator, Sample, TensorType, Types
from lpdnn.ops._blocks import blocks
from lpdnn.ops._checks import axis_of, indices

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class Gather(Operator):
    """x[..., i, ...] for every index i: the axis is replaced by the axes of the indices.

    Indices are whole numbers stored as float, or s32 where x holds integers; negative ones count from the
    end. The kernel refuses others.
    """

    NAME: ClassVar[str] = "gather"
    INPUTS: ClassVar[tuple[str, ...]] = ("x", "index")
    HOST_ONLY: ClassVar[frozenset[str]] = frozenset({"axis"})
    TOLERANCE: ClassVar[float] = 0.0

    axis: int = 0

    def infer(self, x: TensorType, index: TensorType) -> tuple[TensorType, ...]:
        axis = axis_of(x, self.axis)
        indices(x, index)
        return (TensorType((*x.shape[:axis], *index.shape, *x.shape[axis + 1 :]), x.dtype),)

    def reference(self, x: Array, index: Array) -> tuple[Array, ...]:
        return (np.ascontiguousarray(np.take(x, index.astype(np.int64), axis=self.axis)),)

    def geometry(self, inputs: Types, outputs: tuple[TensorType, ...]) -> dict[str, int | tuple[int, ...]]:
        x, index = inputs
        assert x is not None
        assert index is not None
        outer, size, inner = blocks(x.shape, self.axis)
        return {"outer": outer, "size": size, "inner": inner, "count": index.count}

    def cost(self, inputs: Types, outputs: tuple[TensorType, ...]) -> Cost:
        return Cost()

    @classmethod
    def samples(cls) -> Sequence[Sample]:
        return [
            Sample(cls(1), ((2, 5, 3), np.array([4, 0, 0, -1], np.float32))),
            Sample(cls(0), ((4, 3), np.array([[1, 3], [-4, 2]], np.float32))),
            Sample(cls(2), ((2, 3, 7), np.array(3.0, np.float32))),
        ]
