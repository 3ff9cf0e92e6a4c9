"""Blocks of pixels as channels, or as images, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import tflite

from lpdnn.frontends._values import MOST
from lpdnn.frontends.tflite.context import MOVING, converts
from lpdnn.frontends.tflite.orders import channels_first
from lpdnn.ops.pad import Pad
from lpdnn.ops.permute import Permute
from lpdnn.ops.slice import Slice

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lpdnn.frontends.tflite.context import Context


def _rearranged(context: Context, value: str, parted: Sequence[int], order: Sequence[int]) -> str:
    return context.step("permute", Permute(tuple(order)), context.reshaped(value, parted))


def _block(context: Context, size: int) -> tuple[int, int, int, int]:
    """Return images, channels, rows and columns, where the size of a block is one."""
    if len(context.shape()) != 4 or size < 1:
        context.unsupported(f"blocks of {size} in {len(context.shape())} axes")
    n, h, w, c = context.shape()
    return n, c, h, w


@converts("DEPTH_TO_SPACE", group=MOVING)
def depth_to_space(context: Context) -> None:
    """Blocks of channels become blocks of pixels."""
    b = context.options(tflite.DepthToSpaceOptions).BlockSize()
    n, c, h, w = _block(context, b)
    value = _rearranged(context, context.first(0), (n, b, b, c // (b * b), h, w), (0, 3, 4, 1, 5, 2))
    context.give(context.reshaped(value, (n, c // (b * b), h * b, w * b)), channels_first(4))


@converts("SPACE_TO_DEPTH", group=MOVING)
def space_to_depth(context: Context) -> None:
    """Blocks of pixels become blocks of channels."""
    b = context.options(tflite.SpaceToDepthOptions).BlockSize()
    n, c, h, w = _block(context, b)
    value = _rearranged(context, context.first(0), (n, c, h // b, b, w // b, b), (0, 3, 5, 1, 2, 4))
    context.give(context.reshaped(value, (n, c * b * b, h // b, w // b)), channels_first(4))


def _blocks(context: Context) -> tuple[int, int]:
    sizes = context.ints(1, "the block")
    if len(sizes) != 2 or len(context.shape()) != 4 or min(sizes) < 1:
        context.unsupported(f"blocks of {sizes} in {len(context.shape())} axes")
    return sizes[0], sizes[1]


@converts("SPACE_TO_BATCH_ND")
def space_to_batch(context: Context) -> None:
    """Pixels that lie apart become images of their own."""
    (rows, columns), pads = _blocks(context), context.array(2, "the padding").reshape(2, 2)
    if (pads < 0).any() or pads.max() > MOST:
        context.unsupported(f"padding {pads.tolist()}")
    value = context.first(0)
    if pads.any():
        op = Pad((0, 0, int(pads[0, 0]), int(pads[1, 0])), (0, 0, int(pads[0, 1]), int(pads[1, 1])))
        value = context.step("pad", op, value)
    n, c, h, w = context.extents(value)
    parted = (n, c, h // rows, rows, w // columns, columns)
    value = _rearranged(context, value, parted, (3, 5, 0, 1, 2, 4))
    context.give(context.reshaped(value, (n * rows * columns, c, h // rows, w // columns)), channels_first(4))


@converts("BATCH_TO_SPACE_ND", group=MOVING)
def batch_to_space(context: Context) -> None:
    """Images become pixels that lie apart."""
    (rows, columns), crops = _blocks(context), context.array(2, "the crop").reshape(2, 2)
    value = context.first(0)
    n, c, h, w = context.extents(value)
    value = _rearranged(context, value, (rows, columns, n // (rows * columns), c, h, w), (2, 3, 4, 0, 5, 1))
    value = context.reshaped(value, (n // (rows * columns), c, h * rows, w * columns))
    if crops.any():
        box = (n // (rows * columns), c, h * rows - int(crops[0].sum()), w * columns - int(crops[1].sum()))
        value = context.step("crop", Slice((0, 0, int(crops[0, 0]), int(crops[1, 0])), box), value)
    context.give(value, channels_first(4))
