"""Concatenation along an axis."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from lpdnn.ir import Array, Cost, LpdnnError, Operator, Sample, TensorType, Types
from lpdnn.ops._blocks import blocks
from lpdnn.ops._checks import axis_of

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class Concat(Operator):
    """Tensors one behind the other along an axis."""

    NAME: ClassVar[str] = "concat"
    INPUTS: ClassVar[tuple[str, ...]] = ("x*",)
    HOST_ONLY: ClassVar[frozenset[str]] = frozenset({"axis"})

    axis: int = 1

    def infer(self, *x: TensorType) -> tuple[TensorType, ...]:
        first = x[0]
        axis = axis_of(first, self.axis)
        before, after = first.shape[:axis], first.shape[axis + 1 :]
        for position, tensor in enumerate(x):
            fits = tensor.shape[:axis] == before and tensor.shape[axis + 1 :] == after
            if not fits or (tensor.rank, tensor.dtype) != (first.rank, first.dtype):
                message = (
                    f"input {position} is {tensor}, which does not line up with {first} along axis {axis}"
                )
                raise LpdnnError(message)
        return (first.reshaped(*before, sum(tensor.shape[axis] for tensor in x), *after),)

    def reference(self, *x: Array) -> tuple[Array, ...]:
        return (np.concatenate(x, self.axis),)

    def geometry(self, inputs: Types, outputs: tuple[TensorType, ...]) -> dict[str, int | tuple[int, ...]]:
        outer, _, inner = blocks(outputs[0].shape, self.axis)
        return {
            "outer": outer,
            "inner": inner,
            "sizes": tuple(tensor.shape[self.axis] for tensor in inputs if tensor is not None),
        }

    def parts(self, inputs: Types, outputs: tuple[TensorType, ...]) -> tuple[int, ...] | None:
        starts = []
        begin = [0] * outputs[0].rank
        for x in inputs:
            assert x is not None
            start = outputs[0].run(begin, x.shape) if x.layout == outputs[0].layout else None
            if start is None:
                return None
            starts.append(start)
            begin[self.axis] += x.shape[self.axis]
        return tuple(starts)

    def strips(self, inputs: Types, outputs: tuple[TensorType, ...]) -> tuple[int, ...] | None:
        known = [x for x in (*inputs, *outputs) if x is not None]
        if any((x.rank, x.layout) != (4, "nhwc") for x in known) or self.axis % 4 != 1:
            return None
        return tuple(accumulate((x.shape[1] for x in known[:-2]), initial=0))

    def cost(self, inputs: Types, outputs: tuple[TensorType, ...]) -> Cost:
        return Cost()

    @classmethod
    def samples(cls) -> Sequence[Sample]:
        return [
            Sample(cls(), ((2, 3, 5, 7), (2, 1, 5, 7), (2, 4, 5, 7))),
            Sample(cls(0), ((1, 6), (3, 6))),
            Sample(cls(2), ((2, 3, 1), (2, 3, 5))),
            Sample(cls(3), ((1, 2, 3, 4), (1, 2, 3, 1))),
            Sample(cls(0), ((4,), (1,), (3,), (2,))),
            Sample(cls(), ((2, 3),)),
        ]
