"""Layers that slide a window: convolution, deconvolution, pooling."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lpdnn.frontends.caffe.caffe_pb2 import PoolingParameter
from lpdnn.frontends.caffe.context import Context, converts
from lpdnn.ops.conv2d import Conv2d
from lpdnn.ops.deconv2d import Deconv2d
from lpdnn.ops.pool import Pool

if TYPE_CHECKING:
    from lpdnn.frontends.caffe.caffe_pb2 import ConvolutionParameter

Pair = tuple[int, int]
_LARGEST = 2**15  # of any extent in a window: beyond lies only overflow


@converts("Convolution", "ConvolutionDepthwise", "DepthwiseConvolution")
def convolution(context: Context) -> None:
    """Weight [M,C/groups,KH,KW], bias [M]."""
    param = context.param.convolution_param
    kernel, stride, pad, dilation = _window(context, param)
    channels, filters = _channels(context, param)
    groups = param.group if context.param.type == "Convolution" else channels
    _divides(context, groups, channels, filters)
    weight = context.blob(0, (filters, channels // groups, *kernel), "weight", param.weight_filler)
    bias = context.blob(1, (filters,), "bias", param.bias_filler) if param.bias_term else None
    op = Conv2d(stride=stride, padding=(*pad, *pad), dilation=dilation, groups=groups)
    context.emit(op, context.bottoms[0], weight, bias)


@converts("Deconvolution")
def deconvolution(context: Context) -> None:
    """Weight [C,M/groups,KH,KW], bias [M]."""
    param = context.param.convolution_param
    kernel, stride, pad, dilation = _window(context, param)
    channels, filters = _channels(context, param)
    _divides(context, param.group, channels, filters)
    weight = context.blob(0, (channels, filters // param.group, *kernel), "weight", param.weight_filler)
    bias = context.blob(1, (filters,), "bias", param.bias_filler) if param.bias_term else None
    op = Deconv2d(stride=stride, padding=(*pad, *pad), dilation=dilation, groups=param.group)
    context.emit(op, context.bottoms[0], weight, bias)


@converts("Pooling", tops=(1, 2))
def pooling(context: Context) -> None:
    """Sizes round up unless told otherwise; a mean counts padding up to the padded input's edge."""
    param = context.param.pooling_param
    if len(context.tops) > 1:
        context.unsupported("its second top, the positions of the maxima, is not made here")
    if param.pool == PoolingParameter.STOCHASTIC:
        context.unsupported("stochastic pooling is random")
    _image(context)
    stride = _pair(context, param, "stride")
    if param.global_pooling:
        if param.HasField("kernel_size") or param.HasField("kernel_h") or param.HasField("kernel_w"):
            context.refuse("has global_pooling and a kernel size; it can have one")
        height, width = context.type().shape[2:]
        kernel: Pair = (height, width)
        pad: Pair = (0, 0)
    else:
        kernel = _pair(context, param, "kernel")
        pad = _pair(context, param, "pad")
    if any(p >= k for p, k in zip(pad, kernel, strict=True)):
        context.refuse(
            f"has padding {pad[0]}x{pad[1]}, which must be smaller than its kernel {kernel[0]}x{kernel[1]}"
        )
    op = Pool(
        kind="max" if param.pool == PoolingParameter.MAX else "average",
        kernel=kernel,
        stride=stride,
        padding=(*pad, *pad),
        ceil=param.ceil_mode and param.round_mode == PoolingParameter.CEIL,
    )
    context.emit(op)


def _image(context: Context) -> None:
    if context.type().rank != 4:
        context.refuse(f"needs a batch of images (4 axes), not {context.type()}")


def _window(context: Context, param: ConvolutionParameter) -> tuple[Pair, Pair, Pair, Pair]:
    """Return kernel, stride, padding, dilation."""
    if context.axis(param.axis) != 1:
        context.unsupported(f"channels on axis {param.axis} (only 1)")
    for name in ("kernel_size", "stride", "pad", "dilation"):
        if len(getattr(param, name)) > 2:
            context.unsupported(f"{len(getattr(param, name))}-dimensional kernels (only 2)")
    _image(context)
    kernel = _pair(context, param, "kernel")
    stride = _pair(context, param, "stride")
    pad = _pair(context, param, "pad")
    dilation = _pair(context, param, "dilation")
    return kernel, stride, pad, dilation


def _pair(context: Context, param: ConvolutionParameter | PoolingParameter, name: str) -> Pair:
    """Return rows and columns of `name`: from name_h and name_w, else one value for both, or one each."""
    rows, columns = f"{name}_h", f"{name}_w"
    if name != "dilation" and (param.HasField(rows) or param.HasField(columns)):
        pair = (int(getattr(param, rows)), int(getattr(param, columns)))
    else:
        given = getattr(param, "kernel_size" if name == "kernel" else name)
        values = [given] if isinstance(given, int) else list(given) or [int(name in ("stride", "dilation"))]
        pair = (values[0], values[-1])
    least = 0 if name == "pad" else 1
    if not all(least <= value < _LARGEST for value in pair):
        context.refuse(
            f"has {name} {pair[0]}x{pair[1]}; both must be at least {least} and less than {_LARGEST}"
        )
    return pair


def _channels(context: Context, param: ConvolutionParameter) -> Pair:
    if param.num_output < 1:
        context.refuse("has no num_output, or 0")
    return context.type().shape[1], param.num_output


def _divides(context: Context, groups: int, channels: int, filters: int) -> None:
    if groups < 1 or channels % groups or filters % groups:
        context.refuse(
            f"has {groups} groups, which do not divide its {channels} channels and {filters} filters"
        )
