"""Convolution of 8-bit integers, and fully connected layers, by AMX: how maps are cut into tiles, and packed weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from lpdnn.ops.qconv2d import QConv2d
from lpdnn.ops.qfc import QFullyConnected
from lpdnn.plugins.cpu_simd._convolution import BAND_BYTES, Shape
from lpdnn.plugins.cpu_simd._int8 import AMX, result_defines
from lpdnn.plugins.cpu_simd._int8_direct import convolution, numbers, panels_order, prepared
from lpdnn.plugins.cpu_simd._isa import constant, moving
from lpdnn.primitives import Library, Primitive, over
from lpdnn.primitives.estimate import CALL

if TYPE_CHECKING:
    from lpdnn.ir import Array, Operator, TensorType, Types
    from lpdnn.targets import Target

ROWS, BYTES, LANES = 16, 64, 16
"""Rows of a tile, bytes of a row, and sums of 32 bits in it."""
PRODUCTS = ROWS * BYTES * LANES
WAIT = 3.25
"""Products of tiles, about, in whose time the next can be added to the sums of one: four that take turns do not wait."""
STORE = 16
"""Multiply-adds of vectors by VNNI that the way from a vector of sums, through memory, to results takes the time of."""


class Cut(NamedTuple):
    """How outputs are cut: the constants of qconv_tiles.h, in lower case."""

    copied: bool
    bands: int
    band_out: int
    lines: int
    line: int
    line_row: int
    tiles: int
    pixels: int


def blocks(run: int) -> tuple[int, int]:
    """Return the blocks of a run of so many channels, and bytes in each: as alike as multiples of 4 can be."""
    count = -(-run // BYTES)
    return count, 4 * -(-run // (4 * count))


def runs(s: Shape) -> tuple[int, int]:
    """Return the runs in a row of taps, and the bytes in each."""
    depth = s.channels // s.groups
    if s.dilation[1] == 1 and s.groups == 1:
        return 1, s.kernel[1] * depth
    return s.kernel[1], depth


def cut(s: Shape) -> Cut:
    """Return the cut of a layer with the fewest tiles."""
    run = runs(s)[1]
    count, block = blocks(run)
    copied = not s.inside or count * block > run
    rows = s.out[0]
    if copied:
        row = s.channels * s.under(s.out[1], 1)
        most = max(1, (BAND_BYTES // row - s.covered[0]) // s.stride[0] + 1)
        rows = -(-rows // -(-rows // most))
    columns = s.under(s.out[1], 1) if copied else s.width
    lines = [(rows, s.out[1], s.out[1])]
    if s.stride[0] * columns % s.stride[1] == 0:
        apart = s.stride[0] * columns // s.stride[1]
        lines.append((1, (rows - 1) * apart + s.out[1], apart))
    number, line, line_row = min(lines, key=lambda one: one[0] * -(-one[1] // ROWS))
    tiles = -(-line // ROWS)
    return Cut(copied, -(-s.out[0] // rows), rows, number, line, line_row, tiles, -(-line // tiles))


@dataclass(frozen=True)
class Tiles:
    """The convolution in nhwc, or the fully connected layer, of s8 or u8."""

    dtype: str
    op: type[QConv2d | QFullyConnected]
    layout: str

    def defines(self, op: Operator, inputs: Types, outputs: tuple[TensorType, ...]) -> dict[str, int]:
        """Return the constants that qconv_tiles.h lists."""
        s = numbers(op, inputs, outputs, flatten=False)
        found = cut(s)
        count, block = blocks(runs(s)[1])
        group = s.filters // s.groups
        pair = 2 * s.stride[1] * s.channels * found.pixels
        return {
            **AMX.defines(self.dtype == "u8"),
            **result_defines(op),
            **{name.upper(): int(value) for name, value in found._asdict().items()},
            "CHUNK": 2 * max(1, BAND_BYTES // pair),
            "BLOCKS": count,
            "BLOCK": block,
            "X_ZERO": convolution(op).x_zero,
            "BAND_ROWS": s.under(found.band_out, 0) if found.copied else s.height,
            "BAND_COLUMNS": s.under(s.out[1], 1) if found.copied else s.width,
            "IN_PIXEL": s.channels,
            "PANEL": min(2, -(-group // LANES)),
            "DEPTH": s.channels // s.groups,
            **s.constants(),
            "FILTERS": s.filters,
            "GROUPS": s.groups,
            "SKIP_H": 1,
            "SKIP_W": 1,
        }

    def workspace(self, op: Operator, inputs: Types, outputs: tuple[TensorType, ...]) -> int:
        """Return the bytes of the copy of a band, and of what the last block of its last run reads beyond it."""
        s = numbers(op, inputs, outputs, flatten=False)
        found = cut(s)
        if not found.copied:
            return 0
        run = runs(s)[1]
        count, block = blocks(run)
        return s.under(found.band_out, 0) * s.under(s.out[1], 1) * s.channels + count * block - run

    def prepare(self, op: Operator, constants: tuple[Array | None, ...]) -> tuple[Array | None, ...]:
        """Return weights as [groups][panels][KH][runs][blocks][vectors of a panel][block / 4][VL][4], and the rest."""
        op = convolution(op)
        weight = constant(constants, 1)
        weight = weight.reshape(*weight.shape[:2], *(weight.shape[2:] or (1, 1)))
        filters, depth, height, width = weight.shape
        order = panels_order(filters, op.groups, LANES)
        whole = op.dilation[1] == 1 and op.groups == 1
        taps = weight.transpose(0, 2, 3, 1).reshape(filters, height, *((1, -1) if whole else (width, depth)))
        count, block = blocks(taps.shape[3])
        taps = np.pad(taps, ((0, 0), (0, 0), (0, 0), (0, count * block - taps.shape[3])))
        taps = taps.reshape(*taps.shape[:3], count, block // 4, 4)
        packed = np.where((order >= 0)[..., None, None, None, None, None], taps[order], 0)
        # from panels, vectors, lanes, KH, runs, blocks, ...
        packed = packed.transpose(0, 3, 4, 5, 1, 6, 2, 7).astype(np.int8)
        return prepared(op, constants, packed, order, AMX, self.dtype)

    def accepts(self, op: Operator, inputs: Types, outputs: tuple[TensorType, ...], target: Target) -> str:
        """Return "" or what the target lacks."""
        if inputs[0] is not None and inputs[0].dtype != self.dtype:
            return f"is for {self.dtype}"
        return AMX.isa.missing(target)

    def estimate(self, op: Operator, inputs: Types, outputs: tuple[TensorType, ...], target: Target) -> float:
        """Return seconds by published rates, which were not timed: tiles that are not full cost what full ones do."""
        s = numbers(op, inputs, outputs, flatten=False)
        found = cut(s)
        number, run = runs(s)
        vectors = -(-(s.filters // s.groups) // LANES)
        tiles = found.lines * found.tiles
        bands = s.batch * s.groups * found.bands
        turns = sum(
            pairs * panels * max(WAIT, down * across)
            for down, pairs in ((2, tiles // 2), (1, tiles % 2))
            for across, panels in ((2, vectors // 2), (1, vectors % 2))
        )
        products = 2 * PRODUCTS * bands * turns * s.kernel[0] * number * blocks(run)[0]
        stores = 2 * LANES * STORE * bands * tiles * vectors * found.pixels
        done = products / AMX.rate(target.core) + stores / target.core.rate(LANES)
        return CALL + done + moving(op, inputs, outputs, target.core)

    def primitive(self) -> Primitive:
        """Return it as a primitive."""
        return Primitive(
            self.op,
            "tiles",
            self.dtype,
            "s8" if self.dtype == "u8" else "",
            layout=self.layout,
            accepts=self.accepts,
            workspace=self.workspace,
            prepare=self.prepare,
            defines=self.defines,
            alignment=64,
            estimate=self.estimate,
            like="s8" if self.dtype == "u8" else "",
        )


ASKING = Library("amx", sources=("tiles_allowed.c",), allowed="lpdnn_tiles_allowed")
"""What asks CPU and system, once in a program."""
KERNELS: tuple[tuple[type[QConv2d | QFullyConnected], str], ...] = (
    (QConv2d, "nhwc"),
    (QFullyConnected, "nchw"),
)
PRIMITIVES = over(
    (ASKING,),
    *(Tiles(dtype, *kernel).primitive() for dtype in ("s8", "u8") for kernel in KERNELS),
)
