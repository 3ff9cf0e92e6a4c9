"""Scales of least squared error: how much of the extremes to give up for finer steps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lpdnn.ir import ties_away
from lpdnn.quantization.format import Format, sqnr

if TYPE_CHECKING:
    from lpdnn.ir import Array
    from lpdnn.quantization.calibration import Distribution

LEAST_KEPT = 0.3
"""The smallest part of the range that the search tries to keep."""


def kept(iterations: int) -> Array:
    """Return the parts of the range that a search of so many iterations tries, the whole first."""
    return np.linspace(1.0, LEAST_KEPT, max(iterations, 1)) if iterations > 1 else np.ones(1)


def filter_scales(weight: Array, bits: int, iterations: int, *, per_filter: bool) -> Format:
    """Return symmetric scales for weights, one a filter (axis 0), or one for all."""
    rows = weight.reshape(weight.shape[0] if per_filter else 1, -1).astype(np.float64)
    low, high = (1 if per_filter and len(rows) > 1 else 0) - 2 ** (bits - 1), 2 ** (bits - 1) - 1
    largest = np.abs(rows).max(axis=1)
    largest[largest == 0] = 1.0  # an empty filter stays empty with any scale
    best_error, best = np.full(len(rows), np.inf), largest / high
    for part in kept(iterations):
        scale = largest * part / high
        error = ((np.clip(ties_away(rows / scale[:, None]), low, high) * scale[:, None] - rows) ** 2).sum(
            axis=1
        )
        better = error < best_error
        best_error[better], best[better] = error[better], scale[better]
    mse, signal = float(best_error.sum() / rows.size), float(np.mean(rows**2))
    clip = float(np.mean(best * high / largest))
    return Format("PC", bits, scale=tuple(best.tolist()), mse=mse, sqnr=sqnr(signal, mse), clip=clip)


def range_scale(seen: Distribution, bits: int, iterations: int) -> Format:
    """Return scale and zero point for an activation; symmetric at more than 8 bits, where zero points are no gain."""
    low, high = -(2 ** (bits - 1)), 2 ** (bits - 1) - 1
    least, greatest = min(seen.least, 0.0), max(seen.greatest, 0.0)
    if bits > 8:
        least, greatest = -max(-least, greatest), max(-least, greatest)
    if greatest == least:
        greatest = 1.0
    best = (np.inf, 1.0, 0, 1.0)
    for part in kept(iterations):
        for below, above in ((part, part), (1.0, part), (part, 1.0)):
            span = greatest * above - least * below
            scale = span / (2 * high if bits > 8 else high - low)
            zero = 0 if bits > 8 else int(np.clip(low - round(least * below / scale), low, high))
            error = seen.error(scale, low - zero, high - zero)
            if error < best[0]:
                best = (error, scale, zero, span / (greatest - least))
    mse, scale, zero, clip = best
    return Format(
        "PC", bits, scale=(float(scale),), zero=zero, mse=mse, sqnr=sqnr(seen.signal, mse), clip=clip
    )
