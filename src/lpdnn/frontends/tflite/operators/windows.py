"""Convolution, pooling and fully connected layers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import tflite

from lpdnn.frontends.tflite.context import converts
from lpdnn.frontends.tflite.hybrid import weighted
from lpdnn.frontends.tflite.orders import channels_first, identity
from lpdnn.ops.conv2d import Conv2d
from lpdnn.ops.conv3d import Conv3d
from lpdnn.ops.deconv2d import Deconv2d
from lpdnn.ops.fully_connected import FullyConnected
from lpdnn.ops.pad import Pad
from lpdnn.ops.pool import Pool
from lpdnn.ops.pool_nd import PoolNd
from lpdnn.ops.scale import Scale

if TYPE_CHECKING:
    from lpdnn.frontends.tflite.context import Context
    from lpdnn.ops._windows import Padding, Pair

FIRST = channels_first(4)


def same(size: int, kernel: int, stride: int, dilation: int = 1) -> tuple[int, int]:
    """Return what SAME pads before and after: so much that ceil(size / stride) windows fit, less before."""
    total = max(0, (-(-size // stride) - 1) * stride + dilation * (kernel - 1) + 1 - size)
    return total // 2, total - total // 2


def _padding(
    context: Context, way: int, sizes: tuple[int, ...], kernel: tuple[int, ...], *steps: tuple[int, ...]
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return what is padded before and after each axis; `steps` are the strides, then the dilations."""
    if way == tflite.Padding.VALID:
        return (0,) * len(sizes), (0,) * len(sizes)
    if way != tflite.Padding.SAME or min(*steps[0], *steps[1]) < 1:
        context.unsupported(f"padding {way}, strides {steps[0]} or dilations {steps[1]} are not known")
    pairs = [same(*window) for window in zip(sizes, kernel, *steps, strict=True)]
    return tuple(before for before, _ in pairs), tuple(after for _, after in pairs)


def _four(context: Context, index: int = 0) -> tuple[int, ...]:
    """Return the shape of an operand that must be an image or a filter."""
    shape = context.shape(index)
    if len(shape) != 4:
        context.unsupported(f"operand {index} has {len(shape)} axes instead of 4")
    return shape


def _bias(context: Context, index: int) -> str | None:
    return context.plain(index) if context.has(index) else None


def window(context: Context, options: Any, *, depthwise: bool) -> Conv2d:
    """Return the convolution that options tell of; fewer channels in filters than in images make groups."""
    _, height, width, channels = _four(context)
    _, kernel_h, kernel_w, depth = _four(context, 1)
    stride = (options.StrideH(), options.StrideW())
    dilation = (options.DilationHFactor(), options.DilationWFactor())
    before, after = _padding(
        context, options.Padding(), (height, width), (kernel_h, kernel_w), stride, dilation
    )
    groups = channels if depthwise else channels // max(depth, 1)
    return Conv2d(stride, (before[0], before[1], after[0], after[1]), dilation, groups)


@converts("CONV_2D")
def conv_2d(context: Context) -> None:
    """Convolution; fewer channels in the filters than in the image make groups."""
    options = context.options(tflite.Conv2DOptions)
    op = window(context, options, depthwise=False)
    affine = context.operand(1).affine
    several = affine is not None and affine.scale.size > 1
    y = weighted(context, op, context.first(0), FIRST, asymmetric=several)
    context.finish(y, FIRST, options.FusedActivationFunction())


@converts("DEPTHWISE_CONV_2D")
def depthwise_conv_2d(context: Context) -> None:
    """Convolution of each channel alone, with one filter or more."""
    options = context.options(tflite.DepthwiseConv2DOptions)
    op = window(context, options, depthwise=True)
    y = weighted(context, op, context.first(0), (3, 0, 1, 2), asymmetric=True)
    context.finish(y, FIRST, options.FusedActivationFunction())


@converts("CONV_3D")
def conv_3d(context: Context) -> None:
    """Convolution over three axes."""
    options = context.options(tflite.Conv3DOptions)
    if len(context.shape()) != 5 or len(context.shape(1)) != 5:
        context.unsupported("it does not have 5 axes")
    stride = (options.StrideD(), options.StrideH(), options.StrideW())
    dilation = (options.DilationDFactor(), options.DilationHFactor(), options.DilationWFactor())
    kernel = context.shape(1)[:3]
    before, after = _padding(context, options.Padding(), context.shape()[1:4], kernel, stride, dilation)
    groups = context.shape()[4] // max(context.shape(1)[3], 1)
    op = Conv3d(stride, before, after, dilation, groups)  # type: ignore[arg-type]
    y = context.step("conv", op, context.first(0), context.form(1, (4, 3, 0, 1, 2)), _bias(context, 2))
    context.finish(y, channels_first(5), options.FusedActivationFunction())


