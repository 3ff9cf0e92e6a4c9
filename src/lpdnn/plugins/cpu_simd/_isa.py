"""Vector instruction sets that the kernels are compiled for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lpdnn.ir import LpdnnError
from lpdnn.primitives import at_rate

if TYPE_CHECKING:
    from lpdnn.ir import Array
    from lpdnn.primitives import Estimate
    from lpdnn.targets import Target


@dataclass(frozen=True)
class Isa:
    """Floats in a vector, registers, features that a target must have, operations a second."""

    name: str
    lanes: int
    registers: int
    features: tuple[str, ...]
    rate: float

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
        """Return the estimate of kernels that reach a share of the rate, and stream from cache."""
        return at_rate(self.rate * share, BYTES)


def constant(constants: tuple[Array | None, ...], position: int) -> Array:
    """Return a constant input, which is to be packed; an LpdnnError says so where it is computed."""
    found = constants[position]
    if found is None:
        message = "cpu_simd packs weights when it compiles, so they must be constants; use cpu_vanilla here"
        raise LpdnnError(message)
    return found


PARTIAL = 0.3
"""Vectors that it costs in addition where one is not full."""
BYTES = 20e9
"""Bytes a second that activations and weights move at, between caches."""
ISAS = (
    Isa("avx512", 16, 32, ("avx512f", "avx512vl", "fma"), 192e9),
    Isa("avx2", 8, 16, ("avx2", "fma"), 96e9),
)
