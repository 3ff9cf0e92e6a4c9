"""Scalar functions of one tensor."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import tflite

from lpdnn.frontends.tflite.context import SCALAR, converts
from lpdnn.ops.activation import Activation, ActivationFunction
from lpdnn.ops.binary import Binary
from lpdnn.ops.power import Power
from lpdnn.ops.prelu import PRelu
from lpdnn.ops.unary import Unary

if TYPE_CHECKING:
    from lpdnn.frontends.tflite.context import Context
    from lpdnn.ir import Operator

_PLAIN: dict[str, Operator] = {
    "RELU": Activation(ActivationFunction("relu")),
    "RELU6": Activation(ActivationFunction("clip", 0.0, 6.0)),
    "RELU_N1_TO_1": Activation(ActivationFunction("clip", -1.0, 1.0)),
    "RELU_0_TO_1": Activation(ActivationFunction("clip", 0.0, 1.0)),
    "LOGISTIC": Activation(ActivationFunction("sigmoid")),
    "TANH": Activation(ActivationFunction("tanh")),
    "ELU": Activation(ActivationFunction("elu", 1.0)),
    "HARD_SWISH": Activation(ActivationFunction("hard_swish", 1 / 6, 0.5)),
    "ABS": Activation(ActivationFunction("abs")),
    "EXP": Activation(ActivationFunction("exp", 1.0)),
    "LOG": Activation(ActivationFunction("log", 1.0)),
    "NEG": Power(1.0, -1.0),
    "SQUARE": Power(2.0),
    "SQRT": Power(0.5),
    "RSQRT": Power(-0.5),
    "LOGICAL_NOT": Power(1.0, -1.0, 1.0),
    "ZEROS_LIKE": Power(1.0, 0.0, 0.0),
    "FLOOR": Unary("floor"),
    "CEIL": Unary("ceil"),
    "ROUND": Unary("round"),
    "SIGN": Unary("sign"),
    "SIN": Unary("sin"),
    "COS": Unary("cos"),
}


@converts(*_PLAIN, group=SCALAR)
def plain(context: Context) -> None:
    """The scalar function of that name."""
    x, order = context.any_form(0)
    context.emit(_PLAIN[context.kind], x, order=order)


@converts("LEAKY_RELU", group=SCALAR)
def leaky_relu(context: Context) -> None:
    """A slope below zero."""
    x, order = context.any_form(0)
    slope = context.options(tflite.LeakyReluOptions).Alpha()
    context.emit(Activation(ActivationFunction("relu", slope)), x, order=order)


@converts("GELU", group=SCALAR)
def gelu(context: Context) -> None:
    """The argument times the normal distribution, or that approximated."""
    x, order = context.any_form(0)
    kind = "gelu_tanh" if context.options(tflite.GeluOptions).Approximate() else "gelu"
    context.emit(Activation(ActivationFunction(kind)), x, order=order)  # type: ignore[arg-type]


@converts("PRELU")
def prelu(context: Context) -> None:
    """A slope below zero for each channel, one for all, or one for each element."""
    rank, slope = len(context.shape()), context.shape(1)
    full = (1,) * (rank - len(slope)) + slope
    if rank >= 2 and all(extent == 1 for extent in full[:-1]):
        x = context.first(0)
        factors = context.reshaped(context.plain(1), (full[-1],))
        order = (0, rank - 1, *range(1, rank - 1))
        context.emit(PRelu(), x, factors, order=order)
        return
    x, order = context.any_form(0)
    above = context.step("above", Activation(ActivationFunction("relu")), x)
    below = context.step("below", Binary("sub"), x, above)
    bent = context.step("bent", Binary("mul"), below, context.stretched(1, rank, order))
    context.emit(Binary("add"), above, bent, order=order)


@converts("CAST")
def cast(context: Context) -> None:
    """Whole numbers and truth values are floats at run time; fractions are cut off."""
    x, order = context.any_form(0)
    kind = context.outputs[0][1]
    if not kind:
        context.unsupported("it casts to text, complex numbers or structures")
    if kind == "bool" and context.operand(0).kind != "bool":
        context.emit(Unary("nonzero"), x, order=order)
    elif not context.operand(0).whole and not kind.startswith("float"):
        context.emit(Unary("trunc"), x, order=order)
    else:
        context.give(x, order)


@converts("DEQUANTIZE")
def dequantize(context: Context) -> None:
    """Of constants, float16 weights above all, here; of what is computed, an operator."""
    value = context.operand(0)
    if value.array is None:
        context.unsupported("it has no scale")
    if value.affine is None or not value.whole:
        context.give_known(value.array.astype(np.float32))
    else:
        context.give_known(value.affine.real(value.array))


@converts("DENSIFY")
def densify(context: Context) -> None:
    """Sparse weights are dense as soon as they are read."""
    context.give_known(context.array(0, "the sparse tensor"))
