"""Quantized layers of several operands or shapes, bit by bit as TensorFlow Lite's reference kernels compute them."""

from __future__ import annotations

import math

import numpy as np
import tflite

from lpdnn.frontends.tflite.context import Context, with_integers
from lpdnn.frontends.tflite.operators.integers import (
    arithmetic,
    bounds,
    factor,
    integers,
    ratios_of,
    result_of,
    sums,
)
from lpdnn.frontends.tflite.operators.resizing import size_of
from lpdnn.frontends.tflite.operators.windows import FIRST, deconvolution
from lpdnn.frontends.tflite.orders import identity
from lpdnn.frontends.tflite.ways import by_floats
from lpdnn.ops.qdeconv2d import QDeconv2d
from lpdnn.ops.qprelu import QPRelu
from lpdnn.ops.qresize import QResize
from lpdnn.ops.qresize_single import QResizeSingle


@with_integers("TRANSPOSE_CONV")
def transpose_conv(context: Context) -> None:
    """With a factor for each filter, or one for all."""
    options = context.options(tflite.TransposeConvOptions)
    plain, beyond = deconvolution(context, options)
    x, y = context.operand(2), result_of(context)
    value, weight = integers(context, 1)
    assert value.affine is not None
    if beyond is not None or (value.affine.scale.size > 1 and value.affine.axis != 0):
        by_floats(context)
        return
    fused = getattr(options, "FusedActivationFunction", lambda: 0)()
    common = arithmetic(x, y, *bounds(context, y, fused))
    op = QDeconv2d(plain.stride, plain.padding, plain.dilation, 1, plain.output_padding, **common)
    turned = np.transpose(weight, (3, 0, 1, 2))
    ratios = ratios_of(x, value.affine.scale, y)
    context.give(sums(context, op, context.first(2), turned, ratios, (2, 3)), FIRST)


@with_integers("PRELU")
def prelu(context: Context) -> None:
    """A slope below zero for each channel, one for all, or one for each element."""
    x, y = context.operand(0), result_of(context)
    value, slope = integers(context, 1)
    rank = len(x.shape)
    full = (1,) * (rank - slope.ndim) + slope.shape
    if value.affine is None or value.affine.scale.size > 1 or len(full) != rank or full[0] != 1 or rank < 2:
        by_floats(context)
        return
    low, high = bounds(context, y, 0)
    straight = factor(float(x.scale / y.scale))
    multiplier, shift = factor(float(x.scale * value.affine.scale[0] / y.scale))
    op = QPRelu(*straight, x.zero, y.zero, low, high, "double")
    channels = all(extent == 1 for extent in full[:-1])
    if channels:
        name, order = context.first(0), (0, rank - 1, *range(1, rank - 1))
        slopes = slope.ravel()
    else:
        name, order = context.reshaped(context.plain(0), (x.shape[0], math.prod(x.shape[1:]))), identity(rank)
        slopes = np.broadcast_to(slope, (1, *x.shape[1:])).ravel()
    constants = (
        context.stored(np.asarray(slopes, np.int16)),
        *(context.stored(np.full(slopes.size, part, np.int32)) for part in (multiplier, shift)),
    )
    bent = context.step("bent", op, name, *constants)
    context.give(bent if channels else context.reshaped(bent, x.shape), order)


@with_integers("RESIZE_BILINEAR")
def resize_bilinear(context: Context) -> None:
    """Between four pixels; both sides have one scale."""
    height, width, align = size_of(context, context.options(tflite.ResizeBilinearOptions))
    op = QResizeSingle if context.operand(0).kind == "uint8" else QResize
    context.emit(op(height, width, align), context.first(0), order=FIRST)
