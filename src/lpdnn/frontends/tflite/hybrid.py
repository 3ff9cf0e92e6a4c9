"""Weighted sums of floats, and those whose weights are of 8 bits, for which TensorFlow Lite rounds the floats.

It does so as it runs, for each image or row by its own range, and computes with integers. Here are the same
integers, held by floats, which are exact up to 2^24; larger sums are rounded as floats are.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from lpdnn.ops.bias import Bias
from lpdnn.ops.binary import Binary
from lpdnn.ops.conv2d import Conv2d
from lpdnn.ops.power import Power
from lpdnn.ops.reduce import Reduce
from lpdnn.ops.round_to_grid import RoundToGrid

if TYPE_CHECKING:
    from lpdnn.frontends.tflite.context import Context
    from lpdnn.frontends.tflite.orders import Order
    from lpdnn.ops.binary import Kind
    from lpdnn.ops.fully_connected import FullyConnected

LEAST: Final = 1e-36
"""A range that is taken for smaller ones, and for none: 127 divided by it is still a number."""


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
        return context.step(suffix, op, x, context.form(value, order), bias)
    if affine.scale.size > 1 and affine.axis != order[0]:
        context.unsupported(
            f"its weights have a scale for each index along axis {affine.axis}, not for each filter"
        )
    inner = tuple(range(axis, len(context.extents(x))))
    rounded, scale = (_between if asymmetric else _about_zero)(context, x, inner)
    sums = context.step(suffix, op, rounded, context.form(replace(value, affine=None, forms={}), order))
    scales = affine.scale.reshape(-1, *(1,) * (len(inner) - 1)) if affine.scale.size > 1 else affine.scale[0]
    factor = _binary(context, "mul", scale, context.constant(scales))
    y = _binary(context, "mul", sums, factor)
    return y if bias is None else context.step("bias", Bias(axis), y, bias)


def _about_zero(context: Context, x: str, axes: tuple[int, ...]) -> tuple[str, str]:
    """Return x as integers from -127 to 127, and what 1 more stands for."""
    low, high = (context.step(kind, Reduce(kind, axes), x) for kind in ("min", "max"))
    span = _binary(context, "max", high, context.step("opposite", Power(1.0, -1.0), low))
    span = _binary(context, "max", span, _number(context, LEAST))
    most = _number(context, 127)
    steps = _binary(context, "mul", x, _binary(context, "div", most, span))
    return _rounded(context, steps, -127), _binary(context, "div", span, most)


def _between(context: Context, x: str, axes: tuple[int, ...]) -> tuple[str, str]:
    """Return x as integers from -128 to 127, less the one that stands for 0, and what 1 more stands for."""
    none = _number(context, 0)
    low = _binary(context, "min", context.step("min", Reduce("min", axes), x), none)
    high = _binary(context, "max", context.step("max", Reduce("max", axes), x), none)
    span = _binary(context, "max", _binary(context, "sub", high, low), _number(context, LEAST))
    scale = _binary(context, "div", span, _number(context, 255))
    place = context.step("place", Power(1.0, -255.0, -128.0), _binary(context, "div", low, span))
    zero = _rounded(context, place, -128)
    steps = _binary(context, "mul", x, _binary(context, "div", _number(context, 1), scale))
    rounded = _rounded(context, _binary(context, "add", steps, zero), -128)
    return _binary(context, "sub", rounded, zero), scale


def _rounded(context: Context, x: str, least: int) -> str:
    """Return the integers nearest to x, ties away from zero, from the least one to 127."""
    grid = context.constant(np.array([1, 1, least, 127], np.float32))
    return context.step("rounded", RoundToGrid(), x, grid)


def _binary(context: Context, kind: Kind, a: str, b: str) -> str:
    return context.step(kind, Binary(kind), a, b)


def _number(context: Context, number: float) -> str:
    return context.constant(np.array(number, np.float32))
