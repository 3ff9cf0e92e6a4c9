"""Strassen's pointwise convolution: what its kernel is compiled with, and its sums of the weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lpdnn.ops.conv2d import Conv2d
from lpdnn.plugins.cpu_simd._activation import activation
from lpdnn.plugins.cpu_simd._convolution import ALIASED, COMPETING, Shape, shape, there
from lpdnn.plugins.cpu_simd._isa import ISAS, Isa, constant
from lpdnn.plugins.cpu_simd._tiles import Cut, cut, panel_vectors, pixels_at_most, tiles_time
from lpdnn.primitives import Primitive

if TYPE_CHECKING:
    from lpdnn.ir import Array, Operator, TensorType, Types
    from lpdnn.targets import Target

SIGNS = (
    (0, 0, 1, 0),
    (1, 0, 0, 0),
    (0, 1, -1, 1),
    (0, 1, 0, 1),
    (1, -1, 1, -1),
    (0, 0, 1, -1),
    (0, 1, 0, 0),
)
"""Of the quadrants of the weights in each product, in the kernel's order: [half of channels][half of filters], flat."""
BAND_BYTES = 768 * 1024
"""Pixels and their sums that all filters are applied to while they stay in the second level of cache."""
SUMS = 4
"""Multiply-adds for each channel of a pixel that the sums of inputs take the time of, in all products."""
STORES = 10
"""Those for each of its filters that what is kept of products takes the time of."""
WEIGHTS = 3
"""Those for each weight that reading three quarters more weights takes the time of."""
CACHES = 0.02
"""Of all multiply-adds, those that inputs and weights from the second level of cache take the time of."""


