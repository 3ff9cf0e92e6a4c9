"""Depthwise convolution: what its kernel is compiled with, and how its weights are packed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lpdnn.ops.conv2d import Conv2d
from lpdnn.plugins.cpu_simd._activation import activation
from lpdnn.plugins.cpu_simd._convolution import Shape, shape
from lpdnn.plugins.cpu_simd._isa import ISAS, Isa, constant
from lpdnn.plugins.cpu_simd._tiles import Cut, cut
from lpdnn.primitives import Primitive

if TYPE_CHECKING:
    from lpdnn.ir import Array, Operator, TensorType, Types
    from lpdnn.targets import Target

TAPS_AT_MOST = 49
"""Taps of a filter whose code, unrolled, stays small."""

SMALL = 9
"""Taps of a filter that is soon loaded again, for every tile."""
FEW = 1
"""Vectors of channels that are not worth an innermost loop."""


@dataclass(frozen=True)
class Depthwise:
    """The depthwise convolution in nhwc."""

    isa: Isa

    def cuts(self, s: Shape) -> tuple[Cut, Cut]:
        """Return the cuts into tiles: two rows share what they read, if registers hold both."""
        spare = self.isa.registers - s.kernel[0] * s.kernel[1] - 3
        rows = 2 if s.stride[0] == 1 and s.out[0] > 1 and spare >= 12 else 1
        columns = min(8, max(spare // rows, 6), s.out[1])
        return cut(s.out[0], -(-s.out[0] // rows)), cut(s.out[1], -(-s.out[1] // columns))

    def _inside(self, s: Shape) -> int:
        """Return the vectors of channels of a tile before the next: all, if they are many and filters small."""
        blocks = -(-s.channels // self.isa.lanes)
        return blocks if blocks > FEW and s.kernel[0] * s.kernel[1] <= SMALL else 1

    def defines(self, op: Operator, inputs: Types, outputs: tuple[TensorType, ...]) -> dict[str, int]:
        """Return the constants that the kernel lists."""
        s = shape(op, inputs, outputs, flatten=False)
        assert isinstance(op, Conv2d)
        down, across = self.cuts(s)
        return {
            "VL": self.isa.lanes,
            "TILE_ROWS": down.size,
            "TILE_COLUMNS": across.size,
            "TALL_TILES": down.full,
            "WIDE_TILES": across.full,
            "TILES_DOWN": down.count,
            "TILES_ACROSS": across.count,
            "INSIDE": self._inside(s),
            **s.constants(),
            "BIAS": int(len(inputs) > 2 and inputs[2] is not None),
            "ACTIVATION": activation(op.activation),
        }

    def workspace(self, op: Operator, inputs: Types, outputs: tuple[TensorType, ...]) -> int:
        """Return the bytes of a row of zeros."""
        s = shape(op, inputs, outputs, flatten=False)
        return 4 * s.width * s.channels

    def order(self, channels: int) -> Array:
        """Return the channels [blocks][VL]; the last block overlaps, and only a single one goes beyond them."""
        lanes = self.isa.lanes
        first = np.minimum(np.arange(0, channels, lanes), max(0, channels - lanes))
        return first[:, None] + np.arange(lanes)

    def in_blocks(self, values: Array) -> Array:
        """Return what channels have each in blocks, flat; zeros beyond them."""
        order = self.order(len(values))
        return (values[np.minimum(order, len(values) - 1)] * (order < len(values))).astype(np.float32).ravel()

    def prepare(self, op: Operator, constants: tuple[Array | None, ...]) -> tuple[Array | None, ...]:
        """Return weights [blocks][KH][KW][VL] and bias [blocks][VL]; the last block overlaps."""
        weight = constant(constants, 1)
        bias = constants[2] if len(constants) > 2 else None
        order = self.order(len(weight))
        inside = order < len(weight)
        order = np.minimum(order, len(weight) - 1)
        packed = np.moveaxis(weight[order, 0] * inside[:, :, None, None], 1, 3).astype(np.float32)
        if bias is None:
            return (constants[0], np.ascontiguousarray(packed), *constants[2:])
        return (constants[0], np.ascontiguousarray(packed), self.in_blocks(bias), *constants[3:])

    def accepts(self, op: Operator, inputs: Types, outputs: tuple[TensorType, ...], target: Target) -> str:
        """Return "" or why not."""
        assert isinstance(op, Conv2d)
        s = shape(op, inputs, outputs, flatten=False)
        if not s.groups == s.channels == s.filters:
            return "is for depthwise convolution"
        if s.kernel[0] * s.kernel[1] > TAPS_AT_MOST:
            return f"is for filters of at most {TAPS_AT_MOST} taps"
        _, across = self.cuts(s)
        last = across.size - (across.full < across.count)
        right = s.under(s.out[1] - last, 1) - s.padding[1] if across.count > 1 else 0
        if s.padding[1] > across.size * s.stride[1] or right > s.width:
            return "is for padding that only the first and last pixels of a row see"
        return self.isa.missing(target)

    def estimate(self, op: Operator, inputs: Types, outputs: tuple[TensorType, ...], target: Target) -> float:
        """Return seconds."""
        known = self.isa.estimate(0.7 * self.isa.filling(outputs[0].shape[1]))(op, inputs, outputs, target)
        assert known is not None
        return known

    def primitive(self) -> Primitive:
        """Return it as a primitive."""
        return Primitive(
            Conv2d,
            f"depthwise_{self.isa.name}",
            layout="nhwc",
            accepts=self.accepts,
            workspace=self.workspace,
            prepare=self.prepare,
            defines=self.defines,
            alignment=4 * self.isa.lanes,
            estimate=self.estimate,
            source="depthwise",
            shares="own",
        )


PRIMITIVES = [Depthwise(isa).primitive() for isa in ISAS]
