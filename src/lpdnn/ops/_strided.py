"""Boxes of memory read in the order in which a result stores them: shared by permute and slice."""

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


def walk(shape: tuple[int, ...], steps: tuple[int, ...]) -> dict[str, tuple[int, ...]]:
    """Return the extents and strides of a walk; an axis that the next one continues is merged with it."""
    merged: list[tuple[int, int]] = []
    for extent, step in zip(shape, steps, strict=True):
        if extent == 1:
            continue
        if merged and merged[-1][1] == extent * step:
            merged[-1] = (merged[-1][0] * extent, step)
        else:
            merged.append((extent, step))
    extents, merged_steps = zip(*(merged or [(1, 1)]), strict=True)
    return {"extents": tuple(extents), "strides": tuple(merged_steps)}
