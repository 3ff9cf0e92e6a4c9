"""Scales of least squared error: how much of the extremes to give up for finer steps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lpdnn.quantization.format import Format, sqnr

if TYPE_CHECKING:
    from lpdnn.ir import Array
    from lpdnn.quantization.calibration import Distribution

LEAST_KEPT = 0.3
"""The smallest part of the range that the search tries to keep."""


def kept(iterations: int) -> Array:
    """Return the parts of the range that a search of so many iterations tries, the whole first."""
    return np.linspace(1.0, LEAST_KEPT, max(iterations, 1)) if iterations > 1 else np.ones(1)


def filter_scales(
    weight: Array, bits: int, iterations: int, *, per_filter: bool, counts: Array | None = None
) -> Format:
    """Return symmetric scales for weights, one a filter (axis 0), or one for all.

    `counts`, which stretches over [filters][weights of one], says how much the error of each weight counts.
    """
    filters = weight.reshape(weight.shape[0], -1)
    low, high = (1 if per_filter and len(filters) > 1 else 0) - 2 ** (bits - 1), 2 ** (bits - 1) - 1
    largest = np.abs(filters).max(axis=1).astype(np.float64)
    largest = largest if per_filter else largest.max(keepdims=True)
    largest[largest == 0] = 1.0  # an empty filter stays empty with any scale

    def errors(scale: Array) -> Array:
        step = scale[:, None].astype(np.float32)
        steps = filters / step
        return np.asarray(np.square((np.clip(np.rint(steps), low, high) - steps) * step))

    least, best = np.full(len(largest), np.inf), largest / high
    for part in kept(iterations):
        scale = largest * part / high
        found = errors(scale)
        error = (found if counts is None else found * counts).mean(axis=1)
        error = error if per_filter else error.mean(keepdims=True)
        better = error < least
        least[better], best[better] = error[better], scale[better]
    total, signal = float(errors(best).mean()), float(np.mean(filters.astype(np.float64) ** 2))
    clip = float(np.mean(best * high / largest))
    return Format("PC", bits, scale=tuple(best.tolist()), mse=total, sqnr=sqnr(signal, total), clip=clip)


def range_scale(seen: Distribution, bits: int, iterations: int) -> Format:
    """Return scale and zero point for an activation; symmetric at more than 8 bits, where zero points are no gain.

    Both ends of the range are drawn in together, then each by itself; the lower may come to 0.
    """
    low, high = -(2 ** (bits - 1)), 2 ** (bits - 1) - 1
    least, greatest = min(seen.least, 0.0), max(seen.greatest, 0.0)
    if bits > 8:
        least, greatest = -max(-least, greatest), max(-least, greatest)
    if greatest == least:
        greatest = 1.0

    def tried(below: float, above: float) -> tuple[float, float, int, float, float]:
        span = greatest * above - least * below
        scale = span / (2 * high if bits > 8 else high - low)
        zero = 0 if bits > 8 else int(np.clip(low - round(least * below / scale), low, high))
        return seen.error(scale, low - zero, high - zero), scale, zero, below, above

    best = min(tried(part, part) for part in kept(iterations))
    if iterations > 1 and bits <= 8:
        below, above = best[3:]
        parts = (part for part in np.linspace(1.0, 0.0, iterations) if part > 0 or greatest > 0)
        best = min(best, *(tried(below * part, above) for part in parts))
        below, above = best[3:]
        best = min(best, *(tried(below, above * part) for part in kept(iterations)))
    mse, scale, zero, below, above = best
    clip = (greatest * above - least * below) / (greatest - least)
    return Format(
        "PC", bits, scale=(float(scale),), zero=zero, mse=mse, sqnr=sqnr(seen.signal, mse), clip=clip
    )
