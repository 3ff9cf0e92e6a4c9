"""Boxes of memory read in the order in which a result stores them: shared by copies and broadcasts."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from lpdnn.ir import LpdnnError

if TYPE_CHECKING:
    from lpdnn.ir import TensorType

MAX_RANK = 8
"""Axes that the kernels can walk."""


def few_axes(x: TensorType) -> None:
    """Refuse more axes than the kernels can walk."""
    if x.rank > MAX_RANK:
        message = f"{x} has {x.rank} axes, and at most {MAX_RANK} are supported"
        raise LpdnnError(message)


def strides(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return how many elements apart neighbours along each axis are, in row-major order."""
    return tuple(math.prod(shape[axis + 1 :]) for axis in range(len(shape)))


def broadcast(*tensors: TensorType) -> tuple[int, ...]:
    """Return the shape that tensors have together: axes count from the last, an extent of 1 stretches."""
    rank = max(tensor.rank for tensor in tensors)
    shape = [1] * rank
    for tensor in tensors:
        few_axes(tensor)
        for axis, extent in enumerate(tensor.shape, rank - tensor.rank):
            if extent != 1 and shape[axis] not in {1, extent}:
                message = f"shapes {' and '.join(map(str, tensors))} do not stretch to one another"
                raise LpdnnError(message)
            shape[axis] = max(shape[axis], extent)
    return tuple(shape)


def stretched_strides(x: tuple[int, ...], shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return the strides of a tensor as it is stretched to a shape: 0 along an axis that repeats."""
    steps = (0,) * (len(shape) - len(x)) + strides(x)
    extents = (1,) * (len(shape) - len(x)) + x
    return tuple(0 if extent == 1 else step for extent, step in zip(extents, steps, strict=True))


def walks(shape: tuple[int, ...], *steps: tuple[int, ...]) -> tuple[tuple[int, ...], ...]:
    """Return the extents and each operand's strides of a walk; an axis that the next continues is merged."""
    merged: list[tuple[int, ...]] = []
    for axis, extent in enumerate(shape):
        if extent == 1:
            continue
        here = tuple(step[axis] for step in steps)
        if merged and all(last == extent * step for last, step in zip(merged[-1][1:], here, strict=True)):
            merged[-1] = (merged[-1][0] * extent, *here)
        else:
            merged.append((extent, *here))
    return tuple(zip(*(merged or [(1,) * (1 + len(steps))]), strict=True))


def walk(shape: tuple[int, ...], steps: tuple[int, ...]) -> dict[str, tuple[int, ...]]:
    """Return the extents and strides of a walk over one operand."""
    extents, merged_steps = walks(shape, steps)
    return {"extents": extents, "strides": merged_steps}
