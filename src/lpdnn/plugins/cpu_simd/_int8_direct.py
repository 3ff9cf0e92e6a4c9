"""Direct convolution of 8-bit integers, and fully connected layers: constants and packed weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lpdnn.ops.conv2d import Conv2d
from lpdnn.ops.qconv2d import QConv2d
from lpdnn.ops.qfc import QFullyConnected
from lpdnn.plugins.cpu_simd._convolution import BAND_BYTES, COMPETING, Shape, shape
from lpdnn.plugins.cpu_simd._int8 import ISAS, Int8, reach, result_defines, results, vectors_order
from lpdnn.plugins.cpu_simd._isa import constant, moving
from lpdnn.plugins.cpu_simd._rescale import rescaling
from lpdnn.plugins.cpu_simd._tiles import Cut, cut_map, pixels_at_most, tiles_time
from lpdnn.primitives import Primitive
from lpdnn.primitives.estimate import CALL

if TYPE_CHECKING:
    from lpdnn.ir import Array, Operator, TensorType, Types
    from lpdnn.targets import Target

LINE = 64
"""Bytes of a line of cache."""
STORE = 8
"""Multiply-adds of vectors that the way from a vector of sums to its results takes the time of."""


def numbers(op: Operator, inputs: Types, outputs: tuple[TensorType, ...], *, flatten: bool) -> Shape:
    """Return the numbers of a convolution; a fully connected layer is one of images of a pixel."""
    if isinstance(op, QFullyConnected):
        weight = inputs[1]
        assert weight is not None
        filters, channels = weight.shape
        rows, one = outputs[0].count // filters, (1, 1)
        return Shape(1, channels, 1, rows, filters, one, (1, rows), one, (0, 0), one, 1, one)
    assert isinstance(op, QConv2d)
    return shape(Conv2d(op.stride, op.padding, op.dilation, op.groups), inputs, outputs, flatten=flatten)


def convolution(op: Operator) -> QConv2d:
    """Return the convolution that an operator is."""
    if isinstance(op, QFullyConnected):
        return QConv2d(x_zero=op.x_zero, y_zero=op.y_zero, low=op.low, high=op.high, rounding=op.rounding)
    assert isinstance(op, QConv2d)
    return op


def panels_order(filters: int, groups: int, lanes: int) -> Array:
    """Return [groups * panels, vectors, lanes]: the filter in each lane of panels of 1 or 2 vectors, or -1."""
    group = filters // groups
    order = vectors_order(group, min(2, -(-group // lanes)), lanes)
    order = np.where(order < 0, -1, order + group * np.arange(groups)[:, None, None, None])
    return np.asarray(order.reshape(-1, *order.shape[2:]))


def prepared(
    op: QConv2d, constants: tuple[Array | None, ...], packed: Array, order: Array, int8: Int8, dtype: str
) -> tuple[Array | None, ...]:
    """Return the constants of a convolution: its packed weights, and how sums become results, in panels' order."""
    weight, multiplier, shift = (constant(constants, i) for i in (1, 2, 3))
    bias = constants[4] if len(constants) > 4 else None
    filters = len(weight)
    sums = weight.reshape(filters, -1).astype(np.int64).sum(axis=1)
    given = np.zeros(filters, np.int64) if bias is None else bias.astype(np.int64)
    start = given - (int8.offset(dtype) + op.x_zero) * sums
    factors, rest = rescaling(
        multiplier,
        shift,
        start,
        reach(weight, given, dtype, op.x_zero),
        results(op),
        order,
        int8.isa.lanes,
    )
    unused = () if len(constants) <= 4 else (None if bias is None else np.zeros(1, np.int32),)
    return (constants[0], np.ascontiguousarray(packed), factors, rest, *unused)


