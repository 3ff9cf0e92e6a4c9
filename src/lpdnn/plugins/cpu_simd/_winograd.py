"""Winograd's convolution: what its kernel is compiled with, and its transform of the weights."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import product
from math import prod
from typing import TYPE_CHECKING

import numpy as np

from lpdnn.ops.conv2d import Conv2d
from lpdnn.plugins.cpu_simd._activation import activation
from lpdnn.plugins.cpu_simd._convolution import COMPETING, Shape, shape, there
from lpdnn.plugins.cpu_simd._isa import ISAS, Isa, constant
from lpdnn.plugins.cpu_simd._points import ALGORITHMS, Algorithm
from lpdnn.plugins.cpu_simd._tiles import Cut, cut, panel_vectors, pixels_at_most, tiles_time
from lpdnn.primitives import Primitive
from lpdnn.primitives.estimate import CALL
from lpdnn.targets.core import ANY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lpdnn.ir import Array, Operator, TensorType, Types
    from lpdnn.targets import Core, Target

BYTES = 20e9
"""Bytes a second that are transformed, and that weights are read at."""
NEAR = 1024 * 1024
"""Bytes of transformed inputs and outputs that wait for each other in the second level of cache."""
SUMS = 3
"""Channels whose products take as long as a register tile's sums to be stored."""
SHARED = 16 * NEAR
"""Bytes of weights that the last level of cache keeps from band to band."""

Border = tuple[int, int]
"""Spans of the tiles in the last row and column of a map."""


