"""Depthwise convolution between pointwise ones, in bands of rows: what its kernel is compiled with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lpdnn.ops.separable import Separable
from lpdnn.plugins.cpu_simd._activation import activation
from lpdnn.plugins.cpu_simd._convolution import Direct, Shape, shape, there
from lpdnn.plugins.cpu_simd._depthwise import Depthwise
from lpdnn.plugins.cpu_simd._isa import ISAS, Isa
from lpdnn.plugins.cpu_simd._tiles import cut_map, pixels_at_most, tiles_time
from lpdnn.primitives import Primitive

if TYPE_CHECKING:
    from lpdnn.ir import Array, Operator, TensorType, Types
    from lpdnn.ops.conv2d import Conv2d
    from lpdnn.plugins.cpu_simd._tiles import Cut
    from lpdnn.targets import Target

    Stage = tuple[Conv2d, Types, tuple[TensorType, ...]]

BAND_BYTES = 256 * 1024
"""What a band's rows between the convolutions may take of the second level of cache."""

PIXELS = 224
"""Pixels of a band, at least, for which a panel of weights is worth being brought into the first level."""
ENOUGH = 1.03
"""Times the least time that a band's tiles may take."""


@dataclass(frozen=True)
class _Band:
    """Rows of outputs in a band, and the rows of its input and the floats that it holds between."""

    rows: int
    held: int
    floats: int


@dataclass(frozen=True)
class Bands:
    """The three convolutions, or two, in nhwc."""

    isa: Isa

    @property
    def _depthwise(self) -> Depthwise:
        return Depthwise(self.isa)

    @property
    def _pointwise(self) -> Direct:
        return Direct(self.isa, planar=False)

    def _run(self, filters: int, pixels: int) -> Cut:
        """Return the tiles of a run of pixels."""
        panel = self._pointwise.vectors_for(filters)
        return cut_map(1, pixels, pixels_at_most(self.isa.registers, panel), panel)[1]

    def _time(self, s: Shape, filters: int, rows: int) -> float:
        """Return what the last convolution's tiles take, in all bands of so many rows."""
        panel = self._pointwise.vectors_for(filters)
        one = cut_map(1, 1, 1, 1)[0]
        return -(-s.out[0] // rows) * tiles_time(one, self._run(filters, rows * s.out[1]), panel)

    def _band(self, stages: list[Stage]) -> _Band:
        """Return the smallest band of enough pixels, of those that stay in cache and whose tiles waste no time."""
        s = shape(*stages[-2], flatten=False)
        filters = stages[-1][2][0].shape[1]
        expands = len(stages) > 2

        def of(rows: int) -> _Band:
            held = s.under(rows, 0)
            return _Band(rows, held, (held * s.width if expands else 0) + rows * s.out[1])

        tile = self._depthwise.cuts(s)[0].size
        bands = [of(rows) for rows in range(tile, s.out[0] + 1, tile)]
        fitting = [band for band in bands if 4 * band.floats * s.channels <= BAND_BYTES] or bands[:1]
        times = [self._time(s, filters, band.rows) for band in fitting]
        fast = [band for band, time in zip(fitting, times, strict=True) if time <= ENOUGH * min(times)]
        return next((band for band in fast if band.rows * s.out[1] >= PIXELS), fast[-1])

    def _constants(self, stage: Stage, pixels: int) -> dict[str, int]:
        """Return the constants that conv_pointwise.h lists."""
        op, inputs, _ = stage
        weight = inputs[1]
        assert weight is not None
        filters, depth = weight.shape[:2]
        tiles = self._run(filters, pixels)
        return {
            "DEPTH": depth,
            "FILTERS": filters,
            "PANEL_VECTORS": self._pointwise.vectors_for(filters),
            "COLUMNS": tiles.size,
            "WIDE": tiles.full,
            "TILES": tiles.count,
            "BIAS": there(inputs, 2),
            "ADDED": there(inputs, 4),
            "ACTIVATION": activation(op.activation),
        }

    def defines(self, op: Operator, inputs: Types, outputs: tuple[TensorType, ...]) -> dict[str, int]:
        """Return the constants that the kernel lists."""
        assert isinstance(op, Separable)
        *expand, depthwise, project = stages = list(op.typed(inputs))
        s = shape(*depthwise, flatten=False)
        band = self._band(stages)
        runs = [("PROJECT", project, band.rows * s.out[1]), *(("EXPAND", one, s.width) for one in expand)]
        return {
            **self._depthwise.defines(*depthwise),
            "EXPANDS": len(expand),
            "HELD": band.held if expand else s.height,
            "BAND_ROWS": band.rows,
            "BANDS": -(-s.out[0] // band.rows),
            **{f"{name}_{k}": v for name, one, n in runs for k, v in self._constants(one, n).items()},
        }

    def workspace(self, op: Operator, inputs: Types, outputs: tuple[TensorType, ...]) -> int:
        """Return the bytes of a row of zeros, of the expanded rows under a band, and of its filtered rows."""
        assert isinstance(op, Separable)
        stages = list(op.typed(inputs))
        s = shape(*stages[-2], flatten=False)
        return 4 * s.channels * (s.width + self._band(stages).floats)

    def prepare(self, op: Operator, constants: tuple[Array | None, ...]) -> tuple[Array | None, ...]:
        """Return weights and bias of each convolution as its own kernel has them."""
        assert isinstance(op, Separable)
        x, weight, project, bias, project_bias, expand, expand_bias, addend = op.padded(constants)
        *before, depthwise, after = [stage for stage, _ in op.stages(*constants)]
        _, weight, bias = self._depthwise.prepare(depthwise, (None, weight, bias))
        _, project, project_bias = self._pointwise.prepare(after, (None, project, project_bias))
        for stage in before:
            _, expand, expand_bias = self._pointwise.prepare(stage, (None, expand, expand_bias))
        packed = (x, weight, project, bias, project_bias, expand, expand_bias, addend)
        return packed[: len(constants)]

    def accepts(self, op: Operator, inputs: Types, outputs: tuple[TensorType, ...], target: Target) -> str:
        """Return "" or why not: what keeps the depthwise convolution's own kernel from it."""
        assert isinstance(op, Separable)
        return self._depthwise.accepts(*list(op.typed(inputs))[-2], target)

    def estimate(self, op: Operator, inputs: Types, outputs: tuple[TensorType, ...], target: Target) -> float:
        """Return seconds: those of the convolutions alone."""
        assert isinstance(op, Separable)
        *pointwise, depthwise, last = op.typed(inputs)
        parts = [self._pointwise.estimate(*one, target) for one in (*pointwise, last)]
        return sum(parts, self._depthwise.estimate(*depthwise, target))

    def primitive(self) -> Primitive:
        """Return it as a primitive."""
        return Primitive(
            Separable,
            f"bands_{self.isa.name}",
            layout="nhwc",
            accepts=self.accepts,
            workspace=self.workspace,
            prepare=self.prepare,
            defines=self.defines,
            takes=("addend",),
            alignment=4 * self.isa.lanes,
            estimate=self.estimate,
            source="bands",
            shares="own",
            joins=(f"direct_{self.isa.name}", f"depthwise_{self.isa.name}"),
        )


PRIMITIVES = [Bands(isa).primitive() for isa in ISAS]
