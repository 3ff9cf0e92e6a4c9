"""Bias correction: rounding weights shifts the mean of each filter's output; the bias takes the shift back.

Nagel et al., arXiv 1906.04721, in its empirical form: the mean of what the layer reads comes from the float
network's calibration examples.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from lpdnn.ir import Array


def corrected(bias: Array, weight: Array, other: Array, mean: Array) -> Array:
    """Return the bias [M] for weights `other` in place of `weight`, where filters read `mean` [groups][K] on average."""
    groups, length = mean.shape
    change = (weight.astype(np.float64) - other).reshape(groups, -1, length)
    shift = np.einsum("gmk,gk->gm", change, mean)
    return np.asarray(bias + shift.reshape(-1)).astype(np.float32)
