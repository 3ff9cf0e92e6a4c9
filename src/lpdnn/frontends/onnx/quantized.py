"""Layers between DequantizeLinear and QuantizeLinear, as layers of integers.

Each is within one step of what the model says: its factor is rounded to 31 bits, and its result once.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from lpdnn.frontends._weighted import weighted
from lpdnn.frontends.onnx.context import CONVERTERS, Behind, Context, Made, Value
from lpdnn.frontends.onnx.fold import folded
from lpdnn.frontends.onnx.operators.windows import image_convolution
from lpdnn.ir import ELEMENT, RANGE, LpdnnError, Quantization, fixed_point
from lpdnn.ops.concat import Concat
from lpdnn.ops.expand import Expand
from lpdnn.ops.pool import Pool
from lpdnn.ops.qadd import QAdd
from lpdnn.ops.qconv2d import QConv2d
from lpdnn.ops.qfc import QFullyConnected
from lpdnn.ops.qlut import QLut
from lpdnn.ops.qmul import QMul
from lpdnn.ops.qpool import QPool, room
from lpdnn.ops.quantize import Quantize
from lpdnn.ops.requantize import Requantize

if TYPE_CHECKING:
    from collections.abc import Callable

    from lpdnn.ir import Array, Rounding

Type = Literal["s8", "u8", "s16"]
TYPES: Final[dict[str, Type]] = {"int8": "s8", "uint8": "u8", "int16": "s16"}
"""Element types that quantized values may have, and ours."""


ROUNDING: Final[Rounding] = "float"
"""ONNX Runtime rescales sums of 8-bit products in single precision; ties go to even, as the standard says."""


def ratio(*scales: Any) -> tuple[int, int]:
    """Return multiplier and shift of the product of scales divided by the last one, in single precision."""
    *factors, last = (np.float32(scale) for scale in scales)
    product = factors[0]
    for one in factors[1:]:
        product = product * one
    return fixed_point(float(product / last))


@dataclass(frozen=True)
class Wanted:
    """How a result shall be stored, and the bounds of an activation before it."""

    scale: float
    zero: int
    dtype: Type
    low: int
    high: int

    def clipped(self, least: float, most: float) -> Wanted:
        """Return the same within real bounds."""
        low, high = (
            int(np.clip(np.rint(np.clip(real / self.scale, -1e6, 1e6)) + self.zero, self.low, self.high))
            for real in (least, most)
        )
        return replace(self, low=low, high=high)

    @property
    def arithmetic(self) -> dict[str, Any]:
        """Return the fields that operators of integers have for it."""
        bounds = {"y_zero": self.zero, "low": self.low, "high": self.high}
        return bounds if self.dtype == "s16" else {**bounds, "rounding": ROUNDING}


def quantized(context: Context, x: Value, scale: float, zero: int, kind: str) -> str:
    """Return real numbers as integers: by a layer of integers where it is one that makes them."""
    low, high = RANGE[TYPES[kind]]
    wanted = Wanted(scale, zero, TYPES[kind], low, high)
    found = _by_integers(context, x, wanted)
    if found is None:
        op = Quantize(scale, zero, low, high, wanted.dtype)
        found = context.step("rounded", op, context.value(x))
    context.builder.formats[found] = Quantization(scale, zero)
    return found


def _by_integers(context: Context, x: Value, wanted: Wanted) -> str | None:
    while x.made is not None and x.behind is None:
        bounds = _clips(x.made)
        if bounds is None:
            break
        wanted = wanted.clipped(*bounds)
        first = x.made.operands[0]
        assert first is not None
        x = first
    if x.behind is not None and x.array is None:
        return _restored(context, x.behind, wanted) if x.behind.one else None
    layer = None if x.made is None else LAYERS.get(x.made.node.op_type)
    if layer is None or x.made is None:
        return None
    inner = Context(
        x.made.node,
        x.made.opset,
        x.made.operands,
        context.builder,
        context.names,
        context.nodes,
        context.origin,
        integers=True,
    )
    try:
        return layer(inner, wanted)
    except LpdnnError:  # there is no such layer of integers: the floats are there already
        return None


def _clips(made: Made) -> tuple[float, float] | None:
    """Return the bounds of an activation that only cuts off."""
    if made.node.op_type == "Relu":
        return 0.0, np.inf
    if made.node.op_type != "Clip":
        return None
    attributes = {a.name: a.f for a in made.node.attribute}
    bounds = [attributes.get("min", -np.inf), attributes.get("max", np.inf)]
    for place, operand in enumerate(made.operands[1:3]):
        if operand is not None:
            if operand.array is None:
                return None
            bounds[place] = float(operand.array.ravel()[0])
    return bounds[0], bounds[1]


def _dtype(context: Context, behind: Behind) -> str:
    return context.type(behind.name).dtype


def _restored(context: Context, behind: Behind, wanted: Wanted) -> str:
    """Return integers with another scale, or as they are where that is theirs."""
    scale, zero = float(behind.scale.ravel()[0]), int(behind.zero.ravel()[0])
    dtype = _dtype(context, behind)
    if (scale, zero, dtype) == (wanted.scale, wanted.zero, wanted.dtype) and RANGE[dtype] == (
        wanted.low,
        wanted.high,
    ):
        return behind.name
    op = Requantize(*ratio(scale, wanted.scale), x_zero=zero, dtype=wanted.dtype, **wanted.arithmetic)
    return context.step("rescaled", op, behind.name)


def _read(context: Context, index: int) -> tuple[Behind, float, int]:
    """Return the integers behind an operand that is computed, their scale and zero point."""
    behind = context.operand(index).behind
    if behind is None or not behind.one or not behind.name:
        context.unsupported("an operand is no quantized value")
    return behind, float(behind.scale.ravel()[0]), int(behind.zero.ravel()[0])


def _weights(context: Context, index: int) -> tuple[Behind, Array]:
    behind = context.operand(index).behind
    if behind is None or behind.integers is None:
        context.unsupported("weights are no quantized constants")
    return behind, behind.centered()


def _bias(context: Context, index: int, scales: Array) -> Array | None:
    """Return a bias in steps of the sums."""
    if not context.has(index):
        return None
    bias = context.array(index, "the bias").astype(np.float64).ravel()
    return np.asarray(np.rint(bias / scales).astype(np.int64))


def _same(context: Context, behind: Behind, wanted: Wanted) -> None:
    if _dtype(context, behind) != wanted.dtype:
        context.unsupported("operand and result are of different types")


def _conv(context: Context, wanted: Wanted) -> str:
    x, scale, zero = _read(context, 0)
    behind, weight = _weights(context, 1)
    _same(context, x, wanted)
    if weight.ndim != 4 or (not behind.one and behind.axis != 0):
        context.unsupported("no convolution of images with a scale for each filter")
    plain = image_convolution(context)
    scales = scale * behind.scale.astype(np.float64).ravel()
    op = QConv2d(plain.stride, plain.padding, plain.dilation, plain.groups, x_zero=zero, **wanted.arithmetic)
    factors = [ratio(scale, s, wanted.scale) for s in behind.scale.ravel()]
    return weighted(context, op, x.name, weight, factors, _bias(context, 2, scales))


def _connected(
    context: Context, wanted: Wanted, weight: Array, axis: int, behind: Behind, across: int
) -> str:
    """Return the product with a matrix [M,K]; `across` is the axis of its own scales, where it has them."""
    x, scale, zero = _read(context, 0)
    _same(context, x, wanted)
    if not behind.one and behind.axis != across:
        context.unsupported("weights have scales along the axis that is summed")
    scales = scale * behind.scale.astype(np.float64).ravel()
    op = QFullyConnected(axis, x_zero=zero, **wanted.arithmetic)
    factors = [ratio(scale, s, wanted.scale) for s in behind.scale.ravel()]
    return weighted(context, op, x.name, weight, factors, _bias(context, 2, scales))


def _gemm(context: Context, wanted: Wanted) -> str:
    behind, weight = _weights(context, 1)
    if context.attr("transA", 0) or context.attr("alpha", 1.0) != 1 or context.attr("beta", 1.0) != 1:
        context.unsupported("a product that is scaled or transposed")
    turned = bool(context.attr("transB", 0))
    return _connected(context, wanted, weight if turned else weight.T, 1, behind, 0 if turned else 1)


def _matmul(context: Context, wanted: Wanted) -> str:
    behind, weight = _weights(context, 1)
    if weight.ndim != 2 or len(context.shape()) < 2:
        context.unsupported("no matrix")
    return _connected(context, wanted, weight.T, len(context.shape()) - 1, behind, 1)


def _operands(context: Context, wanted: Wanted) -> list[tuple[str, float, int]]:
    """Return two operands of the result's type: value, scale and zero point."""
    found = []
    for index in (0, 1):
        behind = context.operand(index).behind
        if behind is None or not behind.one:
            context.unsupported("an operand is not quantized")
        name = behind.name
        if behind.integers is not None:
            if TYPES.get(behind.integers.dtype.name) != wanted.dtype:
                context.unsupported("operands of different types")
            name = context.stored(behind.integers)
        elif _dtype(context, behind) != wanted.dtype:
            context.unsupported("operands of different types")
        found.append((name, float(behind.scale.ravel()[0]), int(behind.zero.ravel()[0])))
    return found


