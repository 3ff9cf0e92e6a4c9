"""Tensors as they lie in memory, to and from N, C, H, W order."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from lpdnn.ir.types import BLOCK

if TYPE_CHECKING:
    from lpdnn.ir.operator import Array
    from lpdnn.ir.types import TensorType


def to_memory(x: Array, tensor: TensorType) -> Array:
    """Return x [N,C,H,W] in the order of a tensor's layout, flat; blocks are filled up with zeros."""
    if tensor.layout == "nhwc":
        return np.ascontiguousarray(np.moveaxis(x, 1, 3)).ravel()
    block = BLOCK.get(tensor.layout)
    if block:
        batch, channels, height, width = x.shape
        blocks = -(-channels // block)
        filled = np.zeros((batch, blocks * block, height, width), x.dtype)
        filled[:, :channels] = x
        return np.ascontiguousarray(
            np.moveaxis(filled.reshape(batch, blocks, block, height, width), 2, 4)
        ).ravel()
    return np.ascontiguousarray(x).ravel()


def from_memory(flat: Array, tensor: TensorType) -> Array:
    """Return elements that lie in the order of a tensor's layout as an array of its shape."""
    if tensor.pitch:
        channels = tensor.shape[1]
        filled = np.pad(flat, (0, tensor.pitch - channels)).reshape(tensor.pixels, tensor.pitch)
        return from_memory(filled[:, :channels].ravel(), replace(tensor, pitch=0))
    if tensor.layout == "nhwc":
        batch, channels, height, width = tensor.shape
        return np.ascontiguousarray(np.moveaxis(flat.reshape(batch, height, width, channels), 3, 1))
    block = BLOCK.get(tensor.layout)
    if block:
        batch, channels, height, width = tensor.shape
        blocks = -(-channels // block)
        unblocked = np.moveaxis(flat.reshape(batch, blocks, height, width, block), 4, 2)
        return np.ascontiguousarray(unblocked.reshape(batch, blocks * block, height, width)[:, :channels])
    return flat.reshape(tensor.shape)


def same_bytes(shape: tuple[int, ...], one: str, other: str) -> bool:
    """Tell whether a tensor [N,C,H,W] lies alike in two layouts, so that a conversion moves nothing."""
    if one == other:
        return True
    blocks = [BLOCK[layout] for layout in (one, other) if layout in BLOCK]
    if any(shape[1] % block for block in blocks):
        return False  # one of them is filled up, the other is not, or not as far
    return _walk(shape, one, blocks) == _walk(shape, other, blocks)


def _walk(shape: tuple[int, ...], layout: str, blocks: list[int]) -> list[tuple[str, int]]:
    """Return the axes of memory from the outermost in; blocks are whole numbers of the pieces of channels."""
    batch, channels, height, width = shape
    grains = sorted(set(blocks))
    pieces = [("C0", grains[0] if grains else channels)]
    pieces += [(f"C{i}", coarse // fine) for i, (fine, coarse) in enumerate(pairwise(grains), 1)]
    if grains:
        pieces.append((f"C{len(grains)}", channels // grains[-1]))
    inner = grains.index(BLOCK[layout]) + 1 if layout in BLOCK else len(pieces) if layout == "nhwc" else 0
    channel_axes = pieces[::-1]
    split = len(pieces) - inner
    axes = [("N", batch), *channel_axes[:split], ("H", height), ("W", width), *channel_axes[split:]]
    return [axis for axis in axes if axis[1] > 1]
