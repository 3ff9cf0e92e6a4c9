"""Fully connected layers: what their kernel is compiled with, and how their weights are packed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lpdnn.ops.fully_connected import FullyConnected
from lpdnn.plugins.cpu_simd._activation import activation
from lpdnn.plugins.cpu_simd._isa import ISAS, Isa, constant
from lpdnn.primitives import Primitive

if TYPE_CHECKING:
    from lpdnn.ir import Array, Operator, TensorType, Types
    from lpdnn.targets import Target

VECTORS = 8
"""Sums side by side that hide the latency of one."""


@dataclass(frozen=True)
class Stream:
    """A product of a vector with a matrix that is read once, in order."""

    isa: Isa

    def _panel(self, outputs: int) -> int:
        return min(VECTORS, -(-outputs // self.isa.lanes))

    def defines(self, op: Operator, inputs: Types, outputs: tuple[TensorType, ...]) -> dict[str, int]:
        """Return the constants that the kernel lists."""
        assert isinstance(op, FullyConnected)
        weight = inputs[1]
        assert weight is not None
        count, size = weight.shape
        return {
            "VL": self.isa.lanes,
            "OUTPUTS": count,
            "INPUTS": size,
            "BATCH": outputs[0].count // count,
            "PANEL": self._panel(count),
            "SPLIT": -(-VECTORS // self._panel(count)),
            "BIAS": int(len(inputs) > 2 and inputs[2] is not None),
            "ACTIVATION": activation(op.activation),
        }

    def prepare(self, op: Operator, constants: tuple[Array | None, ...]) -> tuple[Array | None, ...]:
        """Return weights as [panels][K][outputs of a panel]; the last has only the vectors it needs."""
        weight = constant(constants, 1)
        bias = constants[2] if len(constants) > 2 else None
        lanes = self.isa.lanes
        wide = self._panel(len(weight)) * lanes
        filled = -(-len(weight) // lanes) * lanes
        padded = np.zeros((filled, weight.shape[1]), np.float32)
        padded[: len(weight)] = weight
        panels = [padded[first : first + wide].T.ravel() for first in range(0, filled, wide)]
        packed = np.concatenate(panels)
        if bias is None:
            return (constants[0], packed, *constants[2:])
        return constants[0], packed, np.pad(bias.astype(np.float32), (0, filled - len(bias)))

    def accepts(self, op: Operator, inputs: Types, outputs: tuple[TensorType, ...], target: Target) -> str:
        """Return "" or what the target lacks."""
        return self.isa.missing(target)

    def primitive(self) -> Primitive:
        """Return it as a primitive."""
        return Primitive(
            FullyConnected,
            f"stream_{self.isa.name}",
            accepts=self.accepts,
            prepare=self.prepare,
            defines=self.defines,
            alignment=4 * self.isa.lanes,
            estimate=self.isa.estimate(0.5),
            source="stream",
            shares="own",
        )


PRIMITIVES = [Stream(isa).primitive() for isa in ISAS]