def _sum(context: Context, wanted: Wanted) -> str:
    operands = _operands(context, wanted)
    shape = np.broadcast_shapes(*(context.type(name).shape for name, _, _ in operands))
    names = [
        name if context.type(name).shape == shape else context.step("stretched", Expand(shape), name)
        for name, _, _ in operands
    ]
    largest = 2 * max(scale for _, scale, _ in operands)
    left = 15 if wanted.dtype == "s16" else 20
    pairs = [fixed_point(scale / largest) for _, scale, _ in operands]
    signs = (1, -1 if context.node.op_type == "Sub" else 1)
    op = QAdd(
        tuple(zero for _, _, zero in operands),
        tuple(sign * multiplier for sign, (multiplier, _) in zip(signs, pairs, strict=True)),
        tuple(shift for _, shift in pairs),
        left,
        *fixed_point(largest / wanted.scale / 2**left),
        **{**wanted.arithmetic, "rounding": "single"},  # of three roundings, none is ONNX Runtime's
    )
    return context.step("sum", op, *names)


def _product(context: Context, wanted: Wanted) -> str:
    (a, a_scale, a_zero), (b, b_scale, b_zero) = _operands(context, wanted)
    multiplier, shift = ratio(a_scale, b_scale, wanted.scale)
    op = QMul(multiplier, shift, a_zero, b_zero, **wanted.arithmetic)
    return context.step("product", op, a, b)


