"""Strassen's pointwise convolution: what its kernel is compiled with, and its sums of the weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lpdnn.ops.conv2d import Conv2d
from lpdnn.plugins.cpu_simd._activation import activation
from lpdnn.plugins.cpu_simd._convolution import COMPETING, Shape, shape
from lpdnn.plugins.cpu_simd._isa import ISAS, Isa, constant
from lpdnn.plugins.cpu_simd._tiles import Cut, cut, panel_vectors, pixels_at_most, tiles_time
from lpdnn.primitives import Primitive

if TYPE_CHECKING:
    from lpdnn.ir import Array, Operator, TensorType, Types
    from lpdnn.targets import Target

SIGNS = ((1, 0, 0, 1), (1, 0, 0, 0), (0, 1, 0, -1), (-1, 0, 1, 0), (0, 0, 0, 1), (1, 1, 0, 0), (0, 0, 1, 1))
"""Of the quadrants of the weights in each product: [half of channels][half of filters], flat."""
SUM_BYTES = 96 * 1024
"""Sums of inputs that all filters are applied to while they stay in the second level of cache."""
SUMS = 5
"""Multiply-adds for each channel of a pixel that the sums of inputs take the time of, in all products."""
STORES = 14
"""Those for each of its filters that the results are added in the time of."""
WEIGHTS = 2.25
"""Those for each weight that reading three quarters more weights takes the time of."""


@dataclass(frozen=True)
class Strassen:
    """Pointwise convolution without stride, in nhwc."""

    isa: Isa

    def _panel(self, filters: int) -> int:
        """Return the vectors of a panel."""
        return panel_vectors(-(-filters // 2), self.isa.lanes)

    def _panels(self, filters: int) -> int:
        """Return the panels of the first half of so many filters."""
        return -(-filters // (2 * self._panel(filters) * self.isa.lanes))

    def _bands(self, s: Shape) -> tuple[int, int, int]:
        """Return the bands of pixels, and the pixels of the two halves of each."""
        depth, pixels = -(-s.channels // 2), s.out[1]
        bands = -(-pixels // max(2, SUM_BYTES // (4 * depth) * 2))
        half = -(-pixels // (2 * bands))
        return bands, half, half if bands > 1 else pixels - half

    def _across(self, s: Shape) -> Cut:
        """Return the cut of half a band into tiles."""
        half = self._bands(s)[1]
        return cut(half, -(-half // pixels_at_most(self.isa.registers, self._panel(s.filters))))

    def _pixel(self, s: Shape) -> int:
        """Return the floats from a pixel of sums to the next."""
        depth = -(-s.channels // 2)
        return depth + (self.isa.lanes if 4 * depth % COMPETING == 0 else 0)

    def defines(self, op: Operator, inputs: Types, outputs: tuple[TensorType, ...]) -> dict[str, int]:
        """Return the constants that the kernel and what it includes list."""
        assert isinstance(op, Conv2d)
        s = shape(op, inputs, outputs, flatten=True)
        bands, half, second = self._bands(s)
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
            "IN_PIXEL": self._pixel(s),
            "IN_ROW": 0,
            "IN_PLANE": 0,
            "OUT_PIXEL": outputs[0].pitch or s.filters,
            "OUT_ROW": 0,
            **dict.fromkeys(("ACTIVATION", "SLOPED", "ADDED", "ADD_PIXEL", "ADD_ROW"), 0),
            "PIXELS": s.out[1],
            "CHANNELS": s.channels,
            "FILTERS": s.filters,
            "BANDS": bands,
            "HALF": half,
            "SECOND": second,
            "BIAS": int(len(inputs) > 2 and inputs[2] is not None),
            "FINAL": activation(op.activation),
        }

    def workspace(self, op: Operator, inputs: Types, outputs: tuple[TensorType, ...]) -> int:
        """Return the bytes of a sum of inputs."""
        s = shape(op, inputs, outputs, flatten=True)
        return 4 * self._bands(s)[1] * self._pixel(s)

    def prepare(self, op: Operator, constants: tuple[Array | None, ...]) -> tuple[Array | None, ...]:
        """Return the sums of weights as [7][panels][half of C][panel's filters], and the bias in panels."""
        weight = constant(constants, 1)
        bias = constants[2] if len(constants) > 2 else None
        filters, channels = weight.shape[:2]
        wide = self._panel(filters) * self.isa.lanes
        panels, depth = self._panels(filters), -(-channels // 2)
        filled = np.zeros((2 * panels * wide, 2 * depth))
        filled[:filters, :channels] = weight[:, :, 0, 0]
        quadrants = filled.reshape(2, panels, wide, 2, depth).transpose(3, 0, 1, 4, 2)
        sums = np.tensordot(np.array(SIGNS), quadrants.reshape(4, panels, depth, wide), 1).astype(np.float32)
        if bias is None:
            return (constants[0], sums, *constants[2:])
        padded = np.pad(bias.astype(np.float32), (0, 2 * panels * wide - filters))
        return (constants[0], sums, padded, *constants[3:])

    def accepts(self, op: Operator, inputs: Types, outputs: tuple[TensorType, ...], target: Target) -> str:
        """Return "" or why not."""
        assert isinstance(op, Conv2d)
        s = shape(op, inputs, outputs, flatten=True)
        if (s.kernel, s.groups, s.out) != ((1, 1), 1, (s.height, s.width)) or s.height > 1:
            return "is for pointwise convolution without stride, padding and groups"
        if s.out[1] < 2 or s.channels < 2 or s.filters <= self._panel(s.filters) * self.isa.lanes:
            return "is for pixels, channels and filters that can be halved"
        return self.isa.missing(target)

    def estimate(self, op: Operator, inputs: Types, outputs: tuple[TensorType, ...], target: Target) -> float:
        """Return seconds: those of the products, of which there is an eighth less, and of their sums."""
        s = shape(op, inputs, outputs, flatten=True)
        across, panel = self._across(s), self._panel(s.filters)
        vectors = -(-s.filters // self.isa.lanes)
        bands = self._bands(s)[0]
        tiles = 4 * bands * self._panels(s.filters) * tiles_time(Cut(1, 1, 1), across, panel)
        share = self.isa.filling(s.filters) * min(1.0, s.out[1] * vectors / tiles)
        more = 7 / 8 + SUMS / s.filters + STORES / s.channels + WEIGHTS * bands / s.out[1]
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
            workspace=self.workspace,
            prepare=self.prepare,
            defines=self.defines,
            apart=True,
            alignment=4 * self.isa.lanes,
            estimate=self.estimate,
            source="strassen",
            shares="own",
        )


PRIMITIVES = [Strassen(isa).primitive() for isa in ISAS]
