"""Bytes of scratch memory, as the kernels divide it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from lpdnn.ir import Operator, TensorType, Types
    from lpdnn.primitives import Workspace

LOWERED = 262144
"""Elements that a lowered image should not exceed: more output rows are not lowered at once."""
DEPTH_BLOCK = 512
PIXEL_BLOCK = 192
WIDEST_PANEL = 48


def no_packing(_pixels: int, _depth: int) -> int:
    """Libraries have memory of their own."""
    return 0


def own_packing(pixels: int, depth: int) -> int:
    """Elements that our own product packs x [depth][pixels] into."""
    return min(depth, DEPTH_BLOCK) * -(-min(pixels, PIXEL_BLOCK) // WIDEST_PANEL) * WIDEST_PANEL


class _Group:
    """The sizes of one group of a convolution."""

    def __init__(self, op: Operator, inputs: Types, outputs: tuple[TensorType, ...]) -> None:
        x, weight = inputs[0], inputs[1]
        assert x is not None
        assert weight is not None
        self.plane = x.shape[2] * x.shape[3]
        groups: int = op.groups  # type: ignore[attr-defined]
        self.filters = weight.shape[0] // groups
        self.channels = weight.shape[1]
        self.taps = weight.shape[2] * weight.shape[3]
        self.out_height, self.out_width = outputs[0].shape[2:]
        self.pixels = self.out_height * self.out_width
        plain = ((1, 1), (0, 0, 0, 0))
        self.pointwise = self.taps == 1 and (op.stride, op.padding) == plain  # type: ignore[attr-defined]

    def lowered(self) -> tuple[int, int]:
        """Return the pixels that are lowered at once, and the depth of their patches."""
        depth = self.channels * self.taps
        row = depth * self.out_width
        rows = min(self.out_height, max(1, LOWERED // row))
        return rows * self.out_width, depth


def pointwise(op: Operator, inputs: Types, outputs: tuple[TensorType, ...]) -> bool:
    """Tell whether a convolution is one product of the image as it lies."""
    return _Group(op, inputs, outputs).pointwise


def im2col(packing: Callable[[int, int], int]) -> Workspace:
    """Columns of some output rows, and the product's own; nothing is lowered where the kernel is 1x1."""

    def workspace(op: Operator, inputs: Types, outputs: tuple[TensorType, ...]) -> int:
        group = _Group(op, inputs, outputs)
        if group.pointwise:
            return 4 * packing(group.pixels, group.channels)
        pixels, depth = group.lowered()
        return 4 * (packing(pixels, depth) + pixels * depth)

    return workspace


def im2row(op: Operator, inputs: Types, outputs: tuple[TensorType, ...]) -> int:
    """Patches of some output rows; nothing where the kernel is 1x1."""
    group = _Group(op, inputs, outputs)
    pixels, depth = group.lowered()
    return 0 if group.pointwise else 4 * pixels * depth


def kn2row(packing: Callable[[int, int], int]) -> Workspace:
    """Every tap of every filter at every input pixel: O(K^2 MHW)."""

    def workspace(op: Operator, inputs: Types, outputs: tuple[TensorType, ...]) -> int:
        group = _Group(op, inputs, outputs)
        return 4 * (packing(group.plane, group.channels) + group.taps * group.filters * group.plane)

    return workspace


def kn2row_as(packing: Callable[[int, int], int]) -> Workspace:
    """One tap of every filter at every input pixel: O(MHW)."""

    def workspace(op: Operator, inputs: Types, outputs: tuple[TensorType, ...]) -> int:
        group = _Group(op, inputs, outputs)
        return 4 * (packing(group.plane, group.channels) + group.filters * group.plane)

    return workspace


def kn2row_aa(packing: Callable[[int, int], int]) -> Workspace:
    """Count what the product of one output row packs."""

    def workspace(op: Operator, inputs: Types, outputs: tuple[TensorType, ...]) -> int:
        group = _Group(op, inputs, outputs)
        return 4 * packing(group.out_width, group.channels)

    return workspace


def kn2col(op: Operator, inputs: Types, outputs: tuple[TensorType, ...]) -> int:
    """Every tap of every filter at every input pixel: O(K^2 MHW)."""
    group = _Group(op, inputs, outputs)
    return 4 * group.taps * group.filters * group.plane
