"""What matrix products would take, for want of measurements: good enough to put primitives in order."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lpdnn.ir import Operator, TensorType, Types
    from lpdnn.primitives import Estimate, Workspace
    from lpdnn.targets import Target

CLOCK = 3e9
BANDWIDTH = 1e10
"""Bytes a second between the processor and its second cache or memory."""
VECTORS = {
    "avx512f": 16,
    "avx": 8,
    "sse2": 4,
    "arm_neon": 4,
}
"""Floats in a vector, by the feature of a target that tells."""


def lanes(target: Target) -> int:
    """Return how many floats a vector holds: eight on this computer where nothing is known of it."""
    known = max((width for name, width in VECTORS.items() if name in target.features), default=0)
    return known or (8 if target.runs_here else 0)


def product(efficiency: float, panel: int, workspace: Workspace, passes: int = 1) -> Estimate:
    """Return the estimate of a product that has this share of the peak when its filters fill panels.

    What is in the workspace is written and read `passes` times; so are the outputs.
    """

    def estimate(op: Operator, inputs: Types, outputs: tuple[TensorType, ...], target: Target) -> float:
        weight = inputs[1]
        assert weight is not None
        filters = weight.shape[0] // getattr(op, "groups", 1)
        filled = filters / (-(-filters // panel) * panel)
        peak = 4 * CLOCK * max(lanes(target), 1)
        moved = sum(t.bytes for t in (*inputs, *outputs) if t is not None)
        moved += 2 * passes * (workspace(op, inputs, outputs) + outputs[0].bytes)
        operations = 2 * op.cost(inputs, outputs).multiplications
        calls = getattr(op, "groups", 1) * 1e-6
        return calls + operations / (peak * efficiency * filled) + moved / BANDWIDTH

    return estimate
