"""What a kernel would take, where nobody has measured it: rates that put primitives in order."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lpdnn.ir import Cost, Operator, TensorType, Types
    from lpdnn.targets import Target

Estimate = Callable[["Operator", "Types", "tuple[TensorType, ...]", "Target"], "float | None"]

DIVISION = 8
"""Plain operations that one division is worth."""
EXPONENTIAL = 24
"""Plain operations that one exponential, logarithm or power is worth."""
CALL = 2e-7
"""Seconds that a call of a kernel takes, whatever it does."""


def plain_operations(cost: Cost) -> int:
    """Return the arithmetic in operations of the price of an addition."""
    simple = cost.multiplications + cost.additions + cost.comparisons
    return simple + DIVISION * cost.divisions + EXPONENTIAL * cost.exponentials


def at_rate(operations: float, bytes_moved: float = 4e9) -> Estimate:
    """Return the estimate of a kernel that does so many plain operations, and moves so many bytes, a second.

    What moves is inputs, weights and outputs, each once.
    """

    def estimate(op: Operator, inputs: Types, outputs: tuple[TensorType, ...], _target: Target) -> float:
        moved = sum(t.bytes for t in (*inputs, *outputs) if t is not None)
        return CALL + plain_operations(op.cost(inputs, outputs)) / operations + moved / bytes_moved

    return estimate


plain_c = at_rate(1.5e9, 1.5e9)
"""Straightforward C on one core of a computer: the estimate of primitives that declare none."""
