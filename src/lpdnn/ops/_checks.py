"""What several operators demand of their attributes and operands, said in the same words."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from lpdnn.ir import LpdnnError

if TYPE_CHECKING:
    from lpdnn.ir import TensorType


def finite(**attributes: float) -> None:
    """Refuse NaN and infinity, with which nothing can be computed."""
    for name, value in attributes.items():
        if not math.isfinite(value):
            message = f"{name} is {value}; it must be a finite number"
            raise LpdnnError(message)


def real(*tensors: TensorType | None) -> None:
    """Refuse integers, for which there are operators of their own."""
    for tensor in tensors:
        if tensor is not None and tensor.dtype != "f32":
            message = f"{tensor} holds integers, and this operator computes with real numbers"
            raise LpdnnError(message)


def indices(x: TensorType, index: TensorType) -> None:
    """Refuse indices of another kind than the elements: real ones are picked by real ones."""
    if index.dtype != ("f32" if x.dtype == "f32" else "s32"):
        message = f"indices {index} do not go with {x}: of real numbers they are f32, of integers s32"
        raise LpdnnError(message)


def axis_of(x: TensorType, axis: int) -> int:
    """Return the axis; refuse one that x does not have."""
    if not 0 <= axis < x.rank:
        message = f"axis {axis} is not one of the {x.rank} axes of {x}, which count from 0"
        raise LpdnnError(message)
    return axis


def channel_axis(x: TensorType) -> int:
    """Return the axis that holds channels: 1, or 0 where there is no other."""
    if x.rank < 1:
        message = f"{x} has no channels"
        raise LpdnnError(message)
    return min(1, x.rank - 1)
