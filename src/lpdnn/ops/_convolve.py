"""Sums of products over windows: shared by convolutions of real numbers and of integers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lpdnn.ops._windows import Padding, Pair, padded, windows

if TYPE_CHECKING:
    from lpdnn.ir import Array


def convolve(
    x: Array, weight: Array, *, stride: Pair, padding: Padding, dilation: Pair, groups: int, out: Pair
) -> Array:
    """Return the sums [N,M,OH,OW] in float64 of x [N,C,H,W] and weight [M,C/groups,KH,KW]; 0 is around x."""
    filters, depth, *kernel = weight.shape
    view = windows(padded(x.astype(np.float64), padding), tuple(kernel), stride, dilation, out)
    group = filters // groups
    y = np.empty((x.shape[0], filters, *out))
    for g in range(groups):
        # [N,C/g,OH,OW,KH,KW] . [M/g,C/g,KH,KW] -> [N,OH,OW,M/g]
        part = view[:, g * depth : (g + 1) * depth]
        some = weight[g * group : (g + 1) * group].astype(np.float64)
        y[:, g * group : (g + 1) * group] = np.moveaxis(
            np.tensordot(part, some, ((1, 4, 5), (1, 2, 3))), 3, 1
        )
    return y
