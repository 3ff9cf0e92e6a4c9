"""Windows that slide over the last two axes: shared by convolution and pooling."""

from __future__ import annotations

import numpy as np

from lpdnn.ir import Array, LpdnnError

Pair = tuple[int, int]
Padding = tuple[int, int, int, int]
"""Rows above, columns left, rows below, columns right."""


LIMIT = 2**30
"""Largest padded extent, span and stride: what a kernel adds up to find an index stays within 32 bits."""


def span(size: int, kernel: int, *, stride: int, dilation: int, before: int, after: int, axis: str) -> int:
    """Return how many rows or columns a dilated kernel covers; an LpdnnError says what is not legal."""
    if min(kernel, stride, dilation) < 1 or min(before, after) < 0:
        message = (
            f"{axis}: kernel {kernel}, stride {stride}, dilation {dilation} must be positive, "
            f"padding {before}+{after} not negative"
        )
        raise LpdnnError(message)
    covered = dilation * (kernel - 1) + 1
    if max(size + before + after, covered, stride, dilation) > LIMIT:
        message = (
            f"{axis}: input {size}, padding {before}+{after}, kernel {kernel}, stride {stride} "
            f"or dilation {dilation} is beyond what 32-bit indices can address"
        )
        raise LpdnnError(message)
    return covered


def extent(size: int, kernel: int, stride: int, dilation: int, before: int, after: int, axis: str) -> int:
    """Return how many windows fit along an axis, rounding down."""
    covered = span(size, kernel, stride=stride, dilation=dilation, before=before, after=after, axis=axis)
    if size + before + after < covered:
        message = f"{axis}: a kernel that spans {covered} does not fit into {size} + padding {before}+{after}"
        raise LpdnnError(message)
    return (size + before + after - covered) // stride + 1


def windows(x: Array, kernel: Pair, stride: Pair, dilation: Pair, out: Pair) -> Array:
    """Return a view of padded x [N,C,H,W] as [N,C,OH,OW,KH,KW]."""
    view = np.lib.stride_tricks.sliding_window_view(
        x, (dilation[0] * (kernel[0] - 1) + 1, dilation[1] * (kernel[1] - 1) + 1), axis=(2, 3)
    )
    return view[:, :, :: stride[0], :: stride[1], :: dilation[0], :: dilation[1]][:, :, : out[0], : out[1]]


def padded(x: Array, padding: Padding, value: float = 0.0) -> Array:
    """Return x [N,C,H,W] with a border of `value`."""
    top, left, bottom, right = padding
    return np.pad(x, ((0, 0), (0, 0), (top, bottom), (left, right)), constant_values=value)
