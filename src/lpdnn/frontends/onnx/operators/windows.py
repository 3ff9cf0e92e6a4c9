"""Convolution and pooling."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from lpdnn.frontends.onnx.context import converts
from lpdnn.ops.binary import Binary
from lpdnn.ops.conv2d import Conv2d
from lpdnn.ops.conv3d import Conv3d
from lpdnn.ops.deconv2d import Deconv2d
from lpdnn.ops.pad import Pad
from lpdnn.ops.pool import Pool
from lpdnn.ops.pool_nd import PoolNd
from lpdnn.ops.reduce import Reduce
from lpdnn.ops.reshape import Reshape
from lpdnn.ops.slice import Slice
from lpdnn.ops.unary import Unary

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lpdnn.frontends.onnx.context import Context

Ints = tuple[int, ...]


def _each(context: Context, name: str, axes: int, default: int) -> Ints:
    values = context.ints(name) or (default,) * axes
    if len(values) != axes:
        context.unsupported(f"{name} {values} does not have {axes} numbers")
    return values


def _padding(context: Context, kernel: Ints, stride: Ints, dilation: Ints) -> tuple[Ints, Ints]:
    """Return the padding before and after each axis, as pads or auto_pad say."""
    axes = len(kernel)
    auto = context.attr("auto_pad", "NOTSET")
    if auto in {"", "NOTSET"}:
        pads = context.ints("pads") or (0,) * (2 * axes)
        if len(pads) != 2 * axes:
            context.unsupported(f"pads {pads} does not have {2 * axes} numbers")
        return pads[:axes], pads[axes:]
    if auto == "VALID":
        return (0,) * axes, (0,) * axes
    if auto not in {"SAME_UPPER", "SAME_LOWER"}:
        context.unsupported(f"auto_pad {auto!r} is not known")
    before, after = [], []
    for size, k, s, d in zip(context.shape()[2:], kernel, stride, dilation, strict=True):
        total = max(0, (-(-size // s) - 1) * s + d * (k - 1) + 1 - size)
        less = total // 2
        before.append(less if auto == "SAME_UPPER" else total - less)
        after.append(total - less if auto == "SAME_UPPER" else less)
    return tuple(before), tuple(after)


def _as_image(context: Context, value: str) -> str:
    """Return a value with one spatial axis as an image of one row."""
    extents = context.type(value).shape
    return context.reshaped(value, (*extents[:2], 1, *extents[2:])) if len(extents) == 3 else value


def image_convolution(context: Context) -> Conv2d:
    """Return the convolution of images that a node tells of."""
    kernel = context.shape(1)[2:]
    stride, dilation = _each(context, "strides", 2, 1), _each(context, "dilations", 2, 1)
    before, after = _padding(context, kernel, stride, dilation)
    padding = (before[0], before[1], after[0], after[1])
    return Conv2d((stride[0], stride[1]), padding, (dilation[0], dilation[1]), context.attr("group", 1))


@converts("Conv")
def conv(context: Context) -> None:
    """Convolution over one, two or three axes."""
    extents = context.shape()
    axes = len(extents) - 2
    kernel = context.shape(1)[2:]
    if axes not in {1, 2, 3} or len(kernel) != axes:
        context.unsupported(f"convolution over {axes} axes")
    if tuple(context.ints("kernel_shape") or kernel) != tuple(kernel):
        context.unsupported("kernel_shape is not that of the weights")
    stride, dilation = _each(context, "strides", axes, 1), _each(context, "dilations", axes, 1)
    before, after = _padding(context, kernel, stride, dilation)
    groups = context.attr("group", 1)
    bias = context.value(2) if context.has(2) else None
    x, weight = context.value(0), context.value(1)
    if axes == 3:
        context.emit(Conv3d(stride, before, after, dilation, groups), x, weight, bias)  # type: ignore[arg-type]
        return
    x, weight = _as_image(context, x), _as_image(context, weight)
    if axes == 1:
        stride, dilation, before, after = (1, *stride), (1, *dilation), (0, *before), (0, *after)
    op = Conv2d(
        (stride[0], stride[1]),
        (before[0], before[1], after[0], after[1]),
        (dilation[0], dilation[1]),
        groups,
    )
    if axes == 2:
        context.emit(op, x, weight, bias)
        return
    y = context.step("conv", op, x, weight, bias)
    shape = context.type(y).shape
    context.emit(Reshape((shape[0], shape[1], shape[3])), y)


def _crop(
    context: Context, kernel: Ints, stride: Ints, dilation: Ints, more: Sequence[int]
) -> tuple[list[int], list[int], list[int]]:
    """Return what a deconvolution crops before and after each axis, and what it adds behind."""
    sizes, auto = context.shape()[2:], context.attr("auto_pad", "NOTSET")
    wanted = context.ints("output_shape")
    if wanted is None and auto in {"SAME_UPPER", "SAME_LOWER"}:
        wanted = tuple(n * s for n, s in zip(sizes, stride, strict=True))
    if wanted is None:
        pads = _padding(context, kernel, stride, dilation)
        return list(pads[0]), list(pads[1]), list(more)
    before, after, added = [], [], []
    for n, k, s, d, m, size in zip(
        sizes, kernel, stride, dilation, more, wanted[-len(kernel) :], strict=True
    ):
        total = (n - 1) * s + d * (k - 1) + 1 + m - size
        cropped = max(0, total)
        first = cropped - cropped // 2 if auto == "SAME_LOWER" else cropped // 2
        before.append(first)
        after.append(cropped - first)
        added.append(m + max(0, -total))  # what the result lacks is added behind it
    return before, after, added


@converts("ConvTranspose")
def conv_transpose(context: Context) -> None:
    """Deconvolution over one or two axes."""
    extents = context.shape()
    axes = len(extents) - 2
    kernel = context.shape(1)[2:]
    if axes not in {1, 2, 3}:
        context.unsupported(f"deconvolution over {axes} axes")
    stride, dilation = _each(context, "strides", axes, 1), _each(context, "dilations", axes, 1)
    more = list(_each(context, "output_padding", axes, 0))
    before, after, more = _crop(context, kernel, stride, dilation, more)
    if min((*before, *after)) < 0:
        context.unsupported("negative padding of a deconvolution")
    if axes == 3:
        _volume(context, stride, dilation, before, [m - a for m, a in zip(more, after, strict=True)])
        return
    for axis in range(axes):  # less to crop is the same as more to add
        taken = min(after[axis], more[axis])
        after[axis] -= taken
        more[axis] -= taken
    beyond = [max(0, m - max(s, d) + 1) for m, s, d in zip(more, stride, dilation, strict=True)]
    within = [m - b for m, b in zip(more, beyond, strict=True)]
    if any(beyond) and context.has(2):
        context.unsupported("output_padding beyond the stride, with a bias")
    x, weight = _as_image(context, context.value(0)), _as_image(context, context.value(1))
    if axes == 1:
        stride, dilation = (1, *stride), (1, *dilation)
        before, after, within = [0, *before], [0, *after], [0, *within]
    op = Deconv2d(
        (stride[0], stride[1]),
        (before[0], before[1], after[0], after[1]),
        (dilation[0], dilation[1]),
        context.attr("group", 1),
        (within[0], within[1]),
    )
    y = context.step("deconv", op, x, weight, context.value(2) if context.has(2) else None)
    shape = context.type(y).shape
    if axes == 1:
        y = context.reshaped(y, (shape[0], shape[1], shape[3]))
    if any(beyond):
        y = context.step("pad", Pad((0,) * (axes + 2), (0, 0, *beyond)), y)
    context.give(y)


def _volume(context: Context, stride: Ints, dilation: Ints, before: list[int], beyond: list[int]) -> None:
    """Deconvolve over three axes: convolve x, zeros between its elements, with the weights turned around.

    `beyond` is what is added behind the result, less what is cropped there.
    """
    batch, channels, *sizes = context.shape()
    weight, groups = context.array(1, "the weights"), context.attr("group", 1)
    kernel = weight.shape[2:]
    apart = context.reshaped(context.value(0), (batch, channels, *(n for size in sizes for n in (size, 1))))
    behind = (0, 0, *(n for step in stride for n in (0, step - 1)))
    apart = context.step("apart", Pad((0,) * 8, behind), apart)
    apart = context.reshaped(apart, (batch, channels, *(n * s for n, s in zip(sizes, stride, strict=True))))
    spans = [d * (k - 1) for k, d in zip(kernel, dilation, strict=True)]
    # Before the first element lie the taps of the kernel that are not cropped; the last has stride - 1 zeros more.
    first = [span - b for span, b in zip(spans, before, strict=True)]
    last = [span + m - (s - 1) for span, m, s in zip(spans, beyond, stride, strict=True)]
    cut = [max(0, -n) for n in (*first, *last)]
    extents = context.type(apart).shape
    if any(cut):
        box = [n - a - b for n, a, b in zip(extents[2:], cut[:3], cut[3:], strict=True)]
        apart = context.step("cut", Slice((0, 0, *cut[:3]), (batch, channels, *box)), apart)
    # [C, M/groups, ...] -> [M, C/groups, ...], each filter backwards
    turned = weight.reshape(groups, channels // groups, *weight.shape[1:])[..., ::-1, ::-1, ::-1]
    turned = turned.swapaxes(1, 2).reshape(-1, channels // groups, *kernel)
    pads = [tuple(max(0, n) for n in side) for side in (first, last)]
    op = Conv3d((1, 1, 1), pads[0], pads[1], dilation, groups)  # type: ignore[arg-type]
    context.emit(op, apart, context.constant(turned), context.value(2) if context.has(2) else None)


def _by_columns(context: Context, places: str) -> str:
    """Return places in images that are counted along columns instead of rows."""
    extents = context.shape()
    planes, (*rows, width) = extents[0] * extents[1], extents[2:]
    height = math.prod(rows)
    if len(extents) != 4:
        context.unsupported("places counted along columns of what is no image")
    start = np.arange(planes, dtype=np.float32).reshape(*extents[:2], 1, 1) * (height * width)
    base = context.constant(start)
    place = context.step("place", Binary("sub"), places, base)
    across = context.constant(np.array(float(width), np.float32))
    row = context.step("row", Unary("floor"), context.step("rows", Binary("div"), place, across))
    column = context.step("column", Binary("mod"), place, across)
    down = context.step("down", Binary("mul"), column, context.constant(np.array(float(height), np.float32)))
    return context.step("along", Binary("add"), context.step("inner", Binary("add"), down, row), base)


def _pool(context: Context, kind: str) -> None:
    extents = context.shape()
    axes = len(extents) - 2
    kernel = context.ints("kernel_shape") or ()
    if axes not in {1, 2, 3} or len(kernel) != axes:
        context.unsupported(f"pooling over {axes} axes with a kernel {kernel}")
    stride, dilation = _each(context, "strides", axes, 1), _each(context, "dilations", axes, 1)
    before, after = _padding(context, kernel, stride, dilation)
    ceil = bool(context.attr("ceil_mode", 0))
    padded = any((*before, *after))
    count = bool(context.attr("count_include_pad", 0)) or not (padded or ceil)
    if context.wants(1):
        places = PoolNd("max_index", kernel, stride, dilation, before, after, ceil)
        if context.attr("storage_order", 0):
            along = _by_columns(context, context.step("places", places, context.value(0)))
            context.give(along, 1, "int64")
        else:
            context.emit(places, context.value(0), index=1, kind="int64")
    small = all(max(b, a) < k for b, a, k in zip(before, after, kernel, strict=True))
    if axes == 2 and kind != "norm" and small and set(dilation) == {1}:
        op = Pool(
            "max" if kind == "max" else "average",
            (kernel[0], kernel[1]),
            (stride[0], stride[1]),
            (before[0], before[1], after[0], after[1]),
            ceil,
            True if kind == "max" else count,
        )
        context.emit(op, context.value(0))
        return
    context.emit(
        PoolNd(kind, kernel, stride, dilation, before, after, ceil, count, context.attr("p", 2)),  # type: ignore[arg-type]
        context.value(0),
    )


@converts("MaxPool")
def max_pool(context: Context) -> None:
    """The largest of each window."""
    _pool(context, "max")


@converts("AveragePool")
def average_pool(context: Context) -> None:
    """The mean of each window."""
    _pool(context, "average")


@converts("LpPool")
def lp_pool(context: Context) -> None:
    """The norm of each window."""
    _pool(context, "norm")


def whole_image(context: Context, kind: str, value: str) -> None:
    """Give the largest value, or the mean, of each whole image."""
    extents = context.type(value).shape
    if len(extents) == 4 and np.prod(extents[2:]) > 0:
        context.emit(Pool("max" if kind == "max" else "average", (extents[2], extents[3])), value)
        return
    context.emit(Reduce(kind, tuple(range(2, len(extents)))), value)  # type: ignore[arg-type]


@converts("GlobalAveragePool")
def global_average_pool(context: Context) -> None:
    """The mean of each channel."""
    whole_image(context, "mean", context.value(0))


@converts("GlobalMaxPool")
def global_max_pool(context: Context) -> None:
    """The largest value of each channel."""
    whole_image(context, "max", context.value(0))


@converts("GlobalLpPool")
def global_lp_pool(context: Context) -> None:
    """The norm of each channel."""
    p = context.attr("p", 2)
    if p not in {1, 2}:
        context.unsupported(f"a norm of order {p}")
    context.emit(Reduce("l1" if p == 1 else "l2", tuple(range(2, len(context.shape())))), context.value(0))
