"""A box cut out of a tensor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from lpdnn.ir import Array, Cost, LpdnnError, Operator, Sample, TensorType, Types
from lpdnn.ops._strided import few_axes, strides, walk

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class Slice(Operator):
    """The box of x that starts at index `begin` and has shape `shape`.

    With a `step` for each axis, elements lie that far apart there, backwards where it is negative.
    """

    NAME: ClassVar[str] = "slice"
    INPUTS: ClassVar[tuple[str, ...]] = ("x",)
    HOST_ONLY: ClassVar[frozenset[str]] = frozenset({"begin", "shape", "step"})
    TOLERANCE: ClassVar[float] = 0.0

    begin: tuple[int, ...]
    shape: tuple[int, ...]
    step: tuple[int, ...] = ()

    def _steps(self) -> tuple[int, ...]:
        return self.step or (1,) * len(self.begin)

    def infer(self, x: TensorType) -> tuple[TensorType, ...]:
        few_axes(x)
        if len(self.begin) != x.rank or len(self.shape) != x.rank:
            message = f"begin {self.begin} and shape {self.shape} must have one number for each axis of {x}"
            raise LpdnnError(message)
        if self.step and (len(self.step) != x.rank or 0 in self.step):
            message = f"step {self.step} must have one number other than 0 for each axis of {x}"
            raise LpdnnError(message)
        for axis, (begin, extent, step) in enumerate(zip(self.begin, self.shape, self._steps(), strict=True)):
            last = begin + (extent - 1) * step
            if extent < 1 or min(begin, last) < 0 or max(begin, last) >= x.shape[axis]:
                end = last + (1 if step > 0 else -1)
                message = f"axis {axis}: a slice from {begin} to {end} does not lie within {x}"
                raise LpdnnError(message)
        return (x.reshaped(*self.shape),)

    def reference(self, x: Array) -> tuple[Array, ...]:
        places = (
            begin + step * np.arange(extent)
            for begin, extent, step in zip(self.begin, self.shape, self._steps(), strict=True)
        )
        return (np.ascontiguousarray(x[np.ix_(*places)] if x.ndim else x),)

    def geometry(self, inputs: Types, outputs: tuple[TensorType, ...]) -> dict[str, int | tuple[int, ...]]:
        x = inputs[0]
        assert x is not None
        steps = strides(x.shape)
        offset = sum(begin * step for begin, step in zip(self.begin, steps, strict=True))
        apart = tuple(step * along for step, along in zip(steps, self._steps(), strict=True))
        return {"offset": offset, **walk(self.shape, apart)}

    def piece(self, inputs: Types, outputs: tuple[TensorType, ...]) -> int | None:
        x = inputs[0]
        assert x is not None
        if any(step != 1 for step in self.step):
            return None
        return x.run(self.begin, self.shape) if x.layout == outputs[0].layout else None

    def cost(self, inputs: Types, outputs: tuple[TensorType, ...]) -> Cost:
        return Cost()

    @classmethod
    def samples(cls) -> Sequence[Sample]:
        return [
            Sample(cls((0, 1, 0, 0), (2, 2, 5, 7)), ((2, 4, 5, 7),)),
            Sample(cls((1, 1, 2, 3), (1, 2, 3, 4)), ((2, 3, 5, 7),)),
            Sample(cls((0, 0, 0), (3, 4, 5)), ((3, 4, 5),)),
            Sample(cls((2, 5), (7, 1)), ((9, 6),)),
            Sample(cls((41,), (1,)), ((42,),)),
            Sample(cls((1, 0, 4), (2, 2, 3), (1, 2, -2)), ((3, 4, 5),)),
            Sample(cls((8, 3), (5, 4), (-2, -1)), ((9, 4),)),
            Sample(cls((0, 1, 0, 1, 0, 1, 0, 1), (2, 1, 2, 1, 2, 1, 3, 2)), ((2, 2, 2, 2, 2, 2, 3, 4),)),
        ]
