"""How sums of integers become results, exactly as lpdnn.ir.rescale says, but in floating point.

A factor, multiplier * 2^(shift - 31), is a double without error. A fused multiply-add rounds the exact product
once, to the nearest whole number; only ties would go to even numbers, and a factor larger by half of its last bit
sends them away from zero. Single floats do where a proof shows it: both roundings never fall as sums grow, so they
are equal if they step from one result to the next at the same sums, and results of 8 bits have 255 steps at most.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from lpdnn.ir import Array

BY_ONES, BY_DOUBLES = -2, -1
"""Of int8.h."""
TIES = 32
"""A product of 32 bits with a multiplier has 31 bits of its own below its last: no ties further down."""
NUDGES = (0, 1, -1, 2, -2, 3, -3, 4, -4)
"""Units in the last place that floats which might do are apart from the factor."""


@dataclass(frozen=True)
class Results:
    """The zero point and bounds of results, and how sums are rounded."""

    zero: int
    low: int
    high: int
    rounding: str


def _steps(multiplier: Array, shift: Array, results: Results) -> Array:
    """Return [filters, results but the least]: the least sum whose result is that or more; |shift| < 31."""
    steps = 2 * (np.arange(results.low + 1, results.high + 1) - results.zero) - 1
    scaled = steps.astype(np.int64) << np.maximum(30 - shift, 0)[:, None]
    # above zero ties count, below they do not
    at = np.where(steps > 0, -(-scaled // multiplier[:, None]), scaled // multiplier[:, None] + 1)
    return np.asarray(at)


def _proven(factor: Array, sums: Array, reach: Array, results: Results) -> Array:
    """Tell for which filters by_floats steps at those sums, as far as sums within reach can tell."""
    wished = np.arange(results.low + 1, results.high + 1) - results.zero
    least, most = reach[:, :1], reach[:, 1:]
    reached = _by_floats(np.maximum(sums, least), factor)
    before = _by_floats(np.minimum(sums - 1, most), factor)
    good = ((reached >= wished) | (sums > most)) & ((before < wished) | (sums <= least))
    return np.asarray(good.all(axis=1))


def _by_floats(sums: Array, factor: Array) -> Array:
    """Return what by_floats computes, but for the zero point."""
    return np.asarray(np.rint(sums.astype(np.float32).astype(np.float64) * factor[:, None]))


def floats(multiplier: Array, shift: Array, reach: Array, results: Results) -> Array:
    """Return a float32 for each factor that gives the same results for all sums within reach, or NaN."""
    found = np.full(len(multiplier), np.nan, np.float32)
    found[multiplier == 0] = 0.0
    with np.errstate(over="ignore"):
        factor = np.ldexp(multiplier.astype(np.float64), shift - 31).astype(np.float32)
    far = np.abs(reach).max(axis=1)
    small = (multiplier > 0) & (shift > -23) & (shift < 9) & (far * factor.astype(np.float64) < 2.0**21)
    if results.rounding == "float":  # no proof is needed: by_floats does the same
        found[small] = factor[small]
    if results.rounding != "single" or not small.any():
        return found
    multiplier, shift, reach, factor = multiplier[small], shift[small], reach[small], factor[small]
    sums = _steps(multiplier, shift, results)
    best = np.full(len(factor), np.nan, np.float32)
    for nudge in NUDGES:
        open_ = np.isnan(best)
        if not open_.any():
            break
        tried = (factor[open_].view(np.int32) + np.int32(nudge)).view(np.float32)
        proven = _proven(tried.astype(np.float64), sums[open_], reach[open_], results)
        best[open_] = np.where(proven, tried, np.float32(np.nan))
    found[small] = best
    return found


def doubles(multiplier: Array, shift: Array) -> Array:
    """Return each factor as a double that sends ties away from zero."""
    factor = np.ldexp(multiplier.astype(np.float64), shift - 31)
    zeros = np.log2(np.maximum(multiplier & -multiplier, 1)).astype(np.int64)
    return np.asarray(np.where(31 - shift - zeros <= TIES, np.nextafter(factor, np.inf), factor))


def rescaling(
    multiplier: Array, shift: Array, bias: Array, reach: Array, results: Results, order: Array, lanes: int
) -> tuple[Array, Array]:
    """Return (doubles, biases and floats) as panels of filters want them.

    bias, multiplier, shift: of each filter; reach [filters, 2]: its least and its greatest sum. order [panels,
    vectors, lanes] is the filter in each lane, or -1: the doubles are [panels][vectors][2, 2 * lanes / 4, 2],
    the others [panels][bias or float][vectors][lanes].
    """
    multiplier, shift = (np.broadcast_to(a, bias.shape).astype(np.int64) for a in (multiplier, shift))
    single, double = floats(multiplier, shift, reach, results), doubles(multiplier, shift)
    here, at = order >= 0, np.maximum(order, 0)
    panels = len(order)
    biases = np.where(here, bias.astype(np.int64)[at], 0)
    all_single = np.where(here, single[at], np.float32(0))
    by_floats = np.asarray(~np.isnan(all_single).any(axis=(1, 2)))
    fits = np.where(here, np.abs(reach).max(axis=1)[at] * double[at] < 2.0**31 - 2**9, True)  # noqa: FBT003  # padding fits
    by_doubles = ~by_floats & fits.all(axis=(1, 2)) & (results.rounding == "single")
    words = np.where(np.isnan(all_single), np.float32(0), all_single).astype(np.float32).view(np.int32)
    words[by_doubles, 0, 0] = BY_DOUBLES
    words[~by_floats & ~by_doubles, 0, 0] = BY_ONES
    biases[by_doubles] += 2**31
    # of every 4 lanes the lower 2, then the upper 2
    quads = np.where(here, double[at], 0.0).reshape(panels, -1, lanes // 4, 2, 2).swapaxes(2, 3)
    factors = np.ascontiguousarray(quads).view(np.int32).reshape(panels, 2, -1)
    ones = np.stack([np.where(here, a[at], 0).reshape(panels, -1) for a in (multiplier, shift)], axis=1)
    factors = np.where((by_floats | by_doubles)[:, None, None], factors, ones).astype(np.int32)
    wrapped = (biases & 0xFFFFFFFF).astype(np.uint32).view(np.int32)
    pairs = np.stack([wrapped.reshape(panels, -1), words.reshape(panels, -1)], axis=1)
    return np.ascontiguousarray(factors).ravel(), np.ascontiguousarray(pairs).ravel()
