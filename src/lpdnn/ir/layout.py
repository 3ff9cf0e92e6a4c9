"""Tensors as they lie in memory, to and from N, C, H, W order."""

from __future__ import annotations

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
