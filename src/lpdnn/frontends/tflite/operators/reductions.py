"""Axes folded, searched and summed up; softmax and normalization."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import tflite

from lpdnn.frontends.tflite.context import converts
from lpdnn.frontends.tflite.orders import channels_first, without_axes
from lpdnn.ops.arg_max import ArgMax
from lpdnn.ops.binary import Binary
from lpdnn.ops.cumulate import Cumulate
from lpdnn.ops.lrn import Lrn
from lpdnn.ops.normalize import Normalize
from lpdnn.ops.pool import Pool
from lpdnn.ops.power import Power
from lpdnn.ops.reduce import Reduce
from lpdnn.ops.softmax import Softmax
from lpdnn.ops.unary import Unary

if TYPE_CHECKING:
    from lpdnn.frontends.tflite.context import Context
    from lpdnn.ops.reduce import Kind

_KINDS: dict[str, Kind] = {
    "MEAN": "mean",
    "SUM": "sum",
    "REDUCE_MAX": "max",
    "REDUCE_MIN": "min",
    "REDUCE_PROD": "product",
    "REDUCE_ANY": "max",
    "REDUCE_ALL": "min",
}


@converts(*_KINDS)
def reduce(context: Context) -> None:
    """Fold axes; the mean of images is pooling."""
    kind, x_order = _KINDS[context.kind], context.any_form(0)
    axes = tuple(sorted({context.axis(axis) for axis in context.ints(1, "the axes")}))
    keep = bool(context.options(tflite.ReducerOptions).KeepDims())
    x, order = x_order
    if kind == "mean" and len(context.shape()) == 4 and axes == (1, 2):
        order = channels_first(4)
        extents = context.shape()
        pooled = context.step("pool", Pool("average", (extents[1], extents[2])), context.first(0))
        context.give(*((pooled, order) if keep else context.squeezed(pooled, order, axes)))
        return
    places = tuple(sorted(order.index(axis) for axis in axes))
    y = context.step("fold", Reduce(kind, places, keep), x)
    if context.operand(0).whole and kind == "mean":
        y = context.step("whole", Unary("trunc"), y)
    context.give(y, order if keep else without_axes(order, axes))


@converts("SOFTMAX")
def softmax(context: Context) -> None:
    """Along the last axis, of its argument times beta."""
    x, order = context.any_form(0)
    beta = context.options(tflite.SoftmaxOptions).Beta()
    if not order:
        context.unsupported("a single number has no axis")
    if beta != 1:
        x = context.step("beta", Power(1.0, beta), x)
    context.emit(Softmax(order.index(len(order) - 1)), x, order=order)


@converts("LOG_SOFTMAX")
def log_softmax(context: Context) -> None:
    """Along the last axis: x less the logarithm of the sum of e^x."""
    x, order = context.any_form(0)
    total = context.step("log_sum_exp", Reduce("log_sum_exp", (order.index(len(order) - 1),)), x)
    context.emit(Binary("sub"), x, total, order=order)


@converts("L2_NORMALIZATION")
def l2_normalization(context: Context) -> None:
    """Divided by the norm along the last axis, which is taken to be 1e-6 at least."""
    rank = len(context.shape())
    if rank < 2:
        context.unsupported(f"it has {rank} axes")
    order = channels_first(rank)
    one = context.constant(np.ones(1, np.float32))
    op = Normalize(across_spatial=False, epsilon=1e-12)
    y = context.step("normal", op, context.first(0), one)
    context.finish(y, order, context.options(tflite.L2NormOptions).FusedActivationFunction())


@converts("LOCAL_RESPONSE_NORMALIZATION")
def local_response_normalization(context: Context) -> None:
    """Across channels."""
    options = context.options(tflite.LocalResponseNormalizationOptions)
    size = 2 * options.Radius() + 1
    op = Lrn("across_channels", size, options.Alpha() * size, options.Beta(), options.Bias())
    context.emit(op, context.first(0), order=channels_first(len(context.shape())))


@converts("ARG_MAX", "ARG_MIN")
def arg_max(context: Context) -> None:
    """The place of the largest or smallest value; of equal ones the first."""
    axis = context.axis(context.ints(1, "the axis")[0])
    x, order = context.any_form(0)
    op = ArgMax(1, order.index(axis), smallest=context.kind == "ARG_MIN", first_index=True)
    context.give(*context.squeezed(context.step("best", op, x), order, (axis,)))


@converts("TOPK_V2")
def top_k(context: Context) -> None:
    """The largest values along the last axis, and their places; equal ones by place."""
    (k,) = context.ints(1, "k")
    x, order = context.any_form(0)
    axis = order.index(len(order) - 1)
    for index, values in ((0, True), (1, False)):
        context.emit(ArgMax(k, axis, values, first_index=True), x, order=order, index=index)


@converts("CUMSUM")
def cumsum(context: Context) -> None:
    """Running sums."""
    options = context.options(tflite.CumsumOptions)
    axis = context.axis(context.ints(1, "the axis")[0])
    x, order = context.any_form(0)
    op = Cumulate("sum", order.index(axis), bool(options.Exclusive()), bool(options.Reverse()))
    context.emit(op, x, order=order)
