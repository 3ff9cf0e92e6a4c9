"""Winograd's convolution: what its kernel is compiled with, and its transform of the weights."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING

import numpy as np

from lpdnn.ops.conv2d import Conv2d
from lpdnn.plugins.cpu_simd._activation import activation
from lpdnn.plugins.cpu_simd._convolution import COMPETING, Shape, shape
from lpdnn.plugins.cpu_simd._isa import BYTES, ISAS, Isa, constant
from lpdnn.plugins.cpu_simd._tiles import cut, panel_vectors, pixels_at_most
from lpdnn.primitives import Primitive
from lpdnn.primitives.estimate import CALL

if TYPE_CHECKING:
    from lpdnn.ir import Array, Operator, TensorType, Types
    from lpdnn.targets import Target

BAND_BYTES = 768 * 1024
"""Transformed inputs and outputs that wait for each other: they should stay in the second level of cache."""


@dataclass(frozen=True)
class Algorithm:
    """Output pixels of a tile along an axis, points above zero in units of 1/unit, and the error allowed.

    Points near 1 whose distances from each other are alike keep the error small. Measured over 64 tiles of
    normal values, 256 channels, 16 filters, relative to the largest output: 6e-7 for F(2x2), 4e-6 for F(4x4)
    (the usual points 1 and 2: 1e-5), 2e-5 for F(6x6).
    """

    size: int
    points: tuple[int, ...]
    unit: int
    tolerance: float

    @property
    def span(self) -> int:
        """Input pixels under a tile along an axis."""
        return self.size + 2

    def weights(self) -> Array:
        """Return G [span, 3]: a filter's values at 0, p0, -p0, p1, ..., infinity, scaled."""
        positive = [point / self.unit for point in self.points]
        points = [0.0, *(sign * point for point in positive for sign in (1, -1))]
        rows = [
            np.array([1.0, point, point * point]) / prod(point - other for other in points if other != point)
            for point in points
        ]
        return np.stack([*rows, np.array([0.0, 0.0, 1.0])])


ALGORITHMS = (
    Algorithm(2, (1,), 1, 1e-5),
    Algorithm(4, (2, 4), 3, 3e-5),
    Algorithm(6, (1, 2, 4), 2, 1e-4),
)