@dataclass(frozen=True)
class Strassen:
    """Pointwise convolution in nhwc."""

    isa: Isa

    def _panel(self, filters: int) -> int:
        """Return the vectors of a panel."""
        return panel_vectors(-(-filters // 2), self.isa.lanes)

    def _panels(self, filters: int) -> int:
        """Return the panels of the first half of so many filters."""
        return -(-filters // (2 * self._panel(filters) * self.isa.lanes))

    def _pixels(self, s: Shape) -> int:
        """Return the pixels of the result, of all images."""
        return s.batch * s.out[0] * s.out[1]

    def _bands(self, s: Shape) -> int:
        """Return the bands of pixels, by what the products read of two pixels and keep of them."""
        pair = 14 * s.channels + 8 * self._panel(s.filters) * self.isa.lanes
        return -(-self._pixels(s) // (2 * max(1, BAND_BYTES // pair)))

    def _half(self, s: Shape) -> int:
        """Return the pixels of half a band."""
        return -(-self._pixels(s) // (2 * self._bands(s)))

    def _across(self, s: Shape) -> Cut:
        """Return the cut of half a band into tiles."""
        half = self._half(s)
        return cut(half, -(-half // pixels_at_most(self.isa.registers, self._panel(s.filters))))

    def _copied(self, s: Shape) -> bool:
        """Whether pixels are copied: to skip some, to fill up halves, or to set those of a tile apart."""
        return s.skip != (1, 1) or s.channels != 2 * self._part(s) or 4 * s.channels % ALIASED == 0

    def _part(self, s: Shape) -> int:
        """Return the floats of half the channels of a pixel, whole vectors of them."""
        return -(-s.channels // (2 * self.isa.lanes)) * self.isa.lanes

    def _pixel(self, s: Shape) -> int:
        """Return the floats from a pixel of a plane to the next."""
        channels = 2 * self._part(s)
        return channels + (self.isa.lanes if self._copied(s) and 4 * channels % COMPETING == 0 else 0)

    def defines(self, op: Operator, inputs: Types, outputs: tuple[TensorType, ...]) -> dict[str, int]:
        """Return the constants that the kernel and what it includes list."""
        assert isinstance(op, Conv2d)
        s = shape(op, inputs, outputs, flatten=True)
        across = self._across(s)
        same = (
            "TILE_ROWS",
            "PLANES",
            "KERNEL_H",
            "KERNEL_W",
            "STRIDE_H",
            "STRIDE_W",
            "DILATION_H",
            "DILATION_W",
        )
        return {
            "VL": self.isa.lanes,
            **dict.fromkeys(same, 1),
            "TILE_COLUMNS": across.size,
            "WIDE_TILES": across.full,
            "TILES_ACROSS": across.count,
            "PANEL": self._panel(s.filters),
            "PANELS": self._panels(s.filters),
            "DEPTH": -(-s.channels // 2),
            "PART": self._part(s),
            "COPIED": int(self._copied(s)),
            "IN_PIXEL": self._pixel(s),
            "IN_ROW": 0,
            "IN_PLANE": 0,
            "OUT_PIXEL": outputs[0].pitch or s.filters,
            "OUT_ROW": 0,
            "ADD_PIXEL": s.filters,
            "ADD_ROW": 0,
            "PIXELS": self._pixels(s),
            "CHANNELS": s.channels,
            "HEIGHT": s.height,
            "WIDTH": s.width,
            "OUT_HEIGHT": s.out[0],
            "OUT_WIDTH": s.out[1],
            "SKIP_H": s.skip[0],
            "SKIP_W": s.skip[1],
            "FILTERS": s.filters,
            "BANDS": self._bands(s),
            "HALF": self._half(s),
            "BIAS": there(inputs, 2),
            "SLOPED": there(inputs, 3),
            "ADDED": there(inputs, 4),
            "ACTIVATION": activation(op.activation),
        }

    def workspace(self, op: Operator, inputs: Types, outputs: tuple[TensorType, ...]) -> int:
        """Return the bytes of the planes of pixels and their sums, and of what is kept of tiles."""
        s = shape(op, inputs, outputs, flatten=True)
        across = self._across(s)
        kept = 2 * across.count * across.size * self._panel(s.filters) * self.isa.lanes
        return 4 * ((4 if self._copied(s) else 2) * self._half(s) * self._pixel(s) + kept)

    def prepare(self, op: Operator, constants: tuple[Array | None, ...]) -> tuple[Array | None, ...]:
        """Return sums of weights as [panels][7][half of C][panel's filters], bias and slopes in panels."""
        weight = constant(constants, 1)
        filters, channels = weight.shape[:2]
        wide = self._panel(filters) * self.isa.lanes
        panels, depth = self._panels(filters), -(-channels // 2)
        filled = np.zeros((2 * panels * wide, 2 * depth))
        filled[:filters, :channels] = weight[:, :, 0, 0]
        quadrants = filled.reshape(2, panels, wide, 2, depth).transpose(3, 0, 1, 4, 2)
        sums = np.tensordot(np.array(SIGNS), quadrants.reshape(4, panels, depth, wide), 1)
        packed = np.ascontiguousarray(sums.swapaxes(0, 1).astype(np.float32))

        def in_panels(values: Array | None) -> Array | None:
            if values is None:
                return None
            return np.pad(values.astype(np.float32), (0, 2 * panels * wide - filters))

        bias, slope = map(in_panels, (*constants[2:4], None, None)[:2])
        return (constants[0], packed, bias, slope, *constants[4:])[: len(constants)]

    def unfit(self, _op: Operator, constants: tuple[Array | None, ...]) -> str:
        """Return "" or why these weights need kernels that compute each filter alike."""
        weight = constants[1]
        if weight is None:
            return ""
        filters = weight.reshape(len(weight), -1) + np.float32(0)  # which makes -0 of weights 0
        if not filters.any(axis=1).all():
            return "would not give a filter of zeros exact zeros"
        if len({one.tobytes() for one in filters}) < len(filters):
            return "would not give equal filters equal results"
        return ""

    def accepts(self, op: Operator, inputs: Types, outputs: tuple[TensorType, ...], target: Target) -> str:
        """Return "" or why not."""
        assert isinstance(op, Conv2d)
        s = shape(op, inputs, outputs, flatten=True)
        if (s.kernel, s.groups, op.padding) != ((1, 1), 1, (0, 0, 0, 0)):
            return "is for pointwise convolution without padding and groups"
        if self._pixels(s) < 2 or s.channels < 2 or s.filters <= self._panel(s.filters) * self.isa.lanes:
            return "is for pixels, channels and filters that can be halved"
        return self.isa.missing(target)

    def estimate(self, op: Operator, inputs: Types, outputs: tuple[TensorType, ...], target: Target) -> float:
        """Return seconds: those of the products, of which there is an eighth less, and of their sums."""
        s = shape(op, inputs, outputs, flatten=True)
        across, panel = self._across(s), self._panel(s.filters)
        vectors = -(-s.filters // self.isa.lanes)
        bands, pixels = self._bands(s), self._pixels(s)
        tiles = 4 * bands * self._panels(s.filters) * tiles_time(Cut(1, 1, 1), across, panel)
        share = self.isa.filling(s.filters) * min(1.0, pixels * vectors / tiles)
        more = 7 / 8 + CACHES + SUMS / s.filters + STORES / s.channels + WEIGHTS * bands / pixels
        known = self.isa.estimate(0.95 * share / more)(op, inputs, outputs, target)
        assert known is not None
        return known

    def primitive(self) -> Primitive:
        """Return it as a primitive."""
        return Primitive(
            Conv2d,
            f"strassen_{self.isa.name}",
            layout="nhwc",
            accepts=self.accepts,
            unfit=self.unfit,
            workspace=self.workspace,
            prepare=self.prepare,
            defines=self.defines,
            takes=("slope", "addend"),
            in_place=("addend",),
            apart=True,
            alignment=4 * self.isa.lanes,
            estimate=self.estimate,
            source="strassen",
            shares="own",
        )


PRIMITIVES = [Strassen(isa).primitive() for isa in ISAS]