def deconvolution(context: Context, options: Any) -> tuple[Deconv2d, Pad | None]:
    """Return the deconvolution that options tell of, and what lies beyond its windows."""
    wanted = context.ints(0, "the shape of the result")
    _, kernel_h, kernel_w, _ = _four(context, 1)
    _, *sizes, _ = _four(context, 2)
    if len(wanted) != 4 or min(wanted) < 1:
        context.unsupported(f"its result has shape {wanted}")
    stride, kernel = (options.StrideH(), options.StrideW()), (kernel_h, kernel_w)
    before, _ = _padding(context, options.Padding(), wanted[1:3], kernel, stride, (1, 1))
    after, more, beyond = [], [], []
    for axis in (0, 1):
        # What a crop of `before` leaves over is cropped behind; what it lacks is added there.
        rest = (sizes[axis] - 1) * stride[axis] + kernel[axis] - before[axis] - wanted[1 + axis]
        after.append(max(rest, 0))
        more.append(min(max(-rest, 0), stride[axis] - 1))
        beyond.append(max(-rest, 0) - more[-1])
    if any(beyond) and context.has(3):
        context.unsupported("its result is larger than the stride reaches, and has a bias")
    op = Deconv2d(stride, (before[0], before[1], after[0], after[1]), (1, 1), 1, (more[0], more[1]))
    return op, Pad((0,) * 4, (0, 0, *beyond)) if any(beyond) else None


@converts("TRANSPOSE_CONV")
def transpose_conv(context: Context) -> None:
    """Deconvolution to a given shape."""
    options = context.options(tflite.TransposeConvOptions)
    op, beyond = deconvolution(context, options)
    y = context.step("deconv", op, context.first(2), context.form(1, (3, 0, 1, 2)), _bias(context, 3))
    if beyond is not None:
        y = context.step("pad", beyond, y)
    fused = getattr(options, "FusedActivationFunction", lambda: 0)()
    context.finish(y, FIRST, fused)


def pool_window(context: Context, options: Any) -> tuple[Pair, Pair, Padding]:
    """Return kernel, stride and padding of a pool."""
    _, height, width, _ = _four(context)
    kernel = (options.FilterHeight(), options.FilterWidth())
    stride = (options.StrideH(), options.StrideW())
    if min(*kernel, *stride) < 1:
        context.unsupported(f"windows of {kernel} at strides {stride}")
    before, after = _padding(context, options.Padding(), (height, width), kernel, stride, (1, 1))
    return kernel, stride, (before[0], before[1], after[0], after[1])


@converts("MAX_POOL_2D", "AVERAGE_POOL_2D")
def pool_2d(context: Context) -> None:
    """The largest or the mean of each window; padding does not count."""
    options = context.options(tflite.Pool2DOptions)
    kernel, stride, padding = pool_window(context, options)
    op = Pool("max", kernel, stride, padding)
    if context.kind == "AVERAGE_POOL_2D":
        op = Pool("average", kernel, stride, padding, count_padding=not any(padding))
    context.finish(context.step("pool", op, context.first(0)), FIRST, options.FusedActivationFunction())


@converts("L2_POOL_2D")
def l2_pool_2d(context: Context) -> None:
    """The root of the mean square of each window."""
    options = context.options(tflite.Pool2DOptions)
    kernel, stride, padding = pool_window(context, options)
    if any(padding):
        context.unsupported("its windows stick out of the image")
    op = PoolNd("norm", kernel, stride, (1, 1), (0, 0), (0, 0), p=2)
    norm = context.step("norm", op, context.first(0))
    scale = context.constant(np.array(1 / math.sqrt(math.prod(kernel)), np.float32))
    context.finish(context.step("mean", Scale(), norm, scale), FIRST, options.FusedActivationFunction())


@converts("FULLY_CONNECTED")
def fully_connected(context: Context) -> None:
    """Product with a matrix, of rows as long as its own."""
    options = context.options(tflite.FullyConnectedOptions)
    if options.WeightsFormat() != tflite.FullyConnectedOptionsWeightsFormat.DEFAULT:
        context.unsupported("its weights are in a shuffled order")
    shape, weight = context.shape(), context.shape(1)
    count = math.prod(shape)
    if len(weight) != 2 or not weight[1] or count % weight[1]:
        context.unsupported(f"its weights {weight} do not fit {shape}")
    x = context.plain(0)
    if options.KeepNumDims():
        op = FullyConnected(len(shape) - 1)
    else:
        op = FullyConnected(1)
        x = context.reshaped(x, (count // weight[1], weight[1]))
    y = weighted(context, op, x, identity(2), asymmetric=options.AsymmetricQuantizeInputs())
    context.finish(y, identity(len(context.extents(y))), options.FusedActivationFunction())
