"""Vector instruction sets that the kernels are compiled for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lpdnn.targets import Target


@dataclass(frozen=True)
class Isa:
    """Floats in a vector, number of vector registers, and the features that a target must have."""

    name: str
    lanes: int
    registers: int
    features: tuple[str, ...]

    def missing(self, target: Target) -> str:
        """Return "" or what the target lacks, as a reason to refuse a node."""
        lacking = next((name for name in self.features if name not in target.features), "")
        return f"needs {lacking}" if lacking else ""


ISAS = (Isa("avx512", 16, 32, ("avx512f", "avx512vl", "fma")), Isa("avx2", 8, 16, ("avx2", "fma")))
