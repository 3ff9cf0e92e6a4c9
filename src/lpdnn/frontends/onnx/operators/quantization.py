"""Quantized values: to integers and back, and layers whose operands bring their scales along."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ml_dtypes
import numpy as np
from onnx import NodeProto, helper

from lpdnn.frontends.onnx import narrow
from lpdnn.frontends.onnx.context import Behind, Made, Value, converts
from lpdnn.frontends.onnx.fold import folded
from lpdnn.frontends.onnx.operators.windows import conv
from lpdnn.frontends.onnx.quantized import TYPES, quantized
from lpdnn.ir import RANGE
from lpdnn.ops.activation import Activation, ActivationFunction
from lpdnn.ops.binary import Binary
from lpdnn.ops.dequantize import Dequantize
from lpdnn.ops.matmul import MatMul
from lpdnn.ops.quantize import Quantize
from lpdnn.ops.unary import Unary

if TYPE_CHECKING:
    from lpdnn.frontends.onnx.context import Context

MICROSOFT = "com.microsoft."


def _as_integers(context: Context, value: Value) -> str:
    """Return a value of the graph that holds a model's integers as such."""
    assert value.array is None
    if context.type(value.name).dtype != "f32":
        return value.name
    dtype = TYPES.get(value.kind)
    if dtype is None:
        context.unsupported(f"it computes with integers of type {value.kind}")
    return context.step("integers", Quantize(1.0, 0, *RANGE[dtype], dtype), value.name)


def _reals(context: Context, behind: Behind, shape: tuple[int, ...]) -> Value:
    """Return what integers stand for."""
    if behind.integers is not None:
        scale: Any = behind.scale.astype(np.float64)
        if scale.size > 1:
            scale = scale.reshape([-1 if i == behind.axis else 1 for i in range(behind.integers.ndim)])
        else:
            scale = scale.reshape(())
        return Value("float32", shape, "", (scale * behind.centered()).astype(np.float32), behind)
    op = Dequantize(float(behind.scale.ravel()[0]), int(behind.zero.ravel()[0]))
    return Value("float32", shape, context.step("real", op, behind.name), None, behind)


def _behind(context: Context, index: int, scale: int, zero: int, axis: int = 0) -> Value:
    """Return the real numbers of a quantized operand, whose scale and zero point are operands too."""
    value, scales = context.operand(index), context.array(scale, "the scale").ravel()
    zeros = (
        context.array(zero, "the zero point").ravel()
        if context.has(zero)
        else np.zeros(scales.size, np.int64)
    )
    zeros = np.broadcast_to(zeros, scales.shape) if zeros.size == 1 else zeros
    if not np.isfinite(scales.astype(np.float64)).all() or (scales.astype(np.float64) <= 0).any():
        context.unsupported("a scale is not a positive number")
    if zeros.size != scales.size:
        context.unsupported(f"there are {scales.size} scales and {zeros.size} zero points")
    if value.array is not None:
        if scales.size > 1 and (not value.shape or value.shape[axis] != scales.size):
            context.unsupported(f"{scales.size} scales do not fit the shape {value.shape}")
        return _reals(context, Behind(scales, zeros, axis, value.array), value.shape)
    if scales.size > 1 or value.kind not in TYPES:
        context.unsupported(f"computed values of type {value.kind}, or with a scale for each channel")
    return _reals(context, Behind(scales, zeros, 0, None, _as_integers(context, value)), value.shape)


@converts("DequantizeLinear")
def dequantize_linear(context: Context) -> None:
    """What integers stand for; of constants, layers of integers remember them."""
    if context.attr("block_size", 0) or (
        context.known(0) is not None and context.has(1) and context.known(1) is None
    ):
        _by_arithmetic_back(context)
        return
    known = context.known(0)
    scales = context.known(1)
    if not context.operand(0).whole:
        _by_arithmetic_back(context)
        return
    if scales is None or (known is None and (scales.size > 1 or context.operand(0).kind not in TYPES)):
        _by_arithmetic_back(context)
        return
    rank = len(context.shape())
    axis = context.axis(context.attr("axis", 1), rank) if scales.size > 1 else 0
    context.results[0] = _behind(context, 0, 1, 2, axis)