def _moved(context: Context, wanted: Wanted) -> str:
    """Return what only moves elements, done with integers; then with the scale that is wanted."""
    x, scale, zero = _read(context, 0)
    value = context.operand(0)
    inner = replace(
        context,
        operands=(Value(value.kind, value.shape, x.name), *context.operands[1:]),
        results={},
        integers=True,
    )
    CONVERTERS[context.node.op_type](inner)
    moved = inner.results[0]
    if moved.array is not None or context.type(moved.name).dtype != _dtype(context, x):
        context.unsupported("it computes with floats")
    behind = Behind(np.array([scale]), np.array([zero]), name=moved.name)
    return _restored(context, behind, wanted)


def _averaged(context: Context, wanted: Wanted) -> str:
    """Return means of windows, found as the float layer's."""
    x, scale, zero = _read(context, 0)
    _same(context, x, wanted)
    value = context.operand(0)
    if context.node.op_type == "ReduceMean" and (
        context.axes(context.ints("axes", 1) or ()) != (2, 3) or not context.attr("keepdims", 1)
    ):
        context.unsupported("no mean of images")
    inner = replace(context, operands=(Value("float32", value.shape, value.name), *context.operands[1:]))
    inner.results, inner.integers = {}, False
    CONVERTERS[context.node.op_type](inner)
    made = context.builder.nodes[-1].op
    if not isinstance(made, Pool) or made.kind != "average":
        context.unsupported("no mean of windows of images")
    count = made.kernel[0] * made.kernel[1]
    if made.kernel == value.shape[2:] and not any(made.padding) and wanted.dtype != "s16":
        op = QConv2d(groups=value.shape[1], x_zero=zero, **wanted.arithmetic)
        ones = np.ones((value.shape[1], 1, *made.kernel), np.int64)
        pair = fixed_point(float(np.float32(scale) / (np.float32(wanted.scale) * np.float32(count))))
        return weighted(context, op, x.name, ones, [pair], None)
    left = min(8, room(wanted.dtype, made.kernel))
    multiplier, shift = fixed_point(scale / wanted.scale / 2**left)
    windows = made.kernel, made.stride, made.padding, made.ceil, made.count_padding
    mean = QPool(*windows, zero, left=left, multiplier=multiplier, shift=shift, **wanted.arithmetic)
    return context.step("mean", mean, x.name)