@dataclass(frozen=True)
class Direct:
    """The direct convolution in nhwc, or the fully connected layer, of s8 or u8."""

    int8: Int8
    dtype: str
    op: type[QConv2d | QFullyConnected]
    how: str
    layout: str

    @property
    def _bytes(self) -> int:
        """Bytes of an element of a band."""
        return 4 // self.int8.lane

    def _panel(self, s: Shape) -> int:
        return min(2, -(-(s.filters // s.groups) // self.int8.isa.lanes))

    def _cuts(self, s: Shape) -> tuple[Cut, Cut]:
        panel = self._panel(s)
        pixels = pixels_at_most(self.int8.isa.registers, panel)
        return cut_map(*s.out, pixels - (self.int8.lane == 2 and panel == 1), panel)

    def _pixel(self, s: Shape) -> int:
        """Return the elements of a band from one pixel to the next column's."""
        apart = self._bytes * s.channels * s.stride[1] % COMPETING == 0
        return s.channels + (LINE // self._bytes if apart else 0)

    def _band(self, s: Shape) -> tuple[int, int]:
        """Return the tiles down and across whose input is used, by all filters, before the next."""
        down, across = self._cuts(s)
        if s.out[0] == 1 and s.kernel == (1, 1):
            pixels = BAND_BYTES // (self._bytes * s.channels)
            return 1, min(across.count, max(1, pixels // across.size))
        row = self._bytes * s.channels * s.under(s.out[1], 1)
        rows = max(1, BAND_BYTES // row - s.covered[0]) // s.stride[0]
        return min(down.count, max(1, rows // down.size)), across.count

    def _copied(self, s: Shape) -> tuple[int, int]:
        """Return the rows and columns of a band."""
        down, across = self._cuts(s)
        band = self._band(s)
        rows, columns = min(band[0] * down.size, s.out[0]), min(band[1] * across.size, s.out[1])
        return s.under(rows, 0), s.under(columns, 1)

    def _run(self, s: Shape) -> tuple[int, int]:
        """Return the runs in a row of taps, and the elements in each."""
        depth = s.channels // s.groups
        if s.dilation[1] == 1 and depth == self._pixel(s):
            return 1, s.kernel[1] * depth
        return s.kernel[1], depth

    def defines(self, op: Operator, inputs: Types, outputs: tuple[TensorType, ...]) -> dict[str, int]:
        """Return the constants that qconv_direct.h lists."""
        s = numbers(op, inputs, outputs, flatten=True)
        down, across = self._cuts(s)
        band = self._band(s)
        rows, columns = self._copied(s)
        return {
            **self.int8.defines(self.dtype == "u8"),
            **result_defines(op),
            "X_ZERO": convolution(op).x_zero,
            "TILE_ROWS": down.size,
            "TILE_COLUMNS": across.size,
            "TALL_TILES": down.full,
            "WIDE_TILES": across.full,
            "TILES_DOWN": down.count,
            "TILES_ACROSS": across.count,
            "BAND_DOWN": band[0],
            "BAND_ACROSS": band[1],
            "BAND_ROWS": rows,
            "BAND_COLUMNS": columns,
            "PANEL": self._panel(s),
            "IN_PIXEL": self._pixel(s),
            "DEPTH": s.channels // s.groups,
            **s.constants(),
            "FILTERS": s.filters,
            "GROUPS": s.groups,
            "SKIP_H": s.skip[0],
            "SKIP_W": s.skip[1],
        }

    def workspace(self, op: Operator, inputs: Types, outputs: tuple[TensorType, ...]) -> int:
        """Return the bytes of the copy of a band, and of what its last run reads beyond it."""
        s = numbers(op, inputs, outputs, flatten=True)
        rows, columns = self._copied(s)
        return self._bytes * rows * columns * self._pixel(s) + 4

    def prepare(self, op: Operator, constants: tuple[Array | None, ...]) -> tuple[Array | None, ...]:
        """Return weights as [groups][panels][KH][runs][lanes][vectors of a panel][VL][LANE], and the rest."""
        op = convolution(op)
        weight = constant(constants, 1)
        weight = weight.reshape(*weight.shape[:2], *(weight.shape[2:] or (1, 1)))
        filters, depth, height, width = weight.shape
        lanes, lane = self.int8.isa.lanes, self.int8.lane
        order = panels_order(filters, op.groups, lanes)
        pixel = depth * op.groups  # a run is whole rows where a pixel is nothing else
        apart = self._bytes * pixel * (1 if (height, width) == (1, 1) else op.stride[1]) % COMPETING == 0
        whole = op.dilation[1] == 1 and op.groups == 1 and not apart
        taps = weight.transpose(0, 2, 3, 1).reshape(filters, height, *((1, -1) if whole else (width, depth)))
        taps = np.pad(taps, ((0, 0), (0, 0), (0, 0), (0, -taps.shape[3] % lane)))
        taps = taps.reshape(*taps.shape[:3], -1, lane)
        packed = np.where((order >= 0)[..., None, None, None, None], taps[order], 0)
        packed = packed.transpose(0, 3, 4, 5, 1, 2, 6).astype(np.int8 if lane == 4 else np.int16)
        return prepared(op, constants, packed, order, self.int8, self.dtype)

    def accepts(self, op: Operator, inputs: Types, outputs: tuple[TensorType, ...], target: Target) -> str:
        """Return "" or what the target lacks."""
        if inputs[0] is not None and inputs[0].dtype != self.dtype:
            return f"is for {self.dtype}"
        return self.int8.isa.missing(target)

    def estimate(self, op: Operator, inputs: Types, outputs: tuple[TensorType, ...], target: Target) -> float:
        """Return seconds: lanes and vectors that are not full cost what full ones do, and results too."""
        s = numbers(op, inputs, outputs, flatten=True)
        runs, run = self._run(s)
        down, across = self._cuts(s)
        panel = self._panel(s)
        vectors = -(-(s.filters // s.groups) // self.int8.isa.lanes)
        steps = s.kernel[0] * runs * -(-run // self.int8.lane)
        results_ = STORE * s.out[0] * s.out[1] * vectors
        adds = tiles_time(down, across, panel) * -(-vectors // panel) * steps + results_
        rate = self.int8.rate(target.core) / (2 * self.int8.isa.lanes * self.int8.lane)
        return CALL + s.batch * s.groups * adds / rate + moving(op, inputs, outputs, target.core)

    def primitive(self) -> Primitive:
        """Return it as a primitive."""
        return Primitive(
            self.op,
            f"{self.how}_{self.int8.isa.name}",
            self.dtype,
            "s8" if self.dtype == "u8" else "",
            layout=self.layout,
            accepts=self.accepts,
            workspace=self.workspace,
            prepare=self.prepare,
            defines=self.defines,
            alignment=4 * self.int8.isa.lanes,
            estimate=self.estimate,
            like="s8" if self.dtype == "u8" else "",
            source=self.how,
        )


KERNELS: tuple[tuple[type[QConv2d | QFullyConnected], str, str], ...] = (
    (QConv2d, "direct", "nhwc"),
    (QFullyConnected, "stream", "nchw"),
)
PRIMITIVES = [
    Direct(int8, dtype, *kernel).primitive() for int8 in ISAS for dtype in ("s8", "u8") for kernel in KERNELS
]
