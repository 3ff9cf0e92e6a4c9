"""Layers with weights: products, summed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from lpdnn.ir import RANGE, fixed_point
from lpdnn.ops._codebooks import pack
from lpdnn.ops.activation import IDENTITY
from lpdnn.ops.qconv2d import QConv2d
from lpdnn.ops.qconv2d_codebook import QConv2dCodebook
from lpdnn.ops.qdeconv2d import QDeconv2d
from lpdnn.ops.qfc import QFullyConnected
from lpdnn.ops.qfc_codebook import QFcCodebook
from lpdnn.ops.qprelu import QPRelu
from lpdnn.ops.reshape import Reshape
from lpdnn.quantization.lowering import Held, Lowering, StaysRealError
from lpdnn.quantization.operators.finish import finish, values
from lpdnn.quantization.operators.registry import lowers
from lpdnn.quantization.with_codebooks import stored_codebook

if TYPE_CHECKING:
    from collections.abc import Callable

    from lpdnn.ir import Array, Node
    from lpdnn.ops.activation import ActivationFunction
    from lpdnn.ops.batch_norm import BatchNorm
    from lpdnn.ops.bias import Bias
    from lpdnn.ops.conv2d import Conv2d
    from lpdnn.ops.deconv2d import Deconv2d
    from lpdnn.ops.fully_connected import FullyConnected
    from lpdnn.ops.prelu import PRelu
    from lpdnn.ops.scale import Scale
    from lpdnn.quantization.format import Format
    from lpdnn.quantization.stored import Stored


class Weight(NamedTuple):
    """Weights as integers, and what one is of each filter, or of all; with indices, entries of a codebook."""

    integers: Array
    steps: Array
    indices: Array | None = None


def _limits(how: Stored, wide_x: Held) -> dict[str, int]:
    return {"x_zero": wide_x.stored.zero, "y_zero": how.zero, "low": how.low, "high": how.high}


def _s32(lowering: Lowering, node: Node, x: Array) -> Array:
    """Return the nearest integers; what 32 bits do not hold is cut, and noted."""
    low, high = RANGE["s32"]
    steps = np.rint(x)
    beyond = int(np.count_nonzero((steps < low) | (steps > high)))
    if beyond:
        lowering.notes.append(f"{node.name} ({node.op.NAME}): {beyond} biases are beyond 32 bits, and cut")
    return np.clip(steps, low, high).astype(np.int64).astype(np.int32)


def _products(
    lowering: Lowering,
    node: Node,
    x: Held,
    weight: Weight,
    bias: Array | None,
    function: ActivationFunction,
    op: Callable[[dict[str, int]], Any],
) -> None:
    """Make the value of a node that sums products."""
    cut = lowering.stored(node.outputs[0]).clamped(function)
    stored = weight.integers
    large = bool(stored.size) and (stored.min() < RANGE["s8"][0] or stored.max() > RANGE["s8"][1])
    wide = x.stored.dtype == "s16" or cut is None or cut.dtype == "s16" or large
    x = lowering.converted_to(x, x.stored.wide) if wide else x
    parts = weight.steps * x.stored.scale
    stored = stored.astype(np.int16 if large else np.int8)
    if weight.indices is None:
        constants: tuple[str, ...] = (lowering.constant(f"{node.name}/weight", stored),)
    else:
        constants = (
            lowering.constant(f"{node.name}/indices", weight.indices),
            lowering.constant(f"{node.name}/codebook", stored),
        )
    added = (
        None if bias is None else lowering.constant(f"{node.name}/bias", _s32(lowering, node, bias / parts))
    )

    def make(how: Stored, last: bool) -> Held:  # noqa: FBT001
        factors = lowering.factors(node.name, parts / how.scale)
        return lowering.emit(
            node, op(_limits(how, x)), (x.value, *constants, *factors, added), how, last=last
        )

    finish(lowering, node, function, make, wide=wide)


def _weight(node: Node, one: Format, weight: Array, x: Stored) -> Weight:
    """Return the weights of a format: their integers, or a codebook of integers and indices.

    Entries that are no fixed point become the integers of 8 bits nearest to them, of 16 beside activations of
    16.
    """
    if one.method != "K":
        return Weight(one.integers(weight), one.scales())
    found = stored_codebook(weight, one)
    step = 2.0**-one.fl
    if not one.il + one.fl:
        most = RANGE["s16" if x.dtype == "s16" else "s8"][1]
        step = float(np.abs(found.entries).max(initial=0.0)) / most or 1.0
    entries = np.rint(found.entries.astype(np.float64) / step).astype(np.int32)
    steps = np.array([step]) if found.scale is None else step * found.scale.astype(np.float64)
    if (steps < 0).any() or np.abs(entries).max(initial=0) > RANGE["s16"][1]:
        message = f"the codebook of {node.name!r} does not fit 16 bits"
        raise StaysRealError(message)
    return Weight(entries, steps, pack(found.indices, found.bits))


@lowers("conv2d")
def convolution(lowering: Lowering, node: Node, op: Conv2d) -> None:
    """A convolution."""
    extra = op.EXTRA.intersection(op.given(node.inputs))
    if extra:
        message = f"convolution of integers takes no {min(extra)}"
        raise StaysRealError(message)
    one, weight = lowering.weight(node), lowering.graph.constants[str(node.inputs[1])]
    filters, depth, height, width = weight.shape
    window = (op.stride, op.padding, op.dilation, op.groups)

    def integer(limits: dict[str, int]) -> QConv2d | QConv2dCodebook:
        if one.method == "K":
            return QConv2dCodebook((filters, depth, height, width), one.bits, *window, **limits)  # type: ignore[arg-type]
        return QConv2d(*window, **limits)  # type: ignore[arg-type]

    x, bias = lowering.whole(node.inputs[0]), values(lowering, node.inputs[2])
    _products(lowering, node, x, _weight(node, one, weight, x.stored), bias, op.activation, integer)


@lowers("fc")
def fully_connected(lowering: Lowering, node: Node, op: FullyConnected) -> None:
    """A fully connected layer."""
    one, weight = lowering.weight(node), lowering.graph.constants[str(node.inputs[1])]
    outputs, inputs = weight.shape

    def integer(limits: dict[str, int]) -> QFullyConnected | QFcCodebook:
        if one.method == "K":
            return QFcCodebook((outputs, inputs), one.bits, op.axis, **limits)  # type: ignore[arg-type]
        return QFullyConnected(op.axis, **limits)  # type: ignore[arg-type]

    x, bias = lowering.whole(node.inputs[0]), values(lowering, node.inputs[2])
    _products(lowering, node, x, _weight(node, one, weight, x.stored), bias, op.activation, integer)


def _each_channel(
    lowering: Lowering, node: Node, scale: Array, bias: Array | None, axis: int, function: ActivationFunction
) -> None:
    """Make scale * x + bias, where both have the axes of x from `axis` on: a depthwise convolution of one tap.

    All that a scale says is in the multipliers: the weights are 64 or -64 (0 where nothing is left of x).
    """
    shape = lowering.graph.types[str(node.inputs[0])].shape
    size = max(scale.size, 1)
    outer = int(np.prod(shape[:axis])) if scale.ndim else 1
    inner = int(np.prod(shape)) // (outer * size)
    x = lowering.whole(node.inputs[0])
    seen = lowering.emit(node, Reshape((outer, size, inner, 1)), (x.value,), x.stored, last=False)
    weight = (np.sign(scale) * 64).astype(np.int32).reshape(size, 1, 1, 1)
    steps = np.where(scale == 0, 1.0, np.abs(scale)).ravel() / 64

    def integer(limits: dict[str, int]) -> QConv2d:
        return QConv2d(groups=size, **limits)  # type: ignore[arg-type]

    shaped = _Shaped(lowering, node, shape)
    _products(
        shaped, node, seen, Weight(weight, steps), None if bias is None else bias.ravel(), function, integer
    )


class _Shaped(Lowering):
    """A lowering whose last step is followed by the change to the shape that the node's value has."""

    def __init__(self, lowering: Lowering, node: Node, shape: tuple[int, ...]) -> None:
        self.__dict__ = lowering.__dict__
        self._node, self._shape = node, shape

    def emit(
        self, node: Node, op: Any, inputs: tuple[str | None, ...], how: Stored, *, last: bool = True
    ) -> Held:
        made = super().emit(node, op, inputs, how, last=False)
        return super().emit(node, Reshape(self._shape), (made.value,), how) if last else made


