"""Sums, products and comparisons of two or more tensors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lpdnn.frontends.onnx.context import LARGEST, Value, converts
from lpdnn.ops.activation import Activation, ActivationFunction
from lpdnn.ops.bias import Bias
from lpdnn.ops.binary import Binary
from lpdnn.ops.eltwise import Eltwise
from lpdnn.ops.power import Power
from lpdnn.ops.scale import Scale
from lpdnn.ops.unary import Unary
from lpdnn.ops.where import Where

if TYPE_CHECKING:
    from lpdnn.frontends.onnx.context import Context
    from lpdnn.ir import Array


def _block(constant: Array, shape: tuple[int, ...]) -> tuple[Array, int] | None:
    """Return a constant as factors of neighbouring axes of a shape, and the first of them, if it is that."""
    if constant.size == 1 and constant.ndim <= len(shape):
        return constant.reshape(()), 1
    if constant.ndim > len(shape):
        return None
    full = constant.reshape((1,) * (len(shape) - constant.ndim) + constant.shape)
    used = [axis for axis, extent in enumerate(full.shape) if extent != 1]
    first, last = used[0], used[-1]
    if full.shape[first : last + 1] != shape[first : last + 1]:
        return None
    return full.reshape(full.shape[first : last + 1]), first


def _with_constant(context: Context, x: Value, op: type[Bias | Scale], constant: Array) -> bool:
    """Add Bias or Scale of a value by a constant, where the constant fits one; tell whether it did."""
    block = _block(constant.astype(np.float64), x.shape)
    if block is None or not np.isfinite(block[0]).all():
        return False
    factors, axis = block
    single = context.constant(factors.astype(np.float32))
    context.emit(op(axis=axis), context.value(x), single)
    return True


def _pair(context: Context) -> tuple[Value, Value]:
    """Return both operands; before opset 7 the second may lie along the axes from `axis` on."""
    a, b = context.operand(0), context.operand(1)
    if context.opset >= 7 or not context.attr("broadcast", 0) or "axis" not in context.attributes:
        return a, b
    after = len(a.shape) - context.axis(context.attr("axis", 0)) - len(b.shape)
    shape = b.shape + (1,) * max(after, 0)
    if b.array is not None:
        return a, Value.known(b.array.reshape(shape))
    return a, Value(b.kind, shape, context.reshaped(b.name, shape))


def _binary(context: Context, kind: str, kind_out: str | None = None, *, swap: bool = False) -> None:
    a, b = (context.value(operand) for operand in _pair(context))
    context.emit(Binary(kind), *((b, a) if swap else (a, b)), kind=kind_out)  # type: ignore[arg-type]


@converts("Add")
def add(context: Context) -> None:
    """A sum of equal shapes, a bias, or any two that stretch."""
    a, b = _pair(context)
    if b.array is not None and _with_constant(context, a, Bias, b.array):
        return
    if a.array is not None and _with_constant(context, b, Bias, a.array):
        return
    if a.shape == b.shape:
        context.emit(Eltwise("sum"))
        return
    _binary(context, "add")


@converts("Sub")
def sub(context: Context) -> None:
    """A difference; less a constant is a bias."""
    a, b = _pair(context)
    if b.array is not None and _with_constant(context, a, Bias, -b.array.astype(np.float64)):
        return
    if a.array is not None and a.array.size == 1 and a.array.ndim <= len(b.shape):
        context.emit(Power(1.0, -1.0, float(a.array.ravel()[0])), context.value(b))
        return
    if a.shape == b.shape and a.array is None and b.array is None:
        context.emit(Eltwise("sum", (1.0, -1.0)))
        return
    _binary(context, "sub")


@converts("Mul")
def mul(context: Context) -> None:
    """A product of equal shapes, a scale, or any two that stretch."""
    a, b = _pair(context)
    if b.array is not None and _with_constant(context, a, Scale, b.array):
        return
    if a.array is not None and _with_constant(context, b, Scale, a.array):
        return
    if a.shape == b.shape:
        context.emit(Eltwise("product"))
        return
    _binary(context, "mul")


@converts("Div")
def div(context: Context) -> None:
    """A quotient; of integers its whole part."""
    a, b = _pair(context)
    if a.whole:
        quotient = context.step("quotient", Binary("div"), context.value(a), context.value(b))
        context.emit(Unary("trunc"), quotient)
        return
    if b.array is not None and b.array.size and np.all(b.array != 0):
        with np.errstate(all="ignore"):
            inverse = 1 / b.array.astype(np.float64)
        if np.all(np.abs(inverse) < LARGEST) and _with_constant(context, a, Scale, inverse):
            return
    if a.array is not None and a.array.size == 1 and np.all(a.array == 1) and a.array.ndim <= len(b.shape):
        context.emit(Power(-1.0), context.value(b))
        return
    _binary(context, "div")


@converts("Pow")
def power(context: Context) -> None:
    """A power; a constant one of all elements needs no second tensor."""
    a, b = _pair(context)
    if b.array is not None and b.array.size == 1 and b.array.ndim <= len(a.shape) and a.array is None:
        context.emit(Power(float(b.array.ravel()[0])), context.value(0))
        return
    if a.whole and not b.whole:
        raised = context.step("power", Binary("pow"), context.value(a), context.value(b))
        context.emit(Unary("trunc"), raised)
        return
    _binary(context, "pow")


@converts("Mod")
def mod(context: Context) -> None:
    """A remainder."""
    _binary(context, "fmod" if context.attr("fmod", 0) else "mod")


@converts("Equal")
def equal(context: Context) -> None:
    """Whether two are equal."""
    _binary(context, "equal", "bool")


@converts("Less")
def less(context: Context) -> None:
    """Whether one is less."""
    _binary(context, "less", "bool")


@converts("Greater")
def greater(context: Context) -> None:
    """Whether one is greater."""
    _binary(context, "less", "bool", swap=True)


@converts("LessOrEqual")
def less_or_equal(context: Context) -> None:
    """Whether one is not greater."""
    _binary(context, "less_equal", "bool")


@converts("GreaterOrEqual")
def greater_or_equal(context: Context) -> None:
    """Whether one is not less."""
    _binary(context, "less_equal", "bool", swap=True)


@converts("And")
def both(context: Context) -> None:
    """Whether both hold."""
    _binary(context, "min", "bool")


@converts("Or")
def either(context: Context) -> None:
    """Whether one holds, or both."""
    _binary(context, "max", "bool")


@converts("Xor")
def one_of(context: Context) -> None:
    """Whether one holds, and not both."""
    same = context.step("equal", Binary("equal"), context.value(0), context.value(1))
    context.emit(Power(1.0, -1.0, 1.0), same, kind="bool")


@converts("Not")
def negation(context: Context) -> None:
    """Whether it does not hold."""
    context.emit(Power(1.0, -1.0, 1.0))


@converts("Where")
def where(context: Context) -> None:
    """One or the other."""
    context.emit(Where(), kind=context.operand(1).kind)


def _several(context: Context, kind: str) -> str:
    """Return the sum, largest or smallest of all operands."""
    values = [context.value(i) for i in range(len(context.operands))]
    same = len({context.type(value) for value in values}) == 1
    if same and kind in {"sum", "max"}:
        return context.step("all", Eltwise(kind), *values)  # type: ignore[arg-type]
    total = values[0]
    for value in values[1:]:
        total = context.step("part", Binary("add" if kind == "sum" else kind), total, value)  # type: ignore[arg-type]
    return total


def _extreme(context: Context, kind: str) -> None:
    if len(context.operands) == 2:
        for value, other in (_pair(context), _pair(context)[::-1]):
            if other.array is not None and other.array.size == 1 and other.array.ndim <= len(value.shape):
                bound = float(np.clip(other.array.astype(np.float64).ravel()[0], -LARGEST, LARGEST))
                limits = (bound, LARGEST) if kind == "max" else (-LARGEST, bound)
                context.emit(Activation(ActivationFunction("clip", *limits)), context.value(value))
                return
    if len(context.operands) == 1:
        context.results[0] = context.operand(0)
        return
    context.give(_several(context, kind))


@converts("Max")
def largest(context: Context) -> None:
    """The largest of several."""
    _extreme(context, "max")


@converts("Min")
def smallest(context: Context) -> None:
    """The smallest of several."""
    _extreme(context, "min")


@converts("Sum")
def total(context: Context) -> None:
    """The sum of several."""
    context.give(_several(context, "sum"))


@converts("Mean")
def mean(context: Context) -> None:
    """The mean of several."""
    context.emit(Power(1.0, 1 / len(context.operands), 0.0), _several(context, "sum"))


@converts("BitwiseNot")
def complement(context: Context) -> None:
    """All bits the other way: -1 - x where numbers have a sign."""
    kind = context.operand(0).kind
    if kind in {"uint32", "uint64"}:
        context.unsupported(f"complements of {kind} are integers above 2^24")
    top = -1.0 if not kind.startswith("u") else float(np.iinfo(kind).max)
    context.emit(Power(1.0, -1.0, top))
