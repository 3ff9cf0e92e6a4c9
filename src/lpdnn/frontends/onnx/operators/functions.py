"""Scalar functions of one tensor."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from onnx import NodeProto

from lpdnn.frontends._values import LARGEST
from lpdnn.frontends.onnx import narrow
from lpdnn.frontends.onnx.context import converts
from lpdnn.frontends.onnx.declared import dtype_of
from lpdnn.frontends.onnx.fold import folded
from lpdnn.ops.activation import Activation, ActivationFunction
from lpdnn.ops.binary import Binary
from lpdnn.ops.power import Power
from lpdnn.ops.prelu import PRelu
from lpdnn.ops.unary import Unary

if TYPE_CHECKING:
    from lpdnn.frontends.onnx.context import Context
    from lpdnn.ops.activation import Kind

_PLAIN: dict[str, tuple[Kind, float, float]] = {
    "Relu": ("relu", 0.0, 0.0),
    "Sigmoid": ("sigmoid", 0.0, 0.0),
    "Tanh": ("tanh", 0.0, 0.0),
    "Abs": ("abs", 0.0, 0.0),
    "Exp": ("exp", 1.0, 0.0),
    "Log": ("log", 1.0, 0.0),
    "Softplus": ("softplus", 0.0, 0.0),
    "Softsign": ("softsign", 0.0, 0.0),
    "Mish": ("mish", 0.0, 0.0),
    "HardSwish": ("hard_swish", 1 / 6, 0.5),
}
_RARE = {
    "Floor": "floor",
    "Ceil": "ceil",
    "Round": "round",
    "Sign": "sign",
    "Erf": "erf",
    "Sin": "sin",
    "Cos": "cos",
    "Tan": "tan",
    "Asin": "asin",
    "Acos": "acos",
    "Atan": "atan",
    "Sinh": "sinh",
    "Cosh": "cosh",
    "Asinh": "asinh",
    "Acosh": "acosh",
    "Atanh": "atanh",
}
_POWERS = {"Neg": (1.0, -1.0), "Reciprocal": (-1.0, 1.0), "Sqrt": (0.5, 1.0)}


def _activate(context: Context, kind: Kind, alpha: float = 0.0, beta: float = 0.0) -> None:
    context.emit(Activation(ActivationFunction(kind, alpha, beta)), context.value(0))


@converts(*_PLAIN)
def plain(context: Context) -> None:
    """The scalar function of that name."""
    _activate(context, *_PLAIN[context.node.op_type])


@converts(*_RARE)
def rare(context: Context) -> None:
    """The scalar function of that name, to float accuracy."""
    context.emit(Unary(_RARE[context.node.op_type]))  # type: ignore[arg-type]


@converts(*_POWERS)
def powers(context: Context) -> None:
    """Negation, reciprocal and square root are powers."""
    context.emit(Power(*_POWERS[context.node.op_type]))


@converts("LeakyRelu")
def leaky_relu(context: Context) -> None:
    """A slope below zero."""
    _activate(context, "relu", context.attr("alpha", 0.01))


@converts("Elu")
def elu(context: Context) -> None:
    """Exponential below zero."""
    _activate(context, "elu", context.attr("alpha", 1.0))


@converts("HardSigmoid")
def hard_sigmoid(context: Context) -> None:
    """A line cut off at 0 and 1."""
    _activate(context, "hard_sigmoid", context.attr("alpha", 0.2), context.attr("beta", 0.5))


@converts("Swish")
def swish(context: Context) -> None:
    """The argument times its sigmoid."""
    _activate(context, "swish", context.attr("alpha", 1.0))


@converts("Gelu")
def gelu(context: Context) -> None:
    """The argument times the normal distribution, or that approximated."""
    _activate(context, "gelu_tanh" if context.attr("approximate", "none") == "tanh" else "gelu")


@converts("Clip")
def clip(context: Context) -> None:
    """Limits that are known become an activation, others a maximum and a minimum."""
    if context.opset < 11:
        _activate(context, "clip", context.attr("min", -LARGEST), context.attr("max", LARGEST))
        return
    if all(not context.has(i) or context.known(i) is not None for i in (1, 2)):
        # Below its least the value is the least, and if that is above the most, the most: min(max(x, a), b).
        bounds = np.clip(
            [context.number("", i, d) for i, d in ((1, -LARGEST), (2, LARGEST))], -LARGEST, LARGEST
        )
        _activate(context, "clip", float(bounds[0]), float(bounds[1]))
        return
    value = context.value(0)
    if context.has(1):
        value = context.step("least", Binary("max"), value, context.value(1))
    if context.has(2):
        value = context.step("most", Binary("min"), value, context.value(2))
    context.give(value)


@converts("PRelu")
def prelu(context: Context) -> None:
    """A slope for each channel or one for all; other shapes by definition."""
    x, slope = context.operand(0), context.operand(1)
    rank = len(x.shape)
    full = (1,) * (rank - len(slope.shape)) + slope.shape
    if context.opset < 7 and len(slope.shape) == 1:
        full = tuple(slope.shape[0] if axis == min(1, rank - 1) else 1 for axis in range(rank))
    channel = min(1, rank - 1)
    alone = all(extent == 1 for axis, extent in enumerate(full) if axis != channel)
    if rank < 1 or len(full) != rank or not alone or full[channel] not in {1, x.shape[channel]}:
        context.by_definition()
    context.emit(PRelu(), context.value(0), context.reshaped(context.value(1), (full[channel],)))


@converts("IsNaN")
def is_nan(context: Context) -> None:
    """Tell what is not a number."""
    context.emit(Unary("is_nan"), kind="bool")


@converts("IsInf")
def is_inf(context: Context) -> None:
    """Tell what is infinite, on both sides or one."""
    negative, positive = context.attr("detect_negative", 1), context.attr("detect_positive", 1)
    infinite = context.step("is_inf", Unary("is_inf"), context.value(0))
    if not negative or not positive:
        over = ActivationFunction("threshold", 0.0)
        side = context.value(0)
        if not positive:
            side = context.step("negated", Power(1.0, -1.0), side)
        beyond = context.step("side", Activation(over), side)
        infinite = context.step("both", Binary("min"), infinite, beyond)
    if not negative and not positive:
        infinite = context.step("none", Power(1.0, 0.0, 0.0), infinite)
    context.give(infinite, kind="bool")


def _cast(context: Context, kind: str) -> None:
    source = context.operand(0)
    floating = kind.startswith(("float", "bfloat"))
    if kind.startswith(narrow.FLOATS):
        context.give(narrow.to_float(context, kind, context.value(0)), kind=kind)
        return
    if kind in narrow.INTEGERS:
        context.give(narrow.to_integer(context, kind, context.value(0)), kind=kind)
        return
    if not (floating or kind == "bool" or kind.startswith(("int", "uint"))):
        context.unsupported(f"elements of type {kind} occur at run time")
    if kind == "bool" and source.kind != "bool":
        context.emit(Unary("nonzero"), context.value(0), kind=kind)
    elif not source.whole and not floating:
        context.emit(Unary("trunc"), context.value(0), kind=kind)
    else:
        context.give(context.value(0), kind=kind)


@converts("Cast")
def cast(context: Context) -> None:
    """Whole numbers and truth values are floats at run time; fractions are cut off."""
    from onnx import helper  # noqa: PLC0415  # beside the only use

    _cast(context, np.dtype(helper.tensor_dtype_to_np_dtype(context.attr("to", 1))).name)


@converts("CastLike")
def cast_like(context: Context) -> None:
    """Cast to the element type of another operand."""
    known = context.known(0)
    if known is not None:
        kind = context.operand(1).kind
        context.give_known(known.astype(np.float32 if kind == "bfloat16" else dtype_of(kind)))
        return
    _cast(context, context.operand(1).kind)


@converts("Identity")
def identity(context: Context) -> None:
    """The value itself."""
    context.results[0] = context.operand(0)


@converts("Dropout")
def dropout(context: Context) -> None:
    """Nothing is dropped at inference; in training mode, with a seed, what the onnx package's reference drops."""
    training = context.has(2) and context.array(2, "training_mode").any()
    if training and (not context.has(1) or context.array(1, "ratio").any()):
        _drop(context)
        return
    if context.opset < 7 and not context.attr("is_test", 0):
        context.unsupported("dropout in training mode is random")
    context.results[0] = context.operand(0)
    if context.wants(1):
        context.give_known(np.ones(context.shape(), np.bool_), 1)


def _drop(context: Context) -> None:
    """Drop what the reference draws from the seed: of ones it leaves the factor of each element."""
    if "seed" not in context.attributes:
        context.unsupported("dropout in training mode is random where no seed is given")
    node, names = NodeProto(), ("x", "ratio", "training")
    node.CopyFrom(context.node)
    node.input[:] = [names[i] if context.has(i) else "" for i in range(3)]
    node.output[:] = ["kept", "mask"]
    known = {names[i]: context.array(i, names[i]) for i in (1, 2) if context.has(i)}
    kept, mask = folded(node, context.opset, {"x": np.ones(context.shape(), np.float32), **known})
    context.emit(Binary("mul"), context.value(0), context.constant(kept))
    if context.wants(1):
        context.give_known(mask, 1)
