"""Axes folded, searched, summed up on the way; softmax and its kin."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from lpdnn.frontends._values import LARGEST
from lpdnn.frontends.onnx.context import converts
from lpdnn.frontends.onnx.operators.windows import whole_image
from lpdnn.ops.arg_max import ArgMax
from lpdnn.ops.binary import Binary
from lpdnn.ops.cumulate import Cumulate
from lpdnn.ops.gather import Gather
from lpdnn.ops.gather_elements import GatherElements
from lpdnn.ops.non_max_suppression import NonMaxSuppression
from lpdnn.ops.power import Power
from lpdnn.ops.reduce import Reduce
from lpdnn.ops.reshape import Reshape
from lpdnn.ops.softmax import Softmax
from lpdnn.ops.unary import Unary

if TYPE_CHECKING:
    from lpdnn.frontends.onnx.context import Context

_KINDS = {
    "ReduceSum": "sum",
    "ReduceMean": "mean",
    "ReduceMax": "max",
    "ReduceMin": "min",
    "ReduceProd": "product",
    "ReduceL1": "l1",
    "ReduceL2": "l2",
    "ReduceSumSquare": "sum_square",
    "ReduceLogSum": "log_sum",
    "ReduceLogSumExp": "log_sum_exp",
}


@converts(*_KINDS)
def reduce(context: Context) -> None:
    """Fold axes; the mean of images is pooling."""
    kind = _KINDS[context.node.op_type]
    rank = len(context.shape())
    given = context.ints("axes", 1)
    if not given:
        if context.attr("noop_with_empty_axes", 0):
            if kind in {"l1", "l2", "sum_square", "log_sum", "log_sum_exp"}:
                context.emit(Reduce(kind, ()), context.value(0))  # type: ignore[arg-type]
            else:
                context.results[0] = context.operand(0)
            return
        given = tuple(range(rank))
    axes = context.axes(given)
    keep = bool(context.attr("keepdims", 1))
    if kind == "mean" and rank == 4 and axes == (2, 3) and keep:
        whole_image(context, kind, context.value(0))
        return
    if context.operand(0).whole and kind == "mean":
        mean = context.step("mean", Reduce("mean", axes, keep), context.value(0))
        context.emit(Unary("trunc"), mean)
        return
    context.emit(Reduce(kind, axes, keep), context.value(0))  # type: ignore[arg-type]


def _rows(context: Context, default: int) -> tuple[str, int]:
    """Return the first operand and the axis of a softmax; old opsets flatten to two axes first."""
    extents = context.shape()
    value = context.value(0)
    if context.opset >= 13:
        return value, context.axis(context.attr("axis", -1))
    axis = context.axis(context.attr("axis", default))
    if axis == len(extents) - 1:
        return value, axis
    return context.reshaped(value, (math.prod(extents[:axis]), math.prod(extents[axis:]))), 1


@converts("Softmax")
def softmax(context: Context) -> None:
    """Along one axis, or in old opsets all axes from one on."""
    value, axis = _rows(context, 1)
    if context.type(value).shape == context.shape():
        context.emit(Softmax(axis), value)
        return
    context.emit(Reshape(context.shape()), context.step("softmax", Softmax(axis), value))


@converts("LogSoftmax")
def log_softmax(context: Context) -> None:
    """x less the logarithm of the sum of e^x."""
    value, axis = _rows(context, 1)
    total = context.step("log_sum_exp", Reduce("log_sum_exp", (axis,)), value)
    context.give(context.reshaped(context.step("less", Binary("sub"), value, total), context.shape()))


@converts("Hardmax")
def hardmax(context: Context) -> None:
    """1 at the first of the largest, else 0."""
    value, axis = _rows(context, 1)
    extents = context.type(value).shape
    best = context.step("best", ArgMax(1, axis, first_index=True), value)
    places = np.arange(extents[axis]).reshape([-1 if i == axis else 1 for i in range(len(extents))])
    hit = context.step("equal", Binary("equal"), best, context.constant(places))
    context.give(context.reshaped(hit, context.shape()))


@converts("ArgMax", "ArgMin")
def arg_max(context: Context) -> None:
    """The place of the largest or smallest value."""
    axis = context.axis(context.attr("axis", 0))
    op = ArgMax(
        1,
        axis,
        smallest=context.node.op_type == "ArgMin",
        first_index=not context.attr("select_last_index", 0),
    )
    if context.attr("keepdims", 1):
        context.emit(op, context.value(0), kind="int64")
        return
    best = context.step("best", op, context.value(0))
    extents = [n for i, n in enumerate(context.shape()) if i != axis]
    context.emit(Reshape(tuple(extents)), best, kind="int64")


@converts("TopK")
def top_k(context: Context) -> None:
    """The largest or smallest values and their places; equal ones by place."""
    axis = context.axis(context.attr("axis", -1))
    (k,) = context.ints("k", 1) or (1,)
    for index, values in ((0, True), (1, False)):
        if context.wants(index):
            op = ArgMax(k, axis, values, not context.attr("largest", 1), first_index=True)
            context.emit(op, context.value(0), index=index, kind=None if values else "int64")


@converts("CumSum", "CumProd")
def cumulate(context: Context) -> None:
    """Running sums and products."""
    axis = context.axis(int(context.array(1, "the axis").ravel()[0]))
    kind = "sum" if context.node.op_type == "CumSum" else "product"
    exclusive, reverse = bool(context.attr("exclusive", 0)), bool(context.attr("reverse", 0))
    context.emit(Cumulate(kind, axis, exclusive, reverse), context.value(0))  # type: ignore[arg-type]


@converts("GatherElements")
def gather_elements(context: Context) -> None:
    """An index for every element."""
    context.emit(GatherElements(context.axis(context.attr("axis", 0))), context.value(0), context.value(1))


@converts("GatherND")
def gather_nd(context: Context) -> None:
    """Tuples of indices become one index into the axes they count."""
    if context.attr("batch_dims", 0):
        context.unsupported("batch_dims")
    extents, index = context.shape(), context.shape(1)
    count = index[-1]
    steps = np.array([math.prod(extents[i + 1 : count]) for i in range(count)], np.float32)
    known = context.known(1)
    if known is not None:
        wrapped = np.where(known < 0, known + np.array(extents[:count]), known)
        places = context.constant((wrapped * steps).sum(axis=-1))
    else:
        weighed = context.step("weighed", Binary("mul"), context.value(1), context.constant(steps))
        places = context.step("places", Reduce("sum", (len(index) - 1,), keep=False), weighed)
    rows = context.reshaped(context.value(0), (math.prod(extents[:count]), *extents[count:]))
    context.emit(Gather(0), rows, places)


@converts("OneHot")
def one_hot(context: Context) -> None:
    """One value at an index, another elsewhere."""
    depth = int(context.array(1, "the depth").ravel()[0])
    off, on = (float(v) for v in context.array(2, "the values").ravel())
    rank = len(context.shape()) + 1
    axis = context.axis(context.attr("axis", -1), rank)
    extents = list(context.shape())
    extents.insert(axis, 1)
    places = context.constant(np.arange(depth).reshape([-1 if i == axis else 1 for i in range(rank)]))
    index = context.reshaped(context.value(0), extents)
    if depth < 1:
        context.unsupported(f"its depth is {depth}")
    wrapped = context.step(
        "wrapped", Binary("mod"), index, context.constant(np.array(float(depth), np.float32))
    )
    # Indices beyond the depth, on either side, name no place.
    low = context.step(
        "low", Binary("less_equal"), context.constant(np.array(-float(depth), np.float32)), index
    )
    high = context.step("high", Binary("less"), index, context.constant(np.array(float(depth), np.float32)))
    hit = context.step("hit", Binary("equal"), wrapped, places)
    hit = context.step("within", Binary("min"), hit, context.step("both", Binary("min"), low, high))
    context.emit(Power(1.0, on - off, off), hit, kind=context.operand(2).kind)


@converts("LpNormalization")
def lp_normalization(context: Context) -> None:
    """Divided by the norm along an axis."""
    p = context.attr("p", 2)
    if p not in {1, 2}:
        context.unsupported(f"a norm of order {p}")
    axis = context.axis(context.attr("axis", -1))
    norm = context.step("norm", Reduce("l1" if p == 1 else "l2", (axis,)), context.value(0))
    # Nothing divided by nothing is nothing here.
    safe = context.step("safe", Binary("max"), norm, context.constant(np.array(1e-37, np.float32)))
    context.emit(Binary("div"), context.value(0), safe)


@converts("NonMaxSuppression")
def non_max_suppression(context: Context) -> None:
    """The boxes that are kept; rows that are not used come last and are all -1."""
    most = int(context.array(2, "the number of boxes").ravel()[0]) if context.has(2) else 0
    if most < 1:
        context.give_known(np.zeros((0, 3), np.int64))
        return
    overlap = context.number("", 3, 0.0)
    threshold = context.number("", 4, -LARGEST)
    op = NonMaxSuppression(
        min(most, context.shape()[1]), overlap, threshold, bool(context.attr("center_point_box", 0))
    )
    context.emit(op, context.value(0), context.value(1), kind="int64")
