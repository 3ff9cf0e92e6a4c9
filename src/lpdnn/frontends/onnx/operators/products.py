"""Products of matrices."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lpdnn.frontends.onnx.context import converts
from lpdnn.ops.binary import Binary
from lpdnn.ops.fully_connected import FullyConnected
from lpdnn.ops.matmul import MatMul
from lpdnn.ops.permute import Permute
from lpdnn.ops.power import Power

if TYPE_CHECKING:
    from lpdnn.frontends.onnx.context import Context


@converts("MatMul")
def matmul(context: Context) -> None:
    """A known matrix on the right makes a fully connected layer of it."""
    a, b = context.operand(0), context.operand(1)
    if not a.shape or not b.shape:
        context.unsupported("a factor is a single number")
    if b.array is not None and len(b.shape) == 2 and len(a.shape) >= 2:
        weight = context.constant(np.ascontiguousarray(b.array.T))
        context.emit(FullyConnected(len(a.shape) - 1), context.value(0), weight)
        return
    left, right = context.value(0), context.value(1)
    if len(a.shape) == 1:
        left = context.reshaped(left, (1, *a.shape))
    if len(b.shape) == 1:
        right = context.reshaped(right, (*b.shape, 1))
    if len(a.shape) > 1 and len(b.shape) > 1:
        context.emit(MatMul(), left, right)
        return
    y = context.step("product", MatMul(), left, right)
    extents = list(context.type(y).shape)
    if len(b.shape) == 1:
        del extents[-1]
    if len(a.shape) == 1:
        del extents[-1 if len(b.shape) == 1 else -2]
    context.give(context.reshaped(y, extents))


def _turned(context: Context, value: str) -> str:
    return context.step("transposed", Permute((1, 0)), value)


@converts("Gemm")
def gemm(context: Context) -> None:
    """alpha a b + beta c, a and b transposed where it is told."""
    alpha, beta = context.attr("alpha", 1.0), context.attr("beta", 1.0)
    left = context.value(0)
    if context.attr("transA", 0):
        left = _turned(context, left)
    b, c = context.known(1), context.known(2)
    if b is not None and b.ndim == 2 and (c is not None or not context.has(2)):
        weight = (b if context.attr("transB", 0) else b.T) * np.float64(alpha)
        outputs = weight.shape[0]
        if c is None or c.size == 1 or (c.size == c.shape[-1] == outputs):
            bias = None if c is None else np.broadcast_to(c.ravel() * np.float64(beta), (outputs,))
            context.emit(
                FullyConnected(1),
                left,
                context.constant(np.ascontiguousarray(weight)),
                None if bias is None else context.constant(bias),
            )
            return
    right = context.value(1)
    if context.attr("transB", 0):
        right = _turned(context, right)
    product = context.step("product", MatMul(), left, right)
    if alpha != 1:
        product = context.step("alpha", Power(1.0, alpha), product)
    if not context.has(2):
        context.give(product)
        return
    added = context.value(2)
    if beta != 1:
        added = context.step("beta", Power(1.0, beta), added)
    context.emit(Binary("add"), product, added)
