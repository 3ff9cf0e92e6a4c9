"""Functions of two tensors or more."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import tflite

from lpdnn.frontends.tflite.context import common_order, converts
from lpdnn.ops.binary import Binary
from lpdnn.ops.eltwise import Eltwise
from lpdnn.ops.fully_connected import FullyConnected
from lpdnn.ops.matmul import MatMul
from lpdnn.ops.power import Power
from lpdnn.ops.unary import Unary
from lpdnn.ops.where import Where

if TYPE_CHECKING:
    from lpdnn.frontends.tflite.context import Context
    from lpdnn.frontends.tflite.orders import Order
    from lpdnn.ops.binary import Kind

_KINDS: dict[str, Kind] = {
    "ADD": "add",
    "SUB": "sub",
    "MUL": "mul",
    "DIV": "div",
    "MAXIMUM": "max",
    "MINIMUM": "min",
    "POW": "pow",
    "FLOOR_MOD": "mod",
    "EQUAL": "equal",
    "LESS": "less",
    "LESS_EQUAL": "less_equal",
    "LOGICAL_AND": "min",
    "LOGICAL_OR": "max",
}
_FUSED = {
    "ADD": tflite.AddOptions,
    "SUB": tflite.SubOptions,
    "MUL": tflite.MulOptions,
    "DIV": tflite.DivOptions,
}


def _aligned(context: Context, count: int) -> tuple[list[str], Order]:
    """Return operands with as many axes as the one that has most, in one order."""
    values = [context.operand(i) for i in range(count)]
    order = common_order(values)
    rank = max(len(value.shape) for value in values)
    if rank != len(order):
        order = tuple(range(rank))
    return [context.stretched(i, rank, order) for i in range(count)], order


@converts(*_KINDS)
def binary(context: Context) -> None:
    """The function of each pair of elements; axes of extent 1, or none, are stretched."""
    inputs, order = _aligned(context, 2)
    y = context.step("all", Binary(_KINDS[context.kind]), *inputs)
    if context.kind == "DIV" and context.operand(0).whole:
        y = context.step("whole", Unary("trunc"), y)
    fused = 0
    if context.kind in _FUSED and context.operator.BuiltinOptionsType():
        fused = context.options(_FUSED[context.kind]).FusedActivationFunction()
    context.finish(y, order, fused)


@converts("GREATER", "GREATER_EQUAL")
def greater(context: Context) -> None:
    """Whether the first is greater, or not less."""
    inputs, order = _aligned(context, 2)
    kind: Kind = "less" if context.kind == "GREATER" else "less_equal"
    context.emit(Binary(kind), *reversed(inputs), order=order)


@converts("NOT_EQUAL")
def not_equal(context: Context) -> None:
    """Whether two differ."""
    inputs, order = _aligned(context, 2)
    context.emit(Power(1.0, -1.0, 1.0), context.step("equal", Binary("equal"), *inputs), order=order)


@converts("FLOOR_DIV")
def floor_div(context: Context) -> None:
    """The quotient rounded down."""
    inputs, order = _aligned(context, 2)
    context.emit(Unary("floor"), context.step("quotient", Binary("div"), *inputs), order=order)


@converts("SQUARED_DIFFERENCE")
def squared_difference(context: Context) -> None:
    """The square of the difference."""
    inputs, order = _aligned(context, 2)
    less = context.step("difference", Binary("sub"), *inputs)
    context.emit(Eltwise("product"), less, less, order=order)


@converts("ADD_N")
def add_n(context: Context) -> None:
    """The sum of several of one shape."""
    inputs, order = _aligned(context, len(context.operands))
    context.emit(Eltwise("sum"), *inputs, order=order)


@converts("SELECT", "SELECT_V2")
def select(context: Context) -> None:
    """One or the other, as a condition says; an older form picks whole rows."""
    if context.kind == "SELECT" and len(context.shape()) == 1 < len(context.shape(1)):
        inputs = [context.plain(i) for i in range(3)]
        rows = (*context.shape(), *(1,) * (len(context.shape(1)) - 1))
        context.emit(Where(), context.reshaped(inputs[0], rows), *inputs[1:])
        return
    inputs, order = _aligned(context, 3)
    context.emit(Where(), *inputs, order=order)


@converts("BATCH_MATMUL")
def batch_matmul(context: Context) -> None:
    """Products of matrices, either of them transposed where it is told."""
    options = context.options(tflite.BatchMatMulOptions)
    sides: list[str] = []
    for index, turn in ((0, options.AdjX()), (1, options.AdjY())):
        rank = len(context.shape(index))
        if rank < 2:
            context.unsupported(f"a factor has {rank} axes")
        order = (*range(rank - 2), rank - 1, rank - 2) if turn else tuple(range(rank))
        known = context.known(1)
        if index and known is not None and rank == 2:
            weight = context.constant(known if turn else np.ascontiguousarray(known.T))
            axis = len(context.extents(sides[0])) - 1
            context.emit(FullyConnected(axis), sides[0], weight)
            return
        sides.append(context.form(index, order))
    context.emit(MatMul(), *sides)
