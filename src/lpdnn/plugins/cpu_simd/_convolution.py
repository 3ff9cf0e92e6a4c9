"""Direct convolution: what its kernels are compiled with, and how its weights are packed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lpdnn.ops.conv2d import Conv2d
from lpdnn.plugins.cpu_simd._activation import activation
from lpdnn.plugins.cpu_simd._isa import ISAS, Isa, constant
from lpdnn.plugins.cpu_simd._tiles import Cut, cut_map, panel_vectors, pixels_at_most, tiles_time
from lpdnn.primitives import Primitive

if TYPE_CHECKING:
    from lpdnn.ir import Array, Operator, TensorType, Types
    from lpdnn.targets import Target

BAND_BYTES = 192 * 1024
"""Input that tiles of all filters pass over while it stays in the second level of cache."""
PLANES_AT_MOST = 8
"""Channels of an image in nchw: each plane is one more row for a tile to read from."""
COMPETING = 1024
"""Bytes between pixels at whose multiples those of a tile fill few sets of the first level of cache."""
ALIASED = 4096
"""Those at whose multiples they all fill one: worth a copy that sets them apart."""


@dataclass(frozen=True)
class Shape:
    """A convolution's numbers; a pointwise one without stride is one long row, whatever its map."""

    batch: int
    channels: int
    height: int
    width: int
    filters: int
    kernel: tuple[int, int]
    out: tuple[int, int]
    stride: tuple[int, int]
    padding: tuple[int, int]
    dilation: tuple[int, int]
    groups: int
    skip: tuple[int, int]
    """Stride of a pointwise convolution: it is one without stride of the pixels that it reads."""

    @property
    def covered(self) -> tuple[int, int]:
        """Rows and columns that a dilated filter covers."""
        height, width = (self.dilation[i] * (self.kernel[i] - 1) + 1 for i in (0, 1))
        return height, width

    def under(self, outputs: int, axis: int) -> int:
        """Return the input rows (columns) that so many output rows (columns) read."""
        return (outputs - 1) * self.stride[axis] + self.covered[axis]

    @property
    def inside(self) -> bool:
        """Whether no tap of any output falls beside the input."""
        return (
            self.padding == (0, 0)
            and self.skip == (1, 1)
            and all(
                self.under(self.out[i], i) <= extent for i, extent in enumerate((self.height, self.width))
            )
        )

    def constants(self) -> dict[str, int]:
        """Return the numbers by the names that kernels have for them."""
        return {
            "BATCH": self.batch,
            "CHANNELS": self.channels,
            "HEIGHT": self.height,
            "WIDTH": self.width,
            "OUT_HEIGHT": self.out[0],
            "OUT_WIDTH": self.out[1],
            "KERNEL_H": self.kernel[0],
            "KERNEL_W": self.kernel[1],
            "STRIDE_H": self.stride[0],
            "STRIDE_W": self.stride[1],
            "DILATION_H": self.dilation[0],
            "DILATION_W": self.dilation[1],
            "PAD_TOP": self.padding[0],
            "PAD_LEFT": self.padding[1],
        }


def shape(op: Operator, inputs: Types, outputs: tuple[TensorType, ...], *, flatten: bool) -> Shape:
    """Return the numbers of a convolution."""
    assert isinstance(op, Conv2d)
    x, weight = inputs[0], inputs[1]
    assert x is not None
    assert weight is not None
    batch, channels, height, width = x.shape
    _, filters, *out = outputs[0].shape
    if flatten and weight.shape[2:] == (1, 1) and op.stride == (1, 1) and op.padding == (0, 0, 0, 0):
        pixels = batch * height * width
        batch, height, width, out = 1, 1, pixels, [1, pixels]
    pointwise = flatten and weight.shape[2:] == (1, 1)
    return Shape(
        batch,
        channels,
        height,
        width,
        filters,
        (weight.shape[2], weight.shape[3]),
        (out[0], out[1]),
        (1, 1) if pointwise else op.stride,
        op.padding[:2],
        op.dilation,
        op.groups,
        op.stride if pointwise else (1, 1),
    )


def there(inputs: Types, position: int) -> int:
    """Return 1 where an optional input is given, else 0."""
    return int(len(inputs) > position and inputs[position] is not None)


