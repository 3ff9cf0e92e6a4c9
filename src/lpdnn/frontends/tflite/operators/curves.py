"""Functions of one integer: tables, and curves of 16 bits, as TensorFlow Lite's reference kernels have them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import tflite

from lpdnn.frontends.tflite.context import QUANTIZED, with_integers
from lpdnn.frontends.tflite.operators.integers import factor, result_of
from lpdnn.frontends.tflite.orders import identity
from lpdnn.frontends.tflite.ways import by_floats, by_table
from lpdnn.ir import RANGE, rescale
from lpdnn.ops.qlut import QLut
from lpdnn.ops.qprelu import QPRelu
from lpdnn.ops.sigmoid_curve import SigmoidCurve, curve

if TYPE_CHECKING:
    from lpdnn.frontends.tflite.context import Context
    from lpdnn.ir import Array


@with_integers("LEAKY_RELU", "ABS")
def bent(context: Context) -> None:
    """To the scale of the result, with another factor below zero: a table of both, of 8 bits."""
    x, y = context.operand(0), result_of(context)
    low, high = RANGE[QUANTIZED[x.kind]]
    slope = np.float32(1)
    if context.kind == "LEAKY_RELU":
        slope = np.float32(context.options(tflite.LeakyReluOptions).Alpha())
    if y.kind != x.kind or not 0 <= slope < np.inf:
        by_floats(context)
        return
    above, below = (factor(float(ratio)) for ratio in (x.scale / y.scale, x.scale * slope / y.scale))
    sign = 1 if context.kind == "LEAKY_RELU" else -1
    if x.kind == "int16":
        op = QPRelu(*above, x.zero, y.zero, low, high, "double")
        constants = [context.stored(np.array([sign], np.int16))]
        constants += [context.stored(np.array([part], np.int32)) for part in below]
        made = context.step(
            "bent", op, context.reshaped(context.plain(0), (math.prod(x.shape), 1)), *constants
        )
        context.give(context.reshaped(made, x.shape), identity(len(x.shape)))
        return
    steps = np.arange(low, high + 1) - x.zero
    negative = sign * steps
    table = np.where(steps >= 0, rescale(steps, *above, "double"), rescale(negative, *below, "double"))
    array = np.clip(table + y.zero, low, high).astype(x.kind)
    name, order = context.any_form(0)
    context.emit(QLut(), name, context.stored(array), order=order)


def _doubled(product: Array) -> Array:
    """Return the upper 16 bits of doubled products of 16 bits, to the nearest, ties up."""
    return np.asarray(np.minimum(product + 2**14 >> 15, 2**15 - 1))


def _nearest(size: Array, power: int) -> Array:
    """Return integers / 2^power, to the nearest, ties away from zero."""
    return np.asarray(np.sign(size) * (np.abs(size) + (1 << power >> 1) >> power))


@with_integers("HARD_SWISH")
def hard_swish(context: Context) -> None:
    """A table of what TensorFlow Lite's reference kernel computes with 16 bits."""
    x, y = context.operand(0), result_of(context)
    if x.kind == "int16" or y.kind != x.kind:
        by_floats(context)
        return
    low, high = RANGE[QUANTIZED[x.kind]]
    steps = (np.arange(low, high + 1) - x.zero) * 128
    (scaling, right), (slope, left) = (
        (min(multiplier + 2**15 >> 16, 2**15 - 1), shift)
        for multiplier, shift in (
            factor(float(np.float32(x.scale / 128) / of)) for of in (y.scale, np.float32(3 / 32768))
        )
    )
    if right > 0:
        by_floats(context)
        return
    limits = -(2**15), 2**15 - 1
    ramp = np.clip(steps << max(left - 1, 0), *limits)  # from -3 to 3 as -1 to 1
    ramp = np.clip(_doubled(ramp * slope) << (left > 0), *limits)
    ramp = _nearest(ramp, max(-left, 0)) + 2**15 >> 1
    product = ramp * _doubled(steps * scaling)
    table = _nearest(np.sign(product) * (np.abs(product) >> 15), -right)
    name, order = context.any_form(0)
    array = np.clip(table + y.zero, low, high).astype(x.kind)
    context.emit(QLut(), name, context.stored(array), order=order)


@with_integers("LOGISTIC", "TANH")
def sigmoid(context: Context) -> None:
    """By table of 8 bits; of 16 bits by the one curve that TensorFlow Lite has for both."""
    x, y = context.operand(0), result_of(context)
    tanh = context.kind == "TANH"
    fraction, exponent = math.frexp(x.scale)
    if fraction == 0.5 and exponent in range(-11, -9 if tanh else -10):  # 2^-12, and 2^-11
        multiplier, shift = 3 << (exponent + 11), 0
    else:
        real = float(x.scale) * 4096 * 3
        shift = next((shift for shift in range(31) if real * 2**shift > 32767 / 2), 31)
        multiplier = int(real * 2**shift)
    if (x.kind, y.kind, float(y.scale), y.zero) != ("int16", "int16", 2**-15, 0) or multiplier >= 2**15:
        by_table(context)
        return
    name, order = context.any_form(0)
    context.emit(SigmoidCurve(multiplier, shift, tanh), name, context.stored(curve()), order=order)
