"""Depthwise convolution of 8-bit integers: what its kernel is compiled with, and how its weights are packed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lpdnn.ops.qconv2d import QConv2d
from lpdnn.plugins.cpu_simd._int8 import ISAS, Int8, blocks_order, reach, result_defines, results
from lpdnn.plugins.cpu_simd._int8_direct import STORE, numbers
from lpdnn.plugins.cpu_simd._isa import constant, moving
from lpdnn.plugins.cpu_simd._rescale import rescaling
from lpdnn.plugins.cpu_simd._tiles import Cut, cut
from lpdnn.primitives import Primitive
from lpdnn.primitives.estimate import CALL

if TYPE_CHECKING:
    from lpdnn.ir import Array, Operator, TensorType, Types
    from lpdnn.plugins.cpu_simd._convolution import Shape
    from lpdnn.targets import Target

TAPS_AT_MOST = 49
"""Taps of a filter whose code, unrolled, stays small."""
COLUMNS = 8
"""Output columns of the largest tile."""


@dataclass(frozen=True)
class Depthwise:
    """The depthwise convolution in nhwc of s8 or u8, a lane of taps in an instruction."""

    int8: Int8
    dtype: str

    @staticmethod
    def _rows(op: QConv2d) -> int:
        """Return the rows of a tile: two share what they read, where they are neighbours."""
        return 2 if op.stride[0] == 1 and op.dilation[0] == 1 else 1

    def _lanes(self, channels: int) -> int:
        """Return the sums in a vector: of the widths that the instructions come in, where least is left empty."""
        wide = self.int8.isa.lanes
        return min((wide, 8), key=lambda lanes: -(-channels // (4 * lanes)) * lanes)

    @staticmethod
    def _across(s: Shape) -> Cut:
        return cut(s.out[1], -(-s.out[1] // COLUMNS))

    def defines(self, op: Operator, inputs: Types, outputs: tuple[TensorType, ...]) -> dict[str, int]:
        """Return the constants that the kernel lists."""
        assert isinstance(op, QConv2d)
        s = numbers(op, inputs, outputs, flatten=False)
        across = self._across(s)
        return {
            **self.int8.defines(self.dtype == "u8"),
            **result_defines(op),
            "VL": self._lanes(s.channels),
            "X_ZERO": op.x_zero,
            "TILE_ROWS": self._rows(op),
            "TILE_COLUMNS": across.size,
            "WIDE_TILES": across.full,
            "TILES_ACROSS": across.count,
            **s.constants(),
        }

    def workspace(self, op: Operator, inputs: Types, outputs: tuple[TensorType, ...]) -> int:
        """Return the bytes of a row that lies beside x."""
        s = numbers(op, inputs, outputs, flatten=False)
        return s.width * s.channels

    def prepare(self, op: Operator, constants: tuple[Array | None, ...]) -> tuple[Array | None, ...]:
        """Return weights as [blocks][rows of a tile][KW][lanes][4][VL][LANE rows], and the rest."""
        assert isinstance(op, QConv2d)
        weight, multiplier, shift = (constant(constants, i) for i in (1, 2, 3))
        bias = constants[4] if len(constants) > 4 else None
        channels, _, height, width = weight.shape
        lanes = self._lanes(channels)
        order = blocks_order(channels, lanes, mixed=self.int8.lane == 4)
        rows = self._rows(op)
        lane = self.int8.lane
        steps = -(-(height + rows - 1) // lane)
        taps = np.zeros((rows, channels, width, steps * lane), np.int8 if lane == 4 else np.int16)
        for row in range(rows):
            taps[row, :, :, row : row + height] = weight[:, 0].swapaxes(1, 2)
        packed = taps.reshape(rows, channels, width, steps, lane)[:, order]
        packed = np.where((order >= 0)[..., None, None, None], packed, 0)
        packed = np.ascontiguousarray(packed.transpose(1, 0, 4, 5, 2, 3, 6))
        sums = weight.reshape(channels, -1).astype(np.int64).sum(axis=1)
        given = np.zeros(channels, np.int64) if bias is None else bias.astype(np.int64)
        start = given - (self.int8.offset(self.dtype) + op.x_zero) * sums
        factors, rest = rescaling(
            multiplier, shift, start, reach(weight, given, self.dtype, op.x_zero), results(op), order, lanes
        )
        unused = () if len(constants) <= 4 else (None if bias is None else np.zeros(1, np.int32),)
        return (constants[0], packed, factors, rest, *unused)

    def accepts(self, op: Operator, inputs: Types, outputs: tuple[TensorType, ...], target: Target) -> str:
        """Return "" or why not."""
        s = numbers(op, inputs, outputs, flatten=False)
        if not s.groups == s.channels == s.filters:
            return "is for depthwise convolution"
        if s.kernel[0] * s.kernel[1] > TAPS_AT_MOST:
            return f"is for filters of at most {TAPS_AT_MOST} taps"
        across = self._across(s)
        last = across.size - (across.full < across.count)
        right = s.under(s.out[1] - last, 1) - s.padding[1] if across.count > 1 else 0
        if s.padding[1] > across.size * s.stride[1] or right > s.width:
            return "is for padding that only the first and last pixels of a row see"
        return self.int8.isa.missing(target)

    def estimate(self, op: Operator, inputs: Types, outputs: tuple[TensorType, ...], target: Target) -> float:
        """Return seconds: a block that is not full costs what a full one does."""
        assert isinstance(op, QConv2d)
        s = numbers(op, inputs, outputs, flatten=False)
        rows, lanes = self._rows(op), self._lanes(s.channels)
        blocks = -(-s.channels // (4 * lanes))
        steps = -(-(s.kernel[0] + rows - 1) // self.int8.lane)
        column = 4 * steps * (s.kernel[1] + 4 * s.stride[1] / rows) + STORE
        adds = s.batch * s.out[0] * s.out[1] * 4 * blocks * column / 4
        return (
            CALL
            + adds * lanes * self.int8.lane * 2 / self.int8.rate(target.core)
            + moving(op, inputs, outputs, target.core)
        )

    def primitive(self) -> Primitive:
        """Return it as a primitive."""
        return Primitive(
            QConv2d,
            f"depthwise_{self.int8.isa.name}",
            self.dtype,
            "s8" if self.dtype == "u8" else "",
            layout="nhwc",
            accepts=self.accepts,
            workspace=self.workspace,
            prepare=self.prepare,
            defines=self.defines,
            alignment=4 * self.int8.isa.lanes,
            estimate=self.estimate,
            like="s8" if self.dtype == "u8" else "",
            source="depthwise",
        )


PRIMITIVES = [Depthwise(int8, dtype).primitive() for int8 in ISAS for dtype in ("s8", "u8")]