@dataclass(frozen=True)
class Direct:
    """The direct convolution from nhwc, or from nchw (`planar`), to nhwc."""

    isa: Isa
    planar: bool
    vectors: int = 0
    """Vectors of a panel; 0 is what suits the filters."""
    band: int = BAND_BYTES
    """Bytes of a band's input, about."""

    def vectors_for(self, filters: int) -> int:
        """Return the vectors of a panel, for so many filters in a group."""
        return self.vectors or panel_vectors(filters, self.isa.lanes)

    def panel(self, filters: int) -> int:
        """Return the filters of a panel, for so many in a group."""
        return self.vectors_for(filters) * self.isa.lanes

    def _cuts(self, s: Shape) -> tuple[Cut, Cut]:
        panel = self.vectors_for(s.filters // s.groups)
        return cut_map(*s.out, pixels_at_most(self.isa.registers, panel), panel)

    def _banded(self, s: Shape) -> bool:
        """Whether bands are copied: for padding, to skip pixels, or to set those of a tile apart."""
        return not s.inside or (
            not self.planar and 4 * s.channels * s.stride[1] % ALIASED == 0 and s.out[1] > 1
        )

    def _pixel(self, s: Shape) -> int:
        """Return the floats from a pixel that a tile reads to the next column's."""
        if self.planar:
            return 1
        apart = self._banded(s) and 4 * s.channels * s.stride[1] % COMPETING == 0
        return s.channels + (self.isa.lanes if apart else 0)

    def _band(self, s: Shape) -> tuple[int, int]:
        """Return the tiles down and across whose input is used, by all filters, before the next."""
        down, across = self._cuts(s)
        if s.out[0] == 1 and s.kernel == (1, 1) and not self.planar:
            return 1, min(across.count, max(1, self.band // (4 * s.channels * across.size)))
        row = 4 * s.channels * s.under(s.out[1], 1)
        rows = max(1, self.band // row - s.covered[0]) // s.stride[0]
        return min(down.count, max(1, rows // down.size)), across.count

    def _copied(self, s: Shape) -> tuple[int, int]:
        """Return the rows and columns of the copy of a band, (0, 0) where x is read directly."""
        if not self._banded(s):
            return 0, 0
        down, across = self._cuts(s)
        band = self._band(s)
        rows, columns = min(band[0] * down.size, s.out[0]), min(band[1] * across.size, s.out[1])
        return s.under(rows, 0), s.under(columns, 1)

    def defines(self, op: Operator, inputs: Types, outputs: tuple[TensorType, ...]) -> dict[str, int]:
        """Return the constants that conv_direct.h and conv_tile.h list."""
        s = shape(op, inputs, outputs, flatten=not self.planar)
        assert isinstance(op, Conv2d)
        down, across = self._cuts(s)
        band = self._band(s)
        rows, columns = self._copied(s)
        depth = s.channels // s.groups
        pixel = self._pixel(s)
        row = pixel * (columns or s.width)
        plane = row * (rows or s.height)
        return {
            "VL": self.isa.lanes,
            "TILE_ROWS": down.size,
            "TILE_COLUMNS": across.size,
            "TALL_TILES": down.full,
            "WIDE_TILES": across.full,
            "TILES_DOWN": down.count,
            "TILES_ACROSS": across.count,
            "PANEL": self.vectors_for(s.filters // s.groups),
            "PLANES": depth if self.planar else 1,
            "DEPTH": 1 if self.planar else depth,
            "IN_PIXEL": pixel,
            "IN_ROW": row,
            "IN_PLANE": plane,
            "IN_GROUP": depth * plane if self.planar else depth,
            "OUT_PIXEL": outputs[0].pitch or s.filters,
            "OUT_ROW": (outputs[0].pitch or s.filters) * s.out[1],
            "ADD_PIXEL": s.filters,
            "ADD_ROW": s.filters * s.out[1],
            **s.constants(),
            "FILTERS": s.filters,
            "GROUPS": s.groups,
            "SKIP_H": s.skip[0],
            "SKIP_W": s.skip[1],
            "BAND_DOWN": band[0],
            "BAND_ACROSS": band[1],
            "BANDED": int(rows > 0),
            "BAND_ROWS": rows,
            "BAND_COLUMNS": columns,
            "BIAS": there(inputs, 2),
            "SLOPED": there(inputs, 3),
            "ADDED": there(inputs, 4),
            "ACTIVATION": activation(op.activation),
        }

    def workspace(self, op: Operator, inputs: Types, outputs: tuple[TensorType, ...]) -> int:
        """Return the bytes of the padded copy of a band."""
        s = shape(op, inputs, outputs, flatten=not self.planar)
        rows, columns = self._copied(s)
        return 4 * rows * columns * (s.channels if self.planar else self._pixel(s))

    def prepare(self, op: Operator, constants: tuple[Array | None, ...]) -> tuple[Array | None, ...]:
        """Return weights as [groups][panels][taps, as in x][filters of a panel], bias and slopes in panels."""
        assert isinstance(op, Conv2d)
        weight = constant(constants, 1)
        filters, depth, *kernel = weight.shape
        group = filters // op.groups
        wide = self.panel(group)
        panels = -(-group // wide)
        filled = np.zeros((op.groups, panels * wide, depth, *kernel), np.float32)
        filled[:, :group] = weight.reshape(op.groups, group, depth, *kernel)
        axes = (0, 1, 3, 4, 5, 2) if self.planar else (0, 1, 4, 5, 3, 2)
        packed = filled.reshape(op.groups, panels, wide, depth, *kernel).transpose(axes)

        def in_panels(values: Array | None) -> Array | None:
            if values is None:
                return None
            extended = np.zeros((op.groups, panels * wide), np.float32)
            extended[:, :group] = values.reshape(op.groups, group)
            return extended.ravel()

        bias, slope = map(in_panels, (*constants[2:4], None, None)[:2])
        return (constants[0], np.ascontiguousarray(packed), bias, slope, *constants[4:])[: len(constants)]

    def accepts(self, op: Operator, inputs: Types, outputs: tuple[TensorType, ...], target: Target) -> str:
        """Return "" or what the target lacks, or why there are better kernels."""
        x = inputs[0]
        if self.planar and x is not None and x.shape[1] > PLANES_AT_MOST:
            return f"reads planes of at most {PLANES_AT_MOST} channels"
        return self.isa.missing(target)

    @property
    def _parameters(self) -> str:
        panel = f"_panel{self.vectors}" if self.vectors else ""
        return panel + (f"_band{self.band // 1024}k" if self.band != BAND_BYTES else "")

    def estimate(self, op: Operator, inputs: Types, outputs: tuple[TensorType, ...], target: Target) -> float:
        """Return seconds: vectors that are not full, and tiles too small, cost what full ones do."""
        s = shape(op, inputs, outputs, flatten=not self.planar)
        group = s.filters // s.groups
        vectors = -(-group // self.isa.lanes)
        down, across = self._cuts(s)
        panel = self.vectors_for(group)
        used = s.out[0] * s.out[1] * min(panel, vectors)
        share = self.isa.filling(group) * min(1.0, used / tiles_time(down, across, panel))
        known = self.isa.estimate(0.95 * share)(op, inputs, outputs, target)
        assert known is not None
        return known

    def primitive(self) -> Primitive:
        """Return it as a primitive."""
        return Primitive(
            Conv2d,
            f"direct_{self.isa.name}{self._parameters}",
            layout="nchw" if self.planar else "nhwc",
            out_layout="nhwc" if self.planar else "",
            accepts=self.accepts,
            workspace=self.workspace,
            prepare=self.prepare,
            defines=self.defines,
            takes=("slope",) if self.planar else ("slope", "addend"),
            in_place=() if self.planar else ("addend",),
            apart=True,
            alignment=4 * self.isa.lanes,
            estimate=self.estimate,
            source="direct",
            shares="own",
            varies=f"direct_{self.isa.name}" if self._parameters else "",
        )


SPACE = ({"vectors": 1}, {"vectors": 3}, {"band": BAND_BYTES // 4}, {"band": BAND_BYTES * 4})
"""Parameters to try beside those that suit a shape."""
PRIMITIVES = [
    *(Direct(isa, planar).primitive() for isa in ISAS for planar in (False, True)),
    *(Direct(isa, planar=False, **parameters).primitive() for isa in ISAS for parameters in SPACE),
]
