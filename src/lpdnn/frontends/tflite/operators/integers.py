"""Quantized layers, bit by bit as TensorFlow Lite's reference kernels compute them.

The arithmetic is that of Jacob et al. 2018, "Quantization and training of neural networks for efficient
integer-arithmetic-only inference"; how factors are rounded is TensorFlow Lite's: `factor`.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import tflite

from lpdnn.frontends._weighted import weighted
from lpdnn.frontends.tflite.context import QUANTIZED, Value, common_order, with_integers
from lpdnn.frontends.tflite.operators.windows import FIRST, pool_window, window
from lpdnn.frontends.tflite.orders import identity
from lpdnn.frontends.tflite.ways import by_floats
from lpdnn.ir import RANGE, fixed_point
from lpdnn.ops import softmax_curves as curves_
from lpdnn.ops.concat import Concat
from lpdnn.ops.dequantize import Dequantize
from lpdnn.ops.expand import Expand
from lpdnn.ops.pool import Pool
from lpdnn.ops.qadd import QAdd
from lpdnn.ops.qconv2d import QConv2d
from lpdnn.ops.qfc import QFullyConnected
from lpdnn.ops.qmul import QMul
from lpdnn.ops.qpool import QPool
from lpdnn.ops.quantize import Quantize
from lpdnn.ops.requantize import Requantize
from lpdnn.ops.softmax_curves import REACH, SoftmaxCurves
from lpdnn.ops.softmax_fixed import SoftmaxFixed, powers

if TYPE_CHECKING:
    from lpdnn.frontends._weighted import Sums
    from lpdnn.frontends.tflite.context import Context
    from lpdnn.ir import Array

LIMITS = {1: (0.0, None), 2: (-1.0, 1.0), 3: (0.0, 6.0)}
"""What fused activations keep of real numbers, by their numbers in the schema."""


def factor(real: float) -> tuple[int, int]:
    """Return multiplier and shift; what is below 2^-32 is nothing, as TensorFlow Lite has it."""
    multiplier, shift = fixed_point(float(real))
    return (multiplier, shift) if shift >= -31 else (0, 0)


def _of_16_bits(pair: tuple[int, int]) -> tuple[int, int]:
    """Return a factor as sums of 16-bit values are multiplied by it: with 15 bits of the multiplier."""
    multiplier, shift = pair
    return (min((multiplier + (1 << 15)) >> 16, 0x7FFF)) << 16, shift


def result_of(context: Context, index: int = 0) -> Value:
    """Return what is declared of a result, which must be quantized."""
    _, kind, affine = context.outputs[index]
    if affine is None or affine.scale.size != 1 or kind not in {"int8", "uint8", "int16"}:
        context.unsupported("its result has no scale, or one for each channel")
    return Value(kind, (), None, affine)


def bounds(context: Context, y: Value, fused: int) -> tuple[int, int]:
    """Return the least and the largest integer that a result may be."""
    least, most = RANGE[QUANTIZED[y.kind]]
    if not fused:
        return least, most
    if fused not in LIMITS:
        context.unsupported(f"the fused activation {fused} of integers is not known")

    def place(real: float) -> int:
        steps = np.float32(real) / y.scale
        return y.zero + math.floor(abs(float(steps)) + 0.5) * (1 if steps >= 0 else -1)

    low, high = LIMITS[fused]
    return max(least, place(low)), most if high is None else min(most, place(high))


def integers(context: Context, index: int) -> tuple[Value, Array]:
    """Return a quantized constant operand, and its integers less their zero point."""
    value = context.operand(index)
    array = context.array(index, "weights of integers")
    if value.affine is None or value.kind not in QUANTIZED:
        context.unsupported(f"operand {index} has no scale")
    zero = value.affine.zero
    along = [1] * array.ndim
    if zero.size > 1:
        along[value.affine.axis] = zero.size
    return value, array.astype(np.int64) - zero.reshape(along if zero.size > 1 else ())


def sums(
    context: Context, op: Sums, x: str, weight: Array, ratios: Array, of: tuple[int, int] = (0, 2)
) -> str:
    """Return weighted sums of one operand, to which another is added where it is there."""
    factors = [factor(ratio) for ratio in ratios]
    if context.operand(of[0]).kind == "int16" and not isinstance(op, QFullyConnected):
        factors = [_of_16_bits(pair) for pair in factors]
    bias = context.array(of[1], "the bias") if context.has(of[1]) else None
    return weighted(context, op, x, weight, factors, bias)


def arithmetic(x: Value, y: Value, low: int, high: int) -> dict[str, Any]:
    """Return the fields that weighted sums have in common."""
    return {"x_zero": x.zero, "y_zero": y.zero, "low": low, "high": high, "rounding": "double"}


def ratios_of(x: Value, scales: Array, y: Value) -> Array:
    """Return by what sums of products with weights of these scales are multiplied."""
    if x.kind == "uint8":  # the product of both is rounded to single precision
        return np.asarray((x.scale * scales).astype(np.float64) / np.float64(y.scale))
    return np.asarray(np.float64(x.scale) * scales.astype(np.float64) / np.float64(y.scale))


@with_integers("CONV_2D", "DEPTHWISE_CONV_2D")
def convolution(context: Context) -> None:
    """With a factor for each filter."""
    depthwise = context.kind == "DEPTHWISE_CONV_2D"
    options = context.options(tflite.DepthwiseConv2DOptions if depthwise else tflite.Conv2DOptions)
    plain = window(context, options, depthwise=depthwise)
    x, y = context.operand(0), result_of(context)
    value, weight = integers(context, 1)
    assert value.affine is not None
    ratios = ratios_of(x, value.affine.scale, y)
    fused = options.FusedActivationFunction()
    common = arithmetic(x, y, *bounds(context, y, fused))
    op = QConv2d(plain.stride, plain.padding, plain.dilation, plain.groups, **common)
    turned = np.transpose(weight, (3, 0, 1, 2) if depthwise else FIRST)
    context.give(sums(context, op, context.first(0), turned, ratios), FIRST)


@with_integers("FULLY_CONNECTED")
def fully_connected(context: Context) -> None:
    """With one factor for all."""
    options = context.options(tflite.FullyConnectedOptions)
    x, y = context.operand(0), result_of(context)
    value, weight = integers(context, 1)
    assert value.affine is not None
    shape = context.shape()
    if weight.ndim != 2 or math.prod(shape) % weight.shape[1]:
        context.unsupported(f"its weights {weight.shape} do not fit {shape}")
    rows = context.reshaped(context.plain(0), (math.prod(shape) // weight.shape[1], weight.shape[1]))
    ratios = np.float64(x.scale) * value.affine.scale.astype(np.float64) / np.float64(y.scale)
    # Fully connected sums are rounded once, with the whole multiplier, unlike those of convolutions.
    common = arithmetic(x, y, *bounds(context, y, options.FusedActivationFunction()))
    common["rounding"] = "single"
    made = sums(context, QFullyConnected(1, **common), rows, weight, ratios)
    if options.KeepNumDims():
        made = context.reshaped(made, (*shape[:-1], weight.shape[0]))
    context.give(made, identity(len(context.extents(made))))


@with_integers("AVERAGE_POOL_2D", "MAX_POOL_2D")
def pool(context: Context) -> None:
    """Of integers as they are: both sides have one scale."""
    options = context.options(tflite.Pool2DOptions)
    kernel, stride, padding = pool_window(context, options)
    x, y = context.operand(0), result_of(context)
    low, high = bounds(context, y, options.FusedActivationFunction())
    if context.kind == "AVERAGE_POOL_2D":
        op = QPool(kernel, stride, padding, count_padding=not any(padding), low=low, high=high)
        context.emit(op, context.first(0), order=FIRST)
        return
    pooled = context.step("pool", Pool("max", kernel, stride, padding), context.first(0))
    if (low, high) != RANGE[QUANTIZED[x.kind]]:
        pooled = context.step("clipped", _requantized(x, x, low, high), pooled)
    context.give(pooled, FIRST)


def _requantized(x: Value, y: Value, low: int, high: int, ratio: float = 0.0) -> Requantize:
    """Return the operator that makes integers with another scale."""
    multiplier, shift = factor(ratio or np.float64(x.scale) / np.float64(y.scale))
    dtype: Any = QUANTIZED[y.kind]
    return Requantize(multiplier, shift, x.zero, y.zero, low, high, "double", dtype)


@with_integers("QUANTIZE")
def quantize(context: Context) -> None:
    """To integers, from floats or others."""
    x, order = context.any_form(0)
    y = result_of(context)
    low, high = RANGE[QUANTIZED[y.kind]]
    if context.operand(0).quantized:
        context.emit(_requantized(context.operand(0), y, low, high), x, order=order)
        return
    dtype: Any = QUANTIZED[y.kind]
    context.emit(Quantize(float(y.scale), y.zero, low, high, dtype), x, order=order)


@with_integers("DEQUANTIZE")
def dequantize(context: Context) -> None:
    """To floats."""
    x, order = context.any_form(0)
    context.emit(Dequantize(float(context.operand(0).scale), context.operand(0).zero), x, order=order)


@with_integers("RELU", "RELU6", "RELU_N1_TO_1")
def rectifier(context: Context) -> None:
    """To the scale of the result, cut off."""
    x, y = context.operand(0), result_of(context)
    fused = {"RELU": 1, "RELU_N1_TO_1": 2, "RELU6": 3}[context.kind]
    ratio = float(x.scale / y.scale)  # in single precision, unlike that of other changes of scale
    name, order = context.any_form(0)
    context.emit(_requantized(x, y, *bounds(context, y, fused), ratio), name, order=order)


@with_integers("CONCATENATION")
def concatenation(context: Context) -> None:
    """One behind the other, all with the scale of the result."""
    options = context.options(tflite.ConcatenationOptions)
    if options.FusedActivationFunction():
        context.unsupported("a fused activation of a concatenation of integers")
    y = result_of(context)
    values = [context.operand(i) for i in range(len(context.operands))]
    order = common_order(values)
    parts: list[str] = []
    for value in values:
        part = context.form(value, order)
        if (value.scale, value.zero) != (y.scale, y.zero):
            part = context.step("as result", _requantized(value, y, *RANGE[QUANTIZED[y.kind]]), part)
        parts.append(part)
    context.emit(Concat(order.index(context.axis(options.Axis()))), *parts, order=order)


@with_integers("ADD", "SUB")
def add(context: Context) -> None:
    """Both are made multiples of one small number first, which the sum is rescaled from."""
    options = context.options(tflite.AddOptions if context.kind == "ADD" else tflite.SubOptions)
    a, b, y = context.operand(0), context.operand(1), result_of(context)
    inputs, order = _stretched(context)
    left = 15 if y.kind == "int16" else 20
    largest = 2 * np.float64(max(a.scale, b.scale))
    first, second = (factor(np.float64(v.scale) / largest) for v in (a, b))
    end = factor(largest / (np.float64(1 << left) * np.float64(y.scale)))
    sign = 1 if context.kind == "ADD" else -1
    low, high = bounds(context, y, options.FusedActivationFunction())
    multipliers, shifts = (first[0], sign * second[0]), (first[1], second[1])
    op = QAdd((a.zero, b.zero), multipliers, shifts, left, *end, y.zero, low, high, "double")
    context.emit(op, *inputs, order=order)


def _stretched(context: Context, *, whole: bool = True) -> tuple[list[str], Any]:
    """Return both operands in one order of axes, and of one shape where they must be."""
    values = [context.operand(0), context.operand(1)]
    if any(not value.quantized or value.kind != values[0].kind for value in values):
        context.unsupported("its operands are of different types")
    rank = max(len(value.shape) for value in values)
    order = common_order(values)
    order = order if len(order) == rank else identity(rank)
    inputs = [context.stretched(i, rank, order) for i in (0, 1)]
    shape = np.broadcast_shapes(*(context.extents(name) for name in inputs))
    if whole:
        inputs = [
            name if context.extents(name) == shape else context.step("stretched", Expand(shape), name)
            for name in inputs
        ]
    return inputs, order


@with_integers("MUL")
def mul(context: Context) -> None:
    """The product, rescaled once."""
    a, b, y = context.operand(0), context.operand(1), result_of(context)
    inputs, order = _stretched(context, whole=False)
    multiplier, shift = factor(float(a.scale * b.scale / y.scale))
    low, high = bounds(context, y, context.options(tflite.MulOptions).FusedActivationFunction())
    op = QMul(multiplier, shift, a.zero, b.zero, y.zero, low, high, "double")
    context.emit(op, *inputs, order=order)


@with_integers("MEAN")
def mean(context: Context) -> None:
    """Of whole images, as a weighted sum of all pixels; other axes with floats."""
    axes = {context.axis(axis) for axis in context.ints(1, "the axes")}
    x, y = context.operand(0), result_of(context)
    if len(context.shape()) != 4 or axes != {1, 2} or x.kind == "int16":
        by_floats(context)
        return
    _, height, width, channels = context.shape()
    multiplier, shift = factor(np.float64(x.scale) / np.float64(y.scale))
    # The count goes into the multiplier, with as many bits as 64 leave.
    count = height * width
    more = min(count.bit_length() - 1, 32, 31 + shift)
    pair = ((multiplier << more) // count, shift - more)
    low, high = RANGE[QUANTIZED[y.kind]]
    op = QConv2d(groups=channels, **arithmetic(x, y, low, high))
    ones = np.ones((channels, 1, height, width), np.int64)
    made = weighted(context, op, context.first(0), ones, [pair], None)
    keep = context.options(tflite.ReducerOptions).KeepDims()
    context.give(*((made, FIRST) if keep else context.squeezed(made, FIRST, (1, 2))))


@with_integers("SOFTMAX")
def softmax(context: Context) -> None:
    """In fixed point."""
    x, y = context.operand(0), result_of(context)
    least = RANGE[QUANTIZED[y.kind]][0]
    beta = context.options(tflite.SoftmaxOptions).Beta()
    if x.kind == y.kind == "int16":
        name, order = context.any_form(0)
        multiplier, shift = factor(np.float64(np.float32(x.scale * np.float32(beta))) / (REACH / 65535))
        op = SoftmaxCurves(multiplier, shift, order.index(len(order) - 1))
        curves = context.stored(curves_.powers()), context.stored(curves_.reciprocals())
        context.emit(op, name, *curves, order=order)
        return
    if y.kind != x.kind or y.zero != least or float(y.scale) != 1 / 256:
        by_floats(context)
        return
    name, order = context.any_form(0)
    table = context.stored(powers(float(x.scale) * beta))
    context.emit(SoftmaxFixed(order.index(len(order) - 1)), name, table, order=order)
