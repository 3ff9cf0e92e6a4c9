"""Layers of weighted sums: products with a matrix, scaling, shifting, combining element by element."""

from __future__ import annotations

import math

import numpy as np

from lpdnn.frontends.caffe.caffe_pb2 import EltwiseParameter, FillerParameter, ReductionParameter
from lpdnn.frontends.caffe.context import Context, converts
from lpdnn.ops.activation import IDENTITY, Activation, ActivationFunction
from lpdnn.ops.bias import Bias
from lpdnn.ops.eltwise import Eltwise
from lpdnn.ops.fully_connected import FullyConnected
from lpdnn.ops.power import Power
from lpdnn.ops.reshape import Reshape
from lpdnn.ops.scale import Scale


@converts("InnerProduct")
def inner_product(context: Context) -> None:
    """Weight [M,K], or [K,M] when transposed, bias [M]."""
    param = context.param.inner_product_param
    axis = context.axis(param.axis)
    if param.num_output < 1:
        context.refuse("has no num_output, or 0")
    outputs = param.num_output
    inputs = math.prod(context.type().shape[axis:])
    if param.transpose:
        array = context.array(0, (inputs, outputs), "weight", param.weight_filler)
        weight = context.constant("weight", array.T)
    else:
        weight = context.blob(0, (outputs, inputs), "weight", param.weight_filler)
    bias = context.blob(1, (outputs,), "bias", param.bias_filler) if param.bias_term else None
    context.emit(FullyConnected(axis=axis), context.bottoms[0], weight, bias)


@converts("Scale", bottoms=(1, 2))
def scale(context: Context) -> None:
    """Multiply with the second bottom, or blob 0 over `num_axes` axes; a bias follows as the next blob."""
    param = context.param.scale_param
    axis, shape = _covered(context, param.axis, param.num_axes)
    filler = param.filler if param.HasField("filler") else FillerParameter(value=1)
    factor = context.bottoms[1] if len(context.bottoms) > 1 else context.blob(0, shape, "scale", filler)
    index = 2 - len(context.bottoms)
    bias = context.blob(index, shape, "bias", param.bias_filler) if param.bias_term else None
    context.emit(Scale(axis=axis), context.bottoms[0], factor, bias)


@converts("Bias", bottoms=(1, 2))
def bias(context: Context) -> None:
    """Add the second bottom, or blob 0 over `num_axes` axes."""
    param = context.param.bias_param
    axis, shape = _covered(context, param.axis, param.num_axes)
    added = context.bottoms[1] if len(context.bottoms) > 1 else context.blob(0, shape, "bias", param.filler)
    context.emit(Bias(axis=axis), context.bottoms[0], added)


@converts("Eltwise", bottoms=(1, None))
def eltwise(context: Context) -> None:
    """Sum with coefficients, product or maximum."""
    param = context.param.eltwise_param
    kinds = {EltwiseParameter.SUM: "sum", EltwiseParameter.PROD: "product", EltwiseParameter.MAX: "max"}
    if param.coeff and len(param.coeff) != len(context.bottoms):
        context.refuse(f"has {len(param.coeff)} coeff for {len(context.bottoms)} bottoms")
    if param.coeff and param.operation != EltwiseParameter.SUM:
        context.refuse("has coeff, which only a SUM takes")
    context.emit(Eltwise(kind=kinds[param.operation], coefficients=tuple(param.coeff)))  # type: ignore[arg-type]


@converts("Axpy", bottoms=(3, 3))
def axpy(context: Context) -> None:
    """Scale the channels of the second bottom by the first, and add the third (a fork's layer)."""
    factor, x = context.type(0), context.type(1)
    if factor.count != math.prod(x.shape[:2]):
        context.refuse(f"has a factor {factor} that does not give one value for each channel of {x}")
    flat = context.step("factor", Reshape(shape=x.shape[:2]), context.bottoms[0])
    scaled = context.step("scaled", Scale(axis=0), context.bottoms[1], flat)
    context.emit(Eltwise(), scaled, context.bottoms[2])


@converts("Parameter", bottoms=(0, 0))
def parameter(context: Context) -> None:
    """Make a trained value a blob like any other."""
    shape = tuple(context.param.parameter_param.shape.dim)
    if not shape or any(dim < 1 for dim in shape):
        context.refuse("has no shape in parameter_param, or dimensions that are not positive")
    context.emit(Activation(IDENTITY), context.blob(0, shape, "scale"))


@converts("Power")
def power(context: Context) -> None:
    """(shift + scale x)^power."""
    param = context.param.power_param
    context.emit(Power(power=param.power, scale=param.scale, shift=param.shift))


@converts("Reduction")
def reduction(context: Context) -> None:
    """Sum over the last axes: a product with a row of equal weights."""
    param = context.param.reduction_param
    rank = context.type().rank
    axis = context.axis(param.axis)
    x = context.bottoms[0]
    if param.operation == ReductionParameter.ASUM:
        x = context.step("abs", Activation(ActivationFunction("abs")), x)
    elif param.operation == ReductionParameter.SUMSQ:
        x = context.step("square", Eltwise(kind="product"), x, x)
    count = math.prod(context.type().shape[axis:])
    weight = param.coeff / count if param.operation == ReductionParameter.MEAN else param.coeff
    row = context.constant("ones", np.full((1, count), weight, np.float32))
    total = context.step("sum", FullyConnected(axis=axis), x, row) if axis < rank else x
    context.emit(Reshape(shape=context.type().shape[:axis]), total)


def _covered(context: Context, axis: int, num_axes: int) -> tuple[int, tuple[int, ...]]:
    """Return the first axis and the shape that a factor or a bias covers."""
    first = context.axis(axis)
    x = context.type()
    if len(context.bottoms) > 1:
        return first, context.type(1).shape
    if num_axes < -1 or first + num_axes > x.rank:
        context.refuse(f"has num_axes {num_axes}, more than {x} has from axis {first} on")
    return first, x.shape[first:] if num_axes == -1 else x.shape[first : first + num_axes]
