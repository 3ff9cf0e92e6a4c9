"""Layers that apply one function to every element, and those that do nothing at inference."""

from __future__ import annotations

import math

from lpdnn.frontends.caffe.context import Context, converts
from lpdnn.ops.activation import IDENTITY, Activation, ActivationFunction
from lpdnn.ops.power import Power
from lpdnn.ops.prelu import PRelu


def _emit(context: Context, kind: str, alpha: float = 0.0, beta: float = 0.0) -> None:
    if not (math.isfinite(alpha) and math.isfinite(beta)):
        context.refuse("has a parameter that is no finite number")
    context.emit(Activation(ActivationFunction(kind, alpha, beta)))  # type: ignore[arg-type]


@converts("ReLU")
def relu(context: Context) -> None:
    """With a slope below zero."""
    _emit(context, "relu", context.param.relu_param.negative_slope)


@converts("ReLU6")
def relu6(context: Context) -> None:
    """Clip to 0 to 6 (a fork's layer)."""
    if context.param.relu6_param.negative_slope or context.param.relu_param.negative_slope:
        context.unsupported("a ReLU6 with a slope below zero")
    _emit(context, "clip", 0.0, 6.0)


@converts("Clip")
def clip(context: Context) -> None:
    """To min and max, both required."""
    param = context.param.clip_param
    if not (param.HasField("min") and param.HasField("max")) or param.min > param.max:
        context.refuse("needs min and max in clip_param, min not above max")
    _emit(context, "clip", param.min, param.max)


@converts("PReLU")
def prelu(context: Context) -> None:
    """Give each channel a trained slope below zero, or all the same."""
    param = context.param.prelu_param
    x = context.type()
    if x.rank < 2:
        context.refuse(f"needs an input with channels, not {x}")
    shape = () if param.channel_shared else (x.shape[1],)
    slope = context.array(0, shape, "slope", param.filler if param.HasField("filler") else None)
    context.emit(PRelu(), context.bottoms[0], context.constant("slope", slope.reshape(-1)))


@converts("ELU")
def elu(context: Context) -> None:
    """Bend below zero to alpha (e^x - 1)."""
    _emit(context, "elu", context.param.elu_param.alpha)


@converts("Sigmoid")
def sigmoid(context: Context) -> None:
    """1 / (1 + e^-x)."""
    _emit(context, "sigmoid")


@converts("TanH")
def tanh(context: Context) -> None:
    """Take the hyperbolic tangent."""
    _emit(context, "tanh")


@converts("AbsVal")
def absolute(context: Context) -> None:
    """Take the absolute value."""
    _emit(context, "abs")


@converts("BNLL")
def bnll(context: Context) -> None:
    """log(1 + e^x)."""
    _emit(context, "softplus")


@converts("Swish")
def swish(context: Context) -> None:
    """Multiply x with sigmoid(beta x)."""
    _emit(context, "swish", context.param.swish_param.beta)


@converts("Threshold")
def threshold(context: Context) -> None:
    """1 above the threshold, else 0."""
    _emit(context, "threshold", context.param.threshold_param.threshold)


@converts("Exp")
def exponential(context: Context) -> None:
    """base^(shift + scale x), of e when base is -1."""
    param = context.param.exp_param
    base = _log_base(context, param.base)
    _emit(context, "exp", base * param.scale, base * param.shift)


@converts("Log")
def logarithm(context: Context) -> None:
    """log(shift + scale x) to a base, e when it is -1."""
    param = context.param.log_param
    base = _log_base(context, param.base)
    if base == 1.0:
        _emit(context, "log", param.scale, param.shift)
        return
    if base == 0.0:
        context.refuse("has base 1, which has no logarithm")
    natural = context.step(
        "ln", Activation(ActivationFunction("log", param.scale, param.shift)), *context.bottoms
    )
    context.emit(Power(scale=1 / base), natural)


@converts("Dropout")
def dropout(context: Context) -> None:
    """Nothing: training scales instead."""
    context.emit(Activation(IDENTITY))


@converts("Split", tops=(1, None))
def split(context: Context) -> None:
    """Give a value several names."""
    for index in range(len(context.tops)):
        context.emit_part(index, Activation(IDENTITY))


@converts("Silence", bottoms=(1, None), tops=(0, 0))
def silence(context: Context) -> None:
    """Says that its bottoms are no outputs."""


def _log_base(context: Context, base: float) -> float:
    if base == -1:
        return 1.0
    if not 0 < base < math.inf:
        context.refuse(f"has base {base}; it must be positive, or -1 for e")
    return math.log(base)
