"""Tensors seen as [outer][size][inner] around one axis or a few: what most row-major kernels need to know."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from lpdnn.ir import LpdnnError

if TYPE_CHECKING:
    from lpdnn.ir import Array, TensorType


def blocks(shape: tuple[int, ...], axis: int, axes: int = 1) -> tuple[int, int, int]:
    """Return the elements before, along and after `axes` axes, the first of which is `axis`."""
    return math.prod(shape[:axis]), math.prod(shape[axis : axis + axes]), math.prod(shape[axis + axes :])


def covers(x: TensorType, axis: int, operand: TensorType, role: str) -> None:
    """Refuse an operand whose shape is not that of x's axes from `axis` on; one of rank 0 always fits."""
    if axis < 0 or (operand.rank and x.shape[axis : axis + operand.rank] != operand.shape):
        message = f"{role} {operand} does not match the axes of {x} from axis {axis} on"
        raise LpdnnError(message)


def stretched(operand: Array, rank: int, axis: int) -> Array:
    """Return an operand with unit axes after its own, so that numpy stretches it over the rest of x."""
    return operand.reshape(operand.shape + (1,) * (rank - axis - operand.ndim)) if operand.ndim else operand