def _by_arithmetic_back(context: Context) -> None:
    """Compute (x - zero) scale as the definition says, with floats."""
    operands = [context.known(i) if context.has(i) else None for i in range(3)]
    if (
        operands[0] is not None
        and operands[1] is not None
        and (not context.has(2) or operands[2] is not None)
    ):
        names = dict(zip(context.node.input, operands, strict=False))
        (array,) = folded(context.node, context.opset, {k: v for k, v in names.items() if v is not None})
        context.give_known(array)
        return
    x = context.value(0)
    if context.has(2):
        x = context.step("less", Binary("sub"), x, _along(context, 2))
    context.emit(Binary("mul"), x, _along(context, 1), kind="float32")


def _along(context: Context, index: int) -> str:
    """Return an operand of one number, or of one for each index along the axis, fit to stretch."""
    shape, rank = context.shape(index), len(context.shape())
    size = context.attr("block_size", 0)
    if size > 0:
        axis = context.axis(context.attr("axis", 1), rank)
        each = np.repeat(context.array(index, "scales and zero points of blocks"), size, axis)
        return context.constant(np.take(each, np.arange(context.shape()[axis]), axis))
    if len(shape) != 1 or shape[0] == 1:
        return context.reshaped(context.value(index), ())
    axis = context.axis(context.attr("axis", 1), rank)
    return context.reshaped(context.value(index), [shape[0] if i == axis else 1 for i in range(rank)])


@converts("QuantizeLinear")
def quantize_linear(context: Context) -> None:
    """The nearest integers; a layer before it becomes one of integers where its operands are quantized."""
    scale, zero = context.known(1), context.known(2)
    kind = context.operand(2).kind if context.has(2) else "uint8"
    if "output_dtype" in context.attributes and not context.has(2):
        kind = np.dtype(helper.tensor_dtype_to_np_dtype(context.attributes["output_dtype"] or 2)).name
    plain = scale is not None and scale.size == 1 and float(scale.ravel()[0]) > 0
    plain = plain and not context.attr("block_size", 0)
    if plain and scale is not None and kind in TYPES and (zero is not None or not context.has(2)):
        number = int(zero.ravel()[0]) if zero is not None else 0
        found = quantized(context, context.operand(0), float(scale.ravel()[0]), number, kind)
        context.give(found, kind=kind)
        return
    if kind not in {"int8", "uint8", "int16", "uint16", "int32", *narrow.INTEGERS} and not kind.startswith(
        narrow.FLOATS
    ):
        context.unsupported(f"a result of type {kind}")
    x = context.step("steps", Binary("div"), context.value(0), _along(context, 1))
    if kind.startswith(narrow.FLOATS):
        context.give(narrow.to_float(context, kind, x), kind=kind)
        return
    x = context.step("rounded", Unary("round"), x)
    if context.has(2):
        x = context.step("shifted", Binary("add"), x, _along(context, 2))
    limits: Any = ml_dtypes.iinfo(kind)  # type: ignore[no-untyped-call]
    context.emit(Activation(ActivationFunction("clip", limits.min, limits.max)), x, kind=kind)


def _layer(context: Context, kind: str, operands: tuple[Value | None, ...], scale: int, zero: int) -> None:
    """Give what a float operator makes of real numbers, quantized with the operands' scale and zero point."""
    node = NodeProto()
    node.CopyFrom(context.node)
    node.op_type, node.domain = kind, ""
    names = [f"{context.label}/operand{i}" if v is not None else "" for i, v in enumerate(operands)]
    node.input[:], node.output[:] = names, [f"{context.label}/real"]
    inner = type(context)(
        node, max(context.opset, 13), operands, context.builder, context.names, context.nodes, context.origin
    )
    from lpdnn.frontends.onnx.context import CONVERTERS  # noqa: PLC0415  # filled by now

    CONVERTERS[kind](inner)
    made = inner.results[0]
    value = Value("float32", made.shape, made.name, None, None, Made(node, inner.opset, operands))
    zeros = (
        context.array(zero, "the zero point of the result") if context.has(zero) else np.zeros(1, np.uint8)
    )
    scales = context.array(scale, "the scale of the result").ravel()
    if zeros.dtype.name not in TYPES or scales.size != 1:
        context.unsupported(f"a result of type {zeros.dtype.name}, or with {scales.size} scales")
    name = quantized(context, value, float(scales[0]), int(zeros.ravel()[0]), zeros.dtype.name)
    context.give(name, kind=zeros.dtype.name)