@dataclass(frozen=True)
class Winograd:
    """Convolution in nhwc."""

    isa: Isa
    algorithm: Algorithm
    narrow: bool = False
    """Whether panels have one vector: more tiles fit in a register tile, and weights are read at half the rate."""

    def _maps(self, s: Shape) -> tuple[int, int]:
        """Return the tiles down and across an image."""
        down, across = (-(-extent // self.algorithm.size) for extent in s.out)
        return down, across

    def _pixels(self, s: Shape) -> tuple[int, int]:
        """Return the floats from one tile's channels (filters) to the next's."""
        lanes, wide = self.isa.lanes, self.algorithm.stride * s.channels  # as the kernel's WIDE
        filled = -(-((self.algorithm.stride - 1) * wide + -(-wide // lanes) * lanes) // lanes) * lanes
        apart = lanes if 4 * filled % COMPETING == 0 else 0
        return filled + apart, -(-s.filters // lanes) * lanes

    def _panel(self, s: Shape) -> int:
        return 1 if self.narrow else panel_vectors(s.filters // s.groups, self.isa.lanes)

    def _fits(self, s: Shape) -> int:
        """Return the tiles that a register tile holds."""
        return pixels_at_most(self.isa.registers, self._panel(s))

    def _batches(self, s: Shape, border: Border, band: int) -> Iterator[tuple[int, int, int]]:
        """Yield how many tiles are multiplied at once, at how many positions, of how many phases, over all bands."""
        down, across = self._maps(s)
        whole_down = down - (border[0] < self.algorithm.span)
        column = s.batch * whole_down * (border[1] < self.algorithm.span)
        row = s.batch * across * (border[0] < self.algorithm.span)
        maps = s.batch * down * across
        at = [
            (
                *((count, phases, True) for count, phases in self.algorithm.points_of(span)),
                (self.algorithm.span - span, self.algorithm.stride, False),
            )
            for span in border
        ]
        for (rows, over, low), (columns, beside, right) in product(*at):
            phases = over * beside
            start, end = 0 if right else column, maps if low else maps - row
            first, last = -(-start // band) * band, end // band * band
            parts = (first - start, end - last) if first <= last else (end - start, 0)
            yield band, rows * columns * max(0, last - first) // band, phases
            yield from ((part, rows * columns, phases) for part in parts)

    def _seconds(self, s: Shape, border: Border, band: int, core: Core = ANY) -> float:
        """Return an estimate for bands of so many tiles: transforms, products, weights read by each band."""
        positions, lanes, panel = self.algorithm.span**2, self.isa.lanes, self._panel(s)
        depth, group = s.channels // s.groups, s.filters // s.groups
        bands = -(-s.batch * prod(self._maps(s)) // band)
        panels = s.groups * -(-group // (panel * lanes))
        time = sum(
            count
            * (phases * depth + SUMS)
            * tiles_time(Cut(1, 1, 1), cut(maps, -(-maps // self._fits(s))), panel)
            for maps, count, phases in self._batches(s, border, band)
            if maps and count
        )
        products = 2 * lanes * panels * time / core.rate(lanes)
        size = 4 * self.algorithm.under**2 * depth * panels * panel * lanes
        inputs, outputs = self._pixels(s)
        data = 4 * band * (inputs * (self.algorithm.under / self.algorithm.stride) ** 2 + positions * outputs)
        seconds = products + bands * (1.1 * data + 3 * max(0, data - NEAR + min(size, NEAR // 2))) / BYTES
        hidden = 0.75 if self.narrow else 0.5
        again = (BYTES, hidden) if size > SHARED else (2 * BYTES, 0.8)
        for count, (rate, behind) in ((1, (BYTES, hidden)), (bands - 1, again)):
            seconds += count * (size / rate - behind * min(products / bands, size / rate))
        return seconds

    @cache  # noqa: B019  # few of them, and as long as the process
    def _choice(self, s: Shape) -> tuple[float, int, Border]:
        """Return the estimate, the tiles that are transformed together, and the spans of the last of each axis."""
        maps = s.batch * prod(self._maps(s))
        least = min(maps, self._fits(s) // 2)
        bands = {-(-maps // count) for count in range(1, -(-maps // least) + 1)}
        span = self.algorithm.span
        short = (self.algorithm.last_span(s.out[0]), self.algorithm.last_span(s.out[1]))
        return min(
            (self._seconds(s, border, band), band, border)
            for border in {(span, span), short}
            for band in bands
        )

    def _planes(self, s: Shape) -> tuple[int, int]:
        """Return the floats of a band at one position, and a vector that sets planes apart."""
        band = self._choice(s)[1]
        inputs, outputs = (band * pixel + self.isa.lanes for pixel in self._pixels(s))
        return inputs, outputs

    def defines(self, op: Operator, inputs: Types, outputs: tuple[TensorType, ...]) -> dict[str, int]:
        """Return the constants that the kernel and what it includes list."""
        assert isinstance(op, Conv2d)
        s = shape(op, inputs, outputs, flatten=False)
        panel = self._panel(s)
        _, band, border = self._choice(s)
        sizes = {
            size
            for maps, count, _ in self._batches(s, border, band)
            if maps and count
            for size, there in cut(maps, -(-maps // self._fits(s))).sizes()
            if there
        }
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
            "SPAN": self.algorithm.span,
            "POINT_0": points[0],
            "POINT_1": points[1],
            "POINT_2": points[2],
            "POINT_UNIT": self.algorithm.unit,
            "STEP": self.algorithm.stride,
            "LONG": self.algorithm.long,
            **dict.fromkeys(same, 1),
            "PANEL": panel,
            "GROUPS": s.groups,
            "DEPTH": s.channels // s.groups,
            "IN_PIXEL": pixels[0],
            "IN_ROW": 0,
            "IN_PLANE": planes[0],
            "OUT_PIXEL": pixels[1],
            "OUT_ROW": 0,
            "OUT_PLANE": planes[1],
            **dict.fromkeys(("ACTIVATION", "SLOPED", "ADDED", "ADD_PIXEL", "ADD_ROW"), 0),
            "BAND": band,
            "TILE_COLUMNS": max(sizes),
            "TILE_SIZES": sum(1 << size for size in sizes),
            "MAPS_DOWN": maps[0],
            "MAPS_ACROSS": maps[1],
            "LAST_DOWN": border[0],
            "LAST_ACROSS": border[1],
            "BATCH": s.batch,
            "CHANNELS": s.channels,
            "HEIGHT": s.height,
            "WIDTH": s.width,
            "FILTERS": s.filters,
            "Y_PIXEL": outputs[0].pitch or s.filters,
            "OUT_HEIGHT": s.out[0],
            "OUT_WIDTH": s.out[1],
            "PAD_TOP": s.padding[0],
            "PAD_LEFT": s.padding[1],
            "BIAS": there(inputs, 2),
            "FINAL_SLOPED": there(inputs, 3),
            "FINAL_ADDED": there(inputs, 4),
            "FINAL": activation(op.activation),
        }

    def workspace(self, op: Operator, inputs: Types, outputs: tuple[TensorType, ...]) -> int:
        """Return the bytes of a band's transformed inputs and outputs."""
        s = shape(op, inputs, outputs, flatten=False)
        return 4 * self.algorithm.span**2 * sum(self._planes(s))

    def prepare(self, op: Operator, constants: tuple[Array | None, ...]) -> tuple[Array | None, ...]:
        """Return G w G^T as [span * span][groups][panels][phases][C][panel's filters], bias and slopes in vectors."""
        assert isinstance(op, Conv2d)
        weight = constant(constants, 1)
        filters, depth = weight.shape[:2]
        group, lanes = filters // op.groups, self.isa.lanes
        wide = lanes if self.narrow else panel_vectors(group, lanes) * lanes
        panels = -(-group // wide)
        g = self.algorithm.weights()
        stride, span = self.algorithm.stride, self.algorithm.span
        transformed = np.einsum("iak,mckl,jbl->ijmabc", g, weight.astype(np.float64), g, optimize=True)
        filled = np.zeros((span, span, op.groups, panels * wide, stride, stride, depth), np.float32)
        filled[:, :, :, :group] = transformed.reshape(span, span, op.groups, group, stride, stride, depth)
        packed = filled.reshape(span, span, op.groups, panels, wide, stride, stride, depth)
        packed = packed.transpose(0, 1, 2, 3, 5, 6, 7, 4)
        phases = [phases for count, phases in self.algorithm.points_of(span) for _ in range(count)]
        there = [
            packed[i, j, :, :, :down, :across].ravel()
            for i, down in enumerate(phases)
            for j, across in enumerate(phases)
        ]
        rest = (
            None if c is None else np.pad(c.astype(np.float32), (0, -filters % lanes)) for c in constants[2:4]
        )
        return (constants[0], np.concatenate(there), *rest, *constants[4:])

    def accepts(self, op: Operator, inputs: Types, outputs: tuple[TensorType, ...], target: Target) -> str:
        """Return "" or why not."""
        assert isinstance(op, Conv2d)
        s = shape(op, inputs, outputs, flatten=False)
        kernel, stride = self.algorithm.kernel, self.algorithm.stride
        if s.kernel != (kernel, kernel) or s.stride != (stride, stride) or s.dilation != (1, 1):
            return f"is for {kernel}x{kernel} convolution with stride {stride} and without dilation"
        if s.groups > 1 and stride > 1:
            return "has groups only without stride"
        if s.groups > 1 and s.filters // s.groups % self.isa.lanes:
            return f"is for groups of filters in multiples of {self.isa.lanes}"
        wide = pixels_at_most(self.isa.registers, panel_vectors(s.filters // s.groups, self.isa.lanes))
        if self.narrow and not wide < s.batch * prod(self._maps(s)) <= self._fits(s):
            return f"is for more than {wide} and at most {self._fits(s)} tiles"
        return self.isa.missing(target)

    def estimate(self, op: Operator, inputs: Types, outputs: tuple[TensorType, ...], target: Target) -> float:
        """Return seconds."""
        s = shape(op, inputs, outputs, flatten=False)
        _, band, border = self._choice(s)
        return CALL + self._seconds(s, border, band, target.core)

    def primitive(self) -> Primitive:
        """Return it as a primitive."""
        return Primitive(
            Conv2d,
            f"{self.algorithm.name}{'_narrow' if self.narrow else ''}_{self.isa.name}",
            layout="nhwc",
            accepts=self.accepts,
            workspace=self.workspace,
            prepare=self.prepare,
            defines=self.defines,
            takes=("slope", "addend"),
            in_place=("addend",),
            apart=True,
            alignment=4 * self.isa.lanes,
            estimate=self.estimate,
            source="winograd",
            shares="common",
            tolerance=self.algorithm.tolerance,
        )


PRIMITIVES = [
    *(Winograd(isa, algorithm).primitive() for isa in ISAS for algorithm in ALGORITHMS),
    *(
        Winograd(ISAS[0], algorithm, narrow=True).primitive()
        for algorithm in ALGORITHMS
        if algorithm.kernel == 3 and algorithm.size in {2, 4}
    ),
]
