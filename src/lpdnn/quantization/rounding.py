"""Rounding with error feedback: each weight's error is made up for by the weights that are not rounded yet.

Frantar et al., "GPTQ: accurate post-training quantization", arXiv 2210.17323, after optimal brain surgeon: of
the second moments H of what a layer reads, the inverse's Cholesky factor tells how the others must move so
that the layer's output moves least. A column is rounded for all filters at once; moments are those of the
float network's calibration examples.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from lpdnn.ir import Array
    from lpdnn.quantization.format import Format

DAMPING = 0.01
"""Part of the mean of H's diagonal that is added to it."""
BLOCK = 64
"""Columns whose effect on the rest is applied in one matrix product."""


def _factor(moments: Array) -> Array:
    """Return the upper Cholesky factor of each damped inverse: f64 [groups][K][K]."""
    damped = moments.astype(np.float64)
    diagonal = np.einsum("gii->gi", damped)
    mean = diagonal.mean(axis=1, keepdims=True)
    diagonal[diagonal == 0] = 1.0
    diagonal += DAMPING * np.where(mean > 0, mean, 1.0)
    return np.asarray(np.linalg.cholesky(np.linalg.inv(damped)).swapaxes(1, 2))


def rounded_with_feedback(weight: Array, moments: Array, one: Format) -> Array:
    """Return weights [M,...] on the grid of a format; moments [groups][K][K] are of what each filter reads."""
    groups, length = moments.shape[:2]
    work = weight.astype(np.float64).reshape(groups, -1, length)
    result = np.empty_like(work)
    factor = _factor(moments)
    filters = weight.shape[0]
    for start in range(0, length, BLOCK):
        stop = min(start + BLOCK, length)
        errors = np.zeros((groups, filters // groups, stop - start))
        for column in range(start, stop):
            exact = work[:, :, column]
            nearest = one.rounded(exact.reshape(filters, 1)).astype(np.float64).reshape(exact.shape)
            result[:, :, column] = nearest
            error = (exact - nearest) / factor[:, column, column][:, None]
            errors[:, :, column - start] = error
            work[:, :, column:stop] -= error[:, :, None] * factor[:, None, column, column:stop]
        work[:, :, stop:] -= errors @ factor[:, start:stop, stop:]
    return result.reshape(weight.shape).astype(np.float32)


def output_error(weight: Array, other: Array, moments: Array) -> float:
    """Return the squared error of a layer's output where `other` stands in for its weights, by the moments."""
    groups, length = moments.shape[:2]
    change = (weight.astype(np.float64) - other).reshape(groups, -1, length)
    return float(np.einsum("gmk,gkl,gml->", change, moments.astype(np.float64), change, optimize=True))
