"""Sums, products and comparisons of two or more tensors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lpdnn.frontends.onnx.context import Value, converts
from lpdnn.ops.binary import Binary
from lpdnn.ops.eltwise import Eltwise
from lpdnn.ops.power import Power
from lpdnn.ops.unary import Unary
from lpdnn.ops.where import Where

if TYPE_CHECKING:
    from lpdnn.frontends.onnx.context import Context


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


_KINDS = {"Add": "add", "Sub": "sub", "Mul": "mul"}


@converts(*_KINDS)
def plain(context: Context) -> None:
    """Of equal shapes, or any two that stretch."""
    _binary(context, _KINDS[context.node.op_type])


@converts("Div")
def div(context: Context) -> None:
    """A quotient; of integers its whole part."""
    a, b = _pair(context)
    if a.whole:
        quotient = context.step("quotient", Binary("div"), context.value(a), context.value(b))
        context.emit(Unary("trunc"), quotient)
        return
    _binary(context, "div")


@converts("Pow")
def power(context: Context) -> None:
    """A power; of integers its whole part."""
    a, b = _pair(context)
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


def _several(context: Context, kind: str) -> None:
    """Give the sum, the largest or the smallest of all operands."""
    values = [context.value(i) for i in range(len(context.operands))]
    if len(values) == 1:
        context.results[0] = context.operand(0)
    elif len(values) == 2:
        _binary(context, "add" if kind == "sum" else kind)
    elif len({context.type(value) for value in values}) == 1 and kind in {"sum", "max"}:
        context.emit(Eltwise(kind), *values)  # type: ignore[arg-type]
    else:
        total = values[0]
        for value in values[1:]:
            total = context.step("part", Binary("add" if kind == "sum" else kind), total, value)  # type: ignore[arg-type]
        context.give(total)


@converts("Max")
def largest(context: Context) -> None:
    """The largest of several."""
    _several(context, "max")


@converts("Min")
def smallest(context: Context) -> None:
    """The smallest of several."""
    _several(context, "min")


@converts("Sum")
def total(context: Context) -> None:
    """The sum of several."""
    _several(context, "sum")


@converts("Mean")
def mean(context: Context) -> None:
    """The mean of several."""
    values = [context.value(i) for i in range(len(context.operands))]
    total = values[0]
    for value in values[1:]:
        total = context.step("part", Binary("add"), total, value)
    context.emit(Power(1.0, 1 / len(values), 0.0), total)


@converts("BitwiseNot")
def complement(context: Context) -> None:
    """All bits the other way: -1 - x where numbers have a sign."""
    kind = context.operand(0).kind
    if kind in {"uint32", "uint64"}:
        context.unsupported(f"complements of {kind} are integers above 2^24")
    top = -1.0 if not kind.startswith("u") else float(np.iinfo(kind).max)
    context.emit(Power(1.0, -1.0, top))