@converts("QLinearConv")
def qlinear_conv(context: Context) -> None:
    """Convolution of integers."""
    x, weight = _behind(context, 0, 1, 2), _behind(context, 3, 4, 5)
    bias = None
    if context.has(8):
        assert x.behind is not None
        assert weight.behind is not None
        scales = x.behind.scale.astype(np.float64) * weight.behind.scale.astype(np.float64).ravel()
        bias = Value.known((context.array(8, "the bias") * scales).astype(np.float64))
    _layer(context, "Conv", (x, weight, bias), 6, 7)


@converts("QLinearMatMul")
def qlinear_matmul(context: Context) -> None:
    """Product of matrices of integers."""
    rank = len(context.shape(3))
    _layer(context, "MatMul", (_behind(context, 0, 1, 2), _behind(context, 3, 4, 5, rank - 1)), 6, 7)


@converts(MICROSOFT + "QLinearAdd", MICROSOFT + "QLinearMul")
def qlinear_binary(context: Context) -> None:
    """Sum or product of integers (ONNX Runtime)."""
    kind = "Add" if context.node.op_type == "QLinearAdd" else "Mul"
    _layer(context, kind, (_behind(context, 0, 1, 2), _behind(context, 3, 4, 5)), 6, 7)


@converts(
    MICROSOFT + "QLinearGlobalAveragePool",
    MICROSOFT + "QLinearAveragePool",
    MICROSOFT + "QLinearSigmoid",
    MICROSOFT + "QLinearLeakyRelu",
    MICROSOFT + "QLinearSoftmax",
)
def qlinear_unary(context: Context) -> None:
    """Of one tensor of integers (ONNX Runtime)."""
    if context.attr("channels_last", 0):
        context.unsupported("channels come last")
    _layer(context, context.node.op_type.removeprefix("QLinear"), (_behind(context, 0, 1, 2),), 3, 4)


@converts(MICROSOFT + "QLinearConcat")
def qlinear_concat(context: Context) -> None:
    """One behind the other (ONNX Runtime): the scale and zero point of the result come first."""
    operands = tuple(_behind(context, i, i + 1, i + 2) for i in range(2, len(context.operands), 3))
    _layer(context, "Concat", operands, 0, 1)


@converts(MICROSOFT + "QGemm")
def qgemm(context: Context) -> None:
    """Product with a matrix, and a sum (ONNX Runtime)."""
    turned = context.attr("transB", 0)
    x, weight = _behind(context, 0, 1, 2), _behind(context, 3, 4, 5, 0 if turned else 1)
    bias = None
    if context.has(6):
        assert x.behind is not None
        assert weight.behind is not None
        scales = x.behind.scale.astype(np.float64) * weight.behind.scale.astype(np.float64).ravel()
        bias = Value.known((context.array(6, "the bias") * scales).astype(np.float64))
    _layer(context, "Gemm", (x, weight, bias), 7, 8)


def _less_zero(context: Context, index: int, zero: int, axis: int) -> str:
    """Return integers less their zero point, as floats."""
    value = context.value(index)
    if not context.has(zero):
        return value
    shape = context.shape(zero)
    rank = len(context.shape(index))
    full = [shape[0] if i == axis % rank and shape and shape[0] > 1 else 1 for i in range(rank)]
    return context.step("less", Binary("sub"), value, context.reshaped(context.value(zero), full))


@converts("ConvInteger")
def conv_integer(context: Context) -> None:
    """Sums of products of integers, as floats: exact up to 2^24."""
    x = Value("float32", context.shape(), _less_zero(context, 0, 2, 1))
    weight = context.operand(1)
    if weight.array is not None:
        zero = (
            context.array(3, "the zero point").astype(np.int64).ravel()
            if context.has(3)
            else np.zeros(1, np.int64)
        )
        along = [-1, *(1,) * (len(weight.shape) - 1)]
        weight = Value.known((weight.array.astype(np.int64) - zero.reshape(along)).astype(np.float32))
    else:
        weight = Value("float32", weight.shape, _less_zero(context, 1, 3, 0))
    context.operands = (x, weight)
    conv(context)
    context.results[0] = Value("int32", context.results[0].shape, context.results[0].name)


@converts("MatMulInteger")
def matmul_integer(context: Context) -> None:
    """Sums of products of integers, as floats: exact up to 2^24."""
    a, b = _less_zero(context, 0, 2, -2), _less_zero(context, 1, 3, -1)
    context.emit(MatMul(), a, b, kind="int32")
