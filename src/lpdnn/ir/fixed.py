"""The one rescaling of integer networks: a product with a number that is a 31-bit fraction and a power of two.

runtime/core/fixed.c computes the same integers.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal

import numpy as np

from lpdnn.ir.errors import LpdnnError

if TYPE_CHECKING:
    from lpdnn.ir.operator import Array

Rounding = Literal["single", "double", "float"]
MOST = 2**31 - 1
WIDE = 2**47
"""Magnitudes that sums of 16-bit products stay below."""


def fixed_point(real: float) -> tuple[int, int]:
    """Return multiplier and shift of a number that is not negative: real = multiplier * 2^(shift - 31).

    The multiplier has its top bit at 2^30, or is 0; it is the nearest one, ties away from zero.
    """
    if not (math.isfinite(real) and real >= 0):
        message = f"{real} cannot be a factor of integers: it must be finite and not negative"
        raise LpdnnError(message)
    fraction, exponent = math.frexp(real)
    multiplier = math.floor(math.ldexp(fraction, 31) + 0.5)
    if multiplier > MOST:
        multiplier, exponent = multiplier // 2, exponent + 1
    return multiplier, exponent


def rescale(
    x: Array,
    multiplier: Array | int,
    shift: Array | int,
    rounding: Rounding = "single",
    *,
    wide: bool = False,
) -> Array:
    """Return integers times multiplier * 2^(shift - 31), to what 32 bits hold; int64.

    x: |x| < 2^47; multiplier: from 0 to 2^31 - 1, shift: both stretched to x.
    "single": the exact product, rounded once to the nearest, ties away from zero.
    "double" is what TensorFlow Lite's reference kernels do. For x within 32 bits, x is shifted left; the upper
    half of the doubled product is rounded to the nearest, ties up; that is shifted right and rounded to the
    nearest, ties away from zero. For wide sums, of 16-bit products, the exact product is rounded once, ties up.
    "float" is what single precision gives: x, the factor and their product are rounded to 24 bits, then the
    product to a whole number, ties to even each time; so ONNX Runtime's kernels rescale sums of 8-bit products.
    """
    x, factor, power = np.broadcast_arrays(
        np.asarray(x, np.int64), np.asarray(multiplier, np.int64), np.asarray(shift, np.int64)
    )
    if rounding == "double" and not wide:
        left = np.clip(power, 0, 31)
        size = np.where(left > 0, np.minimum(np.abs(x) << left, MOST), np.abs(x))
        high = (np.sign(x) * size * factor + (1 << 30)) >> 31
        return np.asarray(np.sign(high) * np.minimum(_shifted(np.abs(high), np.maximum(-power, 0)), MOST))
    if rounding == "float":
        real = np.ldexp(factor.astype(np.float64), power - 31).astype(np.float32)
        product = x.astype(np.float32) * real
        return np.asarray(np.clip(np.rint(product.astype(np.float64)), -MOST, MOST).astype(np.int64))
    size = np.abs(x)
    # size * factor = upper * 2^16 + lower
    lower = (size & 0xFFFF) * factor
    upper = (size >> 16) * factor + (lower >> 16)
    lower &= 0xFFFF
    right = 31 - power
    if rounding == "double":  # just below a tie, which goes up
        less = (x < 0) & (factor > 0) & (right > 0)
        upper, lower = upper - (less & (lower == 0)), lower - less & 0xFFFF
    far = _shifted(upper, np.maximum(right - 16, 1))  # what `lower` holds is below the half that decides
    near = _near(np.minimum(upper, np.int64(1) << 46) << 16 | lower, np.minimum(right, 16))
    return np.asarray(np.sign(x) * np.minimum(np.where(right > 16, far, near), MOST))


def _shifted(size: Array, right: Array) -> Array:
    """Return sizes below 2^63 - 2^61 shifted right, at least by 0, rounded to the nearest with halves up."""
    down = np.minimum(right, 62)
    half = np.where(down > 0, np.int64(1) << np.maximum(down - 1, 0), 0)
    return np.where(right > 62, 0, (size + half) >> down)


def _near(size: Array, right: Array) -> Array:
    """Return sizes shifted by at most 16 to the right, or to the left, cut to what 32 bits hold."""
    rounded = _shifted(size, np.maximum(right, 0))
    left = np.clip(-right, 0, 31)
    return np.where(rounded >> (31 - left) > 0, MOST, rounded << left)