@dataclass(frozen=True)
class Winograd:
    """3x3 convolution without stride, in nhwc."""

    isa: Isa
    algorithm: Algorithm

    def _maps(self, s: Shape) -> tuple[int, int]:
        """Return the tiles down and across an image."""
        down, across = (-(-extent // self.algorithm.size) for extent in s.out)
        return down, across

    def _pixels(self, s: Shape) -> tuple[int, int]:
        """Return the floats from one tile's channels (filters) to the next's."""
        lanes = self.isa.lanes
        filled = -(-s.channels // lanes) * lanes
        apart = lanes if 4 * filled % COMPETING == 0 else 0
        return filled + apart, -(-s.filters // lanes) * lanes

    def _band(self, s: Shape) -> int:
        """Return the tiles that are transformed together."""
        maps = s.batch * prod(self._maps(s))
        most = max(14, BAND_BYTES // (4 * self.algorithm.span**2 * sum(self._pixels(s))))
        return -(-maps // -(-maps // most))

    def _planes(self, s: Shape) -> tuple[int, int]:
        """Return the floats of a band at one position, and a vector that sets planes apart."""
        band = self._band(s)
        inputs, outputs = (band * pixel + self.isa.lanes for pixel in self._pixels(s))
        return inputs, outputs

    def defines(self, op: Operator, inputs: Types, outputs: tuple[TensorType, ...]) -> dict[str, int]:
        """Return the constants that the kernel and what it includes list."""
        assert isinstance(op, Conv2d)
        s = shape(op, inputs, outputs, flatten=False)
        panel = panel_vectors(s.filters, self.isa.lanes)
        band = self._band(s)
        across = cut(band, -(-band // pixels_at_most(self.isa.registers, panel)))
        maps, pixels, planes = self._maps(s), self._pixels(s), self._planes(s)
        points = (*self.algorithm.points, 0, 0)
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
            "MAP": self.algorithm.size,
            "POINT_0": points[0],
            "POINT_1": points[1],
            "POINT_2": points[2],
            "POINT_UNIT": self.algorithm.unit,
            **dict.fromkeys(same, 1),
            "PANEL": panel,
            "DEPTH": s.channels,
            "IN_PIXEL": pixels[0],
            "IN_ROW": 0,
            "IN_PLANE": planes[0],
            "OUT_PIXEL": pixels[1],
            "OUT_ROW": 0,
            "OUT_PLANE": planes[1],
            "ACTIVATION": 0,
            "BAND": band,
            "TILE_COLUMNS": across.size,
            "WIDE_TILES": across.full,
            "TILES_ACROSS": across.count,
            "MAPS_DOWN": maps[0],
            "MAPS_ACROSS": maps[1],
            "BATCH": s.batch,
            "CHANNELS": s.channels,
            "HEIGHT": s.height,
            "WIDTH": s.width,
            "FILTERS": s.filters,
            "OUT_HEIGHT": s.out[0],
            "OUT_WIDTH": s.out[1],
            "PAD_TOP": s.padding[0],
            "PAD_LEFT": s.padding[1],
            "BIAS": int(len(inputs) > 2 and inputs[2] is not None),
            "FINAL": activation(op.activation),
        }

    def workspace(self, op: Operator, inputs: Types, outputs: tuple[TensorType, ...]) -> int:
        """Return the bytes of a band's transformed inputs and outputs."""
        s = shape(op, inputs, outputs, flatten=False)
        return 4 * self.algorithm.span**2 * sum(self._planes(s))

    def prepare(self, op: Operator, constants: tuple[Array | None, ...]) -> tuple[Array | None, ...]:
        """Return G w G^T as [span * span][panels][C][panel's filters], and the bias in panels."""
        weight = constant(constants, 1)
        bias = constants[2] if len(constants) > 2 else None
        filters, channels = weight.shape[:2]
        wide = panel_vectors(filters, self.isa.lanes) * self.isa.lanes
        panels = -(-filters // wide)
        g = self.algorithm.weights()
        transformed = np.einsum("ij,mcjk,lk->ilmc", g, weight.astype(np.float64), g, optimize=True)
        filled = np.zeros((self.algorithm.span**2, panels * wide, channels), np.float32)
        filled[:, :filters] = transformed.reshape(-1, filters, channels)
        packed = np.ascontiguousarray(filled.reshape(-1, panels, wide, channels).transpose(0, 1, 3, 2))
        if bias is None:
            return (constants[0], packed, *constants[2:])
        return constants[0], packed, np.pad(bias.astype(np.float32), (0, panels * wide - filters))

    def accepts(self, op: Operator, inputs: Types, outputs: tuple[TensorType, ...], target: Target) -> str:
        """Return "" or why not."""
        assert isinstance(op, Conv2d)
        s = shape(op, inputs, outputs, flatten=False)
        if s.kernel != (3, 3) or s.stride != (1, 1) or s.dilation != (1, 1) or s.groups != 1:
            return "is for 3x3 convolution without stride, dilation and groups"
        return self.isa.missing(target)

    def estimate(self, op: Operator, inputs: Types, outputs: tuple[TensorType, ...], target: Target) -> float:
        """Return seconds: products, transforms, and weights, nearer when bands read them again."""
        s = shape(op, inputs, outputs, flatten=False)
        positions = self.algorithm.span**2
        maps = s.batch * prod(self._maps(s))
        bands = -(-maps // self._band(s))
        lanes = self.isa.lanes
        products = 2 * positions * maps * s.channels * -(-s.filters // lanes) * lanes
        weights = s.channels * s.filters * (3 + bands) // 4
        moved = 4 * positions * (2 * maps * (s.channels + s.filters) + weights)
        return CALL + products / (0.9 * self.isa.rate) + moved / BYTES

    def primitive(self) -> Primitive:
        """Return it as a primitive."""
        size = self.algorithm.size
        return Primitive(
            Conv2d,
            f"winograd{size}x{size}_{self.isa.name}",
            layout="nhwc",
            accepts=self.accepts,
            workspace=self.workspace,
            prepare=self.prepare,
            defines=self.defines,
            alignment=4 * self.isa.lanes,
            estimate=self.estimate,
            source="winograd",
            shares="common",
            tolerance=self.algorithm.tolerance,
        )


PRIMITIVES = [Winograd(isa, algorithm).primitive() for isa in ISAS for algorithm in ALGORITHMS]