@lowers("scale")
def scale(lowering: Lowering, node: Node, op: Scale) -> None:
    """Factors, and what is added."""
    factor = values(lowering, node.inputs[1])
    assert factor is not None
    _each_channel(lowering, node, factor, values(lowering, node.inputs[2]), op.axis, op.activation)


@lowers("bias")
def bias(lowering: Lowering, node: Node, op: Bias) -> None:
    """What is added."""
    added = values(lowering, node.inputs[1])
    assert added is not None
    function = getattr(op, "activation", IDENTITY)
    _each_channel(lowering, node, np.ones_like(added), added, op.axis, function)


@lowers("batch_norm")
def batch_norm(lowering: Lowering, node: Node, op: BatchNorm) -> None:
    """Known mean and variance are a factor, and what is added."""
    mean, variance = (values(lowering, value) for value in node.inputs[1:3])
    assert mean is not None
    assert variance is not None
    factor = 1 / np.sqrt(variance + op.epsilon)
    _each_channel(lowering, node, factor, -mean * factor, 1, getattr(op, "activation", IDENTITY))


@lowers("deconv2d")
def deconvolution(lowering: Lowering, node: Node, op: Deconv2d) -> None:
    """A deconvolution; its weights have one scale, for a filter has some of each slice along axis 0."""
    one, weight = lowering.weight(node), lowering.graph.constants[str(node.inputs[1])]
    if one.method == "K":
        message = "its weights are in a codebook"
        raise StaysRealError(message)
    if one.scales().size > 1:
        message = "its weights have a scale for each channel that is read, which no sum can have"
        raise StaysRealError(message)

    def integer(limits: dict[str, int]) -> QDeconv2d:
        return QDeconv2d(op.stride, op.padding, op.dilation, op.groups, op.output_padding, **limits)  # type: ignore[arg-type]

    x, bias = lowering.whole(node.inputs[0]), values(lowering, node.inputs[2])
    _products(lowering, node, x, _weight(node, one, weight, x.stored), bias, op.activation, integer)


@lowers("prelu")
def prelu(lowering: Lowering, node: Node, _op: PRelu) -> None:
    """Two factors, for what is above zero and for what is below."""
    slope = values(lowering, node.inputs[1])
    assert slope is not None
    target = lowering.stored(node.outputs[0])
    x = lowering.whole(node.inputs[0])
    wide = "s16" in {x.stored.dtype, target.dtype}
    x = lowering.converted_to(x, x.stored.wide) if wide else x

    def make(how: Stored, last: bool) -> Held:  # noqa: FBT001
        ratio = x.stored.scale / how.scale
        factors = lowering.factors(node.name, np.abs(slope) * ratio)
        signs = lowering.constant(f"{node.name}/slope", np.where(slope < 0, -1, 1).astype(np.int16))
        made = QPRelu(*fixed_point(ratio), x.stored.zero, how.zero, how.low, how.high)
        return lowering.emit(node, made, (x.value, signs, *factors), how, last=last)

    finish(lowering, node, IDENTITY, make, wide=wide)
