"""What several operators demand of their attributes and operands, said in the same words."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from lpdnn.ir import LpdnnError

if TYPE_CHECKING:
    from lpdnn.ir import TensorType


def finite(**attributes: float) -> None:
    """Refuse NaN and infinity, which no C89 constant can hold."""
    for name, value in attributes.items():
        if not math.isfinite(value):
            message = f"{name} is {value}; it must be a finite number"
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