def _joined(context: Context, wanted: Wanted) -> str:
    parts = []
    for index in range(len(context.operands)):
        behind, _, _ = _read(context, index)
        parts.append(_restored(context, behind, wanted))
    return context.step("join", Concat(context.axis(context.attr("axis", 1))), *parts)


def _tabled(context: Context, wanted: Wanted) -> str:
    """Return a function of each element, computed for each integer that there is."""
    x, scale, zero = _read(context, 0)
    dtype = _dtype(context, x)
    if dtype == "s16" or wanted.dtype == "s16":
        context.unsupported("tables are of 8 bits")
    low, high = RANGE[dtype]
    reals = np.float32(scale) * (np.arange(low, high + 1) - zero).astype(np.float32)
    arrays = {context.node.input[0]: reals}
    for name, operand in zip(context.node.input[1:], context.operands[1:], strict=True):
        if operand is not None:
            arrays[name] = context.array(list(context.node.input).index(name), "a parameter")
    (values,) = folded(context.node, context.opset, arrays)
    steps = np.rint(np.nan_to_num(values.astype(np.float32) / np.float32(wanted.scale)).astype(np.float64))
    table = np.clip(steps + wanted.zero, wanted.low, wanted.high).astype(ELEMENT[wanted.dtype])
    return context.step("table", QLut(), x.name, context.stored(table))


def _normalized(context: Context, wanted: Wanted) -> str:
    """Return a batch normalization: a convolution of each channel alone, with one weight."""
    x, scale, zero = _read(context, 0)
    _same(context, x, wanted)
    if len(context.shape()) != 4 or context.attr("training_mode", 0):
        context.unsupported("no normalization of images by known statistics")
    gamma, beta, mean, variance = (context.array(i, "a parameter").astype(np.float64) for i in range(1, 5))
    slope = gamma / np.sqrt(variance + context.attr("epsilon", 1e-5))
    # Steps of a 64th of what one more of x makes, and of no less than a 1024th of one more of y.
    step = np.maximum(np.abs(slope) * scale, wanted.scale / 1024)
    weight = np.rint(64 * slope * scale / step).reshape(-1, 1, 1, 1)
    bias = np.rint((beta - mean * slope) / step * 64)
    op = QConv2d(groups=weight.shape[0], x_zero=zero, **wanted.arithmetic)
    return weighted(context, op, x.name, weight, [fixed_point(s / wanted.scale / 64) for s in step], bias)


_MOVES: Final = {
    "MaxPool",
    "GlobalMaxPool",
    "Reshape",
    "Flatten",
    "Transpose",
    "Squeeze",
    "Unsqueeze",
    "Slice",
} | {
    "DepthToSpace",
    "SpaceToDepth",
    "Tile",
    "Expand",
}
_CURVES: Final = {"Sigmoid", "Tanh", "LeakyRelu", "HardSigmoid", "HardSwish", "Elu", "Softplus", "Abs"} | {
    "Exp",
    "Sqrt",
    "Erf",
}
LAYERS: Final[dict[str, Callable[[Context, Wanted], str]]] = {
    "Conv": _conv,
    "BatchNormalization": _normalized,
    "Gemm": _gemm,
    "MatMul": _matmul,
    "Add": _sum,
    "Sub": _sum,
    "Mul": _product,
    "Concat": _joined,
    "AveragePool": _averaged,
    "GlobalAveragePool": _averaged,
    "ReduceMean": _averaged,
    **dict.fromkeys(_MOVES, _moved),
    **dict.fromkeys(_CURVES, _tabled),
}
"""Layers of integers, by the operators that they are."""
