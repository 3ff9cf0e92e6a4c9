"""Weighted sums of floats, and those whose weights are of 8 bits, for which TensorFlow Lite rounds the floats.

It does so as it runs, for each image or row by its own range, and computes with integers. Here are the same
integers, held by floats, which are exact up to 2^24; larger sums are rounded as floats are.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from lpdnn.ops.conv2d import Conv2d
from lpdnn.ops.conv2d_ordered import Conv2dOrdered
from lpdnn.ops.dynamic_real import DynamicReal
from lpdnn.ops.dynamic_round import DynamicRound
from lpdnn.ops.dynamic_scale import DynamicScale

if TYPE_CHECKING:
    from lpdnn.frontends.tflite.context import Context
    from lpdnn.frontends.tflite.orders import Order
    from lpdnn.ir import Operator
    from lpdnn.ops.fully_connected import FullyConnected


def weighted(context: Context, op: Conv2d | FullyConnected, x: str, order: Order, *, asymmetric: bool) -> str:
    """Return sums of x with the weights of operand 1, their axes in an order, and the bias of operand 2.

    If the weights are of 8 bits, x is rounded to integers of 8 bits before: those between its least and its
    largest value where `asymmetric` is set, else those that lie about 0.
    """
    value = context.operand(1)
    suffix, axis = ("conv", 1) if isinstance(op, Conv2d) else ("fc", op.axis)
    bias = context.plain(2) if context.has(2) else None
    affine = value.affine
    if value.kind != "int8" or value.array is None or affine is None or affine.zero.any():
        plain: Operator = op
        if context.hybrid and isinstance(op, Conv2d):
            plain = Conv2dOrdered(op.stride, op.padding, op.dilation, op.groups)
        return context.step(suffix, plain, x, context.form(value, order), bias)
    if affine.scale.size > 1 and affine.axis != order[0]:
        context.unsupported(
            f"its weights have a scale for each index along axis {affine.axis}, not for each filter"
        )
    scale = context.step("scale", DynamicScale("between" if asymmetric else "about_zero", axis), x)
    whole = context.step("integers", DynamicRound(-128.0 if asymmetric else -127.0), x, scale)
    sums = context.step(suffix, op, whole, context.form(replace(value, affine=None, forms={}), order))
    factors = context.constant(np.broadcast_to(affine.scale, (value.shape[order[0]],)))
    # Convolutions with a scale for each filter multiply with it before the other, all else with their product.
    early = context.kind == "CONV_2D" and asymmetric
    return context.step("real", DynamicReal(early), sums, scale, factors, bias)
