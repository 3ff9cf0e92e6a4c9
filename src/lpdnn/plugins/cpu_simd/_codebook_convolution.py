"""Convolution with weights in codebooks: what its kernels are compiled with, and how indices are packed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lpdnn.ops._codebooks import unpack
from lpdnn.ops.conv2d_codebook import Conv2dCodebook
from lpdnn.plugins.cpu_simd._codebooks import BYTES, constants_of, lying, tables, unfit, words
from lpdnn.plugins.cpu_simd._convolution import Direct
from lpdnn.plugins.cpu_simd._depthwise import Depthwise
from lpdnn.plugins.cpu_simd._isa import ISAS, Isa, constant
from lpdnn.primitives import Primitive

if TYPE_CHECKING:
    from lpdnn.ir import Array, Operator, TensorType, Types
    from lpdnn.targets import Target


def _indices(op: Conv2dCodebook, constants: tuple[Array | None, ...]) -> tuple[Array, Array]:
    """Return the indices [M][weights of a filter / vector], single weights tap by tap, and the codebook."""
    packed, codebook = constant(constants, 1), constant(constants, 2)
    filters, depth, height, width = op.shape
    vector = codebook.shape[2]
    length = depth * height * width // vector
    indices = unpack(packed, filters * length, op.bits).reshape(filters, length)
    if vector == 1:
        taps = indices.reshape(filters, depth, height * width).swapaxes(1, 2)
        indices = np.ascontiguousarray(taps).reshape(filters, length)
    return indices, codebook


def _up(count: int, multiple: int) -> int:
    return -(-count // multiple) * multiple


@dataclass(frozen=True)
class DirectCodebook:
    """The direct convolution from nhwc to nhwc, with a buffer for a panel of weights."""

    isa: Isa

    @property
    def _float(self) -> Direct:
        return Direct(self.isa, planar=False)

    def _band(self, op: Conv2dCodebook, inputs: Types, outputs: tuple[TensorType, ...]) -> int:
        """Return the floats of the copy of a band, a whole number of cache lines."""
        return _up(self._float.workspace(op.plain, op.plain_inputs(inputs), outputs) // 4, 16)

    def defines(self, op: Operator, inputs: Types, outputs: tuple[TensorType, ...]) -> dict[str, int]:
        """Return the constants that the kernel lists."""
        assert isinstance(op, Conv2dCodebook)
        return {
            **self._float.defines(op.plain, op.plain_inputs(inputs), outputs),
            **constants_of(inputs, self.isa),
            "BITS": op.bits,
            "BAND_FLOATS": self._band(op, inputs, outputs),
        }

    def workspace(self, op: Operator, inputs: Types, outputs: tuple[TensorType, ...]) -> int:
        """Return the bytes of the copy of a band and of a panel of weights."""
        assert isinstance(op, Conv2dCodebook)
        _, depth, height, width = op.shape
        band = self._band(op, inputs, outputs)
        return 4 * (band + depth * height * width * self._float.panel(op.shape[0] // op.groups))

    def prepare(self, op: Operator, constants: tuple[Array | None, ...]) -> tuple[Array | None, ...]:
        """Return indices as [groups][panels][words][filters of a panel], factors and bias in panels."""
        assert isinstance(op, Conv2dCodebook)
        indices, codebook = _indices(op, constants)
        group = op.shape[0] // op.groups
        wide = self._float.panel(group)
        panels = -(-group // wide)

        def in_panels(values: Array) -> Array:
            grouped = values.reshape(op.groups, group, *values.shape[1:])
            fill = ((0, 0), (0, panels * wide - group), *[(0, 0)] * (values.ndim - 1))
            return np.pad(grouped, fill).reshape(op.groups, panels, wide, *values.shape[1:])

        packed = np.swapaxes(in_panels(words(indices, op.bits)), 2, 3)
        return (
            constants[0],
            lying(packed, self.isa),
            tables(codebook, self.isa),
            *(None if c is None else in_panels(c.astype(np.float32)).ravel() for c in constants[3:]),
        )

    def accepts(self, op: Operator, inputs: Types, outputs: tuple[TensorType, ...], target: Target) -> str:
        """Return "" or what the target lacks, or why not."""
        assert isinstance(op, Conv2dCodebook)
        assert inputs[2] is not None
        group = op.shape[0] // op.groups
        wide = self._float.panel(group)
        size = op.shape[0] // inputs[2].shape[0]
        if any(
            (g + first) // size != (g + min(first + wide, group) - 1) // size
            for g in range(0, op.shape[0], group)
            for first in range(0, group, wide)
        ):
            return f"looks {wide} filters up in one codebook"
        return unfit(self.isa, op.bits, target)

    def estimate(self, op: Operator, inputs: Types, outputs: tuple[TensorType, ...], target: Target) -> float:
        """Return seconds: what the convolution itself takes, and a tenth to look weights up."""
        assert isinstance(op, Conv2dCodebook)
        return 1.1 * self._float.estimate(op.plain, op.plain_inputs(inputs), outputs, target)

    def primitive(self) -> Primitive:
        """Return it as a primitive."""
        return Primitive(
            Conv2dCodebook,
            f"direct_{self.isa.name}",
            layout="nhwc",
            accepts=self.accepts,
            workspace=self.workspace,
            prepare=self.prepare,
            defines=self.defines,
            apart=True,
            alignment=4 * self.isa.lanes,
            estimate=self.estimate,
            source="direct",
            shares="own",
        )


@dataclass(frozen=True)
class DepthwiseCodebook:
    """The depthwise convolution in nhwc, all weights looked up first."""

    isa: Isa

    def _weights(self, op: Conv2dCodebook, inputs: Types, outputs: tuple[TensorType, ...]) -> int:
        """Return where weights lie in the workspace, in floats."""
        own = Depthwise(self.isa).workspace(op.plain, op.plain_inputs(inputs), outputs)
        return _up(own // 4, 16)

    def defines(self, op: Operator, inputs: Types, outputs: tuple[TensorType, ...]) -> dict[str, int]:
        """Return the constants that the kernel lists."""
        assert isinstance(op, Conv2dCodebook)
        return {
            **Depthwise(self.isa).defines(op.plain, op.plain_inputs(inputs), outputs),
            **constants_of(inputs, self.isa),
            "BITS": op.bits,
            "WEIGHTS": self._weights(op, inputs, outputs),
        }

    def workspace(self, op: Operator, inputs: Types, outputs: tuple[TensorType, ...]) -> int:
        """Return the bytes of a row of zeros and of the weights."""
        assert isinstance(op, Conv2dCodebook)
        filters, _, height, width = op.shape
        return 4 * (self._weights(op, inputs, outputs) + _up(filters, self.isa.lanes) * height * width)

    def prepare(self, op: Operator, constants: tuple[Array | None, ...]) -> tuple[Array | None, ...]:
        """Return indices as words [..][VL] of rows [blocks][KH * KW], factors and bias [blocks][VL]."""
        assert isinstance(op, Conv2dCodebook)
        indices, codebook = _indices(op, constants)
        order = Depthwise(self.isa).order(len(indices))
        rows = np.moveaxis(indices[np.minimum(order, len(indices) - 1)], 1, 2).reshape(-1, self.isa.lanes)
        return (
            constants[0],
            lying(np.ascontiguousarray(words(rows.T, op.bits).T), self.isa),
            tables(codebook, self.isa),
            *(None if c is None else Depthwise(self.isa).in_blocks(c) for c in constants[3:]),
        )

    def accepts(self, op: Operator, inputs: Types, outputs: tuple[TensorType, ...], target: Target) -> str:
        """Return "" or why not."""
        assert isinstance(op, Conv2dCodebook)
        assert inputs[2] is not None
        if inputs[2].shape[0] > 1:
            return "looks all filters up in one codebook"
        return unfit(self.isa, op.bits, target) or Depthwise(self.isa).accepts(
            op.plain, op.plain_inputs(inputs), outputs, target
        )

    def primitive(self) -> Primitive:
        """Return it as a primitive."""
        return Primitive(
            Conv2dCodebook,
            f"depthwise_{self.isa.name}",
            layout="nhwc",
            accepts=self.accepts,
            workspace=self.workspace,
            prepare=self.prepare,
            defines=self.defines,
            alignment=4 * self.isa.lanes,
            estimate=self.isa.estimate(0.7),
            source="depthwise",
            shares="own",
        )


PRIMITIVES = [kind(isa).primitive() for isa in (BYTES, *ISAS) for kind in (DirectCodebook, DepthwiseCodebook)]
