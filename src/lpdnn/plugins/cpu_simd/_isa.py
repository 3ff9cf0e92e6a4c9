"""Vector instruction sets that the kernels are compiled for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lpdnn.ir import LpdnnError
from lpdnn.primitives import plain_operations
from lpdnn.primitives.estimate import CALL

if TYPE_CHECKING:
    from lpdnn.ir import Array, Operator, TensorType, Types
    from lpdnn.primitives import Estimate
    from lpdnn.targets import Core, Target


@dataclass(frozen=True)
class Isa:
    """Floats in a vector, registers, features that a target must have."""

    name: str
    lanes: int
    registers: int
    features: tuple[str, ...]

    def missing(self, target: Target) -> str:
        """Return "" or what the target lacks, as a reason to refuse a node."""
        lacking = next((name for name in self.features if name not in target.features), "")
        return f"needs {lacking}" if lacking else ""

    def filling(self, count: int) -> float:
        """Return which share of the arithmetic is of use where vectors run along so many channels.

        A vector that is not full takes longer to load and store.
        """
        return count / (self.lanes * (-(-count // self.lanes) + PARTIAL * bool(count % self.lanes)))

    def estimate(self, share: float) -> Estimate:
        """Return the estimate of kernels that reach a share of the core's rate, and of what moves."""

        def estimate(op: Operator, inputs: Types, outputs: tuple[TensorType, ...], target: Target) -> float:
            done = plain_operations(op.cost(inputs, outputs)) / (target.core.rate(self.lanes) * share)
            return CALL + done + moving(op, inputs, outputs, target.core)

        return estimate


def moving(op: Operator, inputs: Types, outputs: tuple[TensorType, ...], core: Core) -> float:
    """Return the seconds that inputs, weights and outputs of a layer take to be read and written.

    Activations are where both fit, and weights where those of a network like that would.
    """
    sizes = [(op.input_name(i) in op.PARAMETERS, t.bytes) for i, t in enumerate(inputs) if t is not None]
    weights = sum(size for parameter, size in sizes if parameter)
    activations = sum(size for parameter, size in sizes if not parameter) + sum(t.bytes for t in outputs)
    return core.moving(weights, OTHERS * weights) + core.moving(activations, activations)


def constant(constants: tuple[Array | None, ...], position: int) -> Array:
    """Return a constant input, which is to be packed; an LpdnnError says so where it is computed."""
    found = constants[position]
    if found is None:
        message = "cpu_simd packs weights when it compiles, so they must be constants; use cpu_vanilla here"
        raise LpdnnError(message)
    return found


PARTIAL = 0.3
"""Vectors that it costs in addition where one is not full."""
OTHERS = 16
"""Times the weights of a layer that those of a network are, about: what is between two uses of them."""
ISAS = (
    Isa("avx512", 16, 32, ("avx512f", "avx512vl", "fma")),
    Isa("avx2", 8, 16, ("avx2", "fma")),
)
