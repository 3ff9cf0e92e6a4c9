"""Layers that put values together: sums, products, maxima, means, concatenations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lpdnn.ir import fixed_point
from lpdnn.ops.activation import IDENTITY
from lpdnn.ops.eltwise import Eltwise
from lpdnn.ops.qadd import QAdd
from lpdnn.ops.qmul import QMul
from lpdnn.ops.qpool import QPool, room
from lpdnn.quantization.lowering import Held, Lowering, StaysRealError
from lpdnn.quantization.operators.finish import finish
from lpdnn.quantization.operators.registry import lowers

if TYPE_CHECKING:
    from lpdnn.ir import Node
    from lpdnn.ops.activation import ActivationFunction
    from lpdnn.ops.binary import Binary
    from lpdnn.ops.concat import Concat
    from lpdnn.ops.pool import Pool
    from lpdnn.quantization.stored import Stored


def _sum(
    lowering: Lowering,
    node: Node,
    values: tuple[str, ...],
    weights: tuple[float, ...],
    function: ActivationFunction,
) -> None:
    """Make a weighted sum of values of one shape."""
    terms = [lowering.whole(value) for value in values]
    cut = lowering.stored(node.outputs[0]).clamped(function)
    wide = cut is None or cut.dtype == "s16" or any(one.stored.dtype == "s16" for one in terms)
    terms = [lowering.converted_to(one, one.stored.wide) for one in terms] if wide else terms
    sizes = [abs(weight) * one.stored.scale for weight, one in zip(weights, terms, strict=True)]
    largest = max(sizes) or 1.0
    # The sum of so many terms of 16 bits, or 8 less a zero point, fits 32.
    left = min(15, 16 - (len(terms) - 1).bit_length()) if wide else 23 - len(terms).bit_length()
    pairs = [fixed_point(size / largest) for size in sizes]

    def make(how: Stored, last: bool) -> Held:  # noqa: FBT001
        op = QAdd(
            tuple(one.stored.zero for one in terms),
            tuple(m if weight >= 0 else -m for (m, _), weight in zip(pairs, weights, strict=True)),
            tuple(s for _, s in pairs),
            left,
            *fixed_point(largest / how.scale / 2**left),
            how.zero,
            how.low,
            how.high,
        )
        return lowering.emit(node, op, tuple(one.value for one in terms), how, last=last)

    finish(lowering, node, function, make, wide=wide)


def _product(
    lowering: Lowering, node: Node, a: str | None, b: str | None, function: ActivationFunction
) -> None:
    """Make the product of two values."""
    one, two = lowering.whole(a), lowering.whole(b)
    cut = lowering.stored(node.outputs[0]).clamped(function)
    wide = cut is None or "s16" in {one.stored.dtype, two.stored.dtype, cut.dtype}
    if wide:
        one, two = (lowering.converted_to(x, x.stored.wide) for x in (one, two))

    def make(how: Stored, last: bool) -> Held:  # noqa: FBT001
        factor = fixed_point(one.stored.scale * two.stored.scale / how.scale)
        op = QMul(*factor, one.stored.zero, two.stored.zero, how.zero, how.low, how.high)
        return lowering.emit(node, op, (one.value, two.value), how, last=last)

    finish(lowering, node, function, make, wide=wide)


def _largest(lowering: Lowering, node: Node, function: ActivationFunction) -> None:
    """Make the largest of values of one shape: they take the result's format first."""
    target = lowering.stored(node.outputs[0]).clamped(function)
    if target is None:
        message = f"{function.kind} of a maximum has no operator of integers"
        raise StaysRealError(message)
    parts = tuple(lowering.whole(value, target).value for value in node.inputs)
    lowering.emit(node, Eltwise("max"), parts, target)


@lowers("eltwise")
def eltwise(lowering: Lowering, node: Node, op: Eltwise) -> None:
    """Sum, product of two, or maximum."""
    parts = tuple(str(value) for value in node.inputs)
    if op.kind == "sum":
        _sum(lowering, node, parts, op.coefficients or (1.0,) * len(parts), op.activation)
    elif op.kind == "max":
        _largest(lowering, node, op.activation)
    elif len(parts) == 2:
        _product(lowering, node, parts[0], parts[1], op.activation)
    else:
        message = f"the formats of products on the way to that of {len(parts)} values are not known"
        raise StaysRealError(message)


@lowers("binary")
def binary(lowering: Lowering, node: Node, op: Binary) -> None:
    """Sum, difference or maximum of two of one shape, product of any two that stretch to one another."""
    shapes = [lowering.graph.types[str(value)].shape for value in node.inputs]
    a, b = (str(value) for value in node.inputs)
    if op.kind == "mul":
        _product(lowering, node, a, b, op.activation)
    elif op.kind in {"add", "sub"} and shapes[0] == shapes[1]:
        _sum(lowering, node, (a, b), (1.0, 1.0 if op.kind == "add" else -1.0), op.activation)
    elif op.kind == "max" and shapes[0] == shapes[1]:
        _largest(lowering, node, op.activation)
    else:
        message = f"{op.kind} of {shapes[0]} and {shapes[1]} has no operator of integers"
        raise StaysRealError(message)


@lowers("concat")
def concat(lowering: Lowering, node: Node, op: Concat) -> None:
    """Values one behind the other, in one format."""
    target = lowering.stored(node.outputs[0])
    parts = tuple(lowering.whole(value, target).value for value in node.inputs)
    lowering.emit(node, op, parts, target)


@lowers("pool")
def pool(lowering: Lowering, node: Node, op: Pool) -> None:
    """The largest in the same format; a mean in its own."""
    x = lowering.whole(node.inputs[0])
    if op.kind == "max":
        lowering.emit(node, op, (x.value,), x.stored)
        return
    target = lowering.stored(node.outputs[0])
    wide = "s16" in {target.dtype, x.stored.dtype}
    if wide and x.stored.dtype == "s8":
        x = lowering.converted_to(x, x.stored.spread)  # a mean lies between the steps of what it is of
    left = min(room(x.stored.dtype, op.kernel), 8)

    def make(how: Stored, last: bool) -> Held:  # noqa: FBT001
        windows = (op.kernel, op.stride, op.padding, op.ceil, op.count_padding)
        factor = fixed_point(x.stored.scale / how.scale / 2.0**left)
        mean = QPool(*windows, x.stored.zero, how.zero, left, *factor, how.low, how.high)
        return lowering.emit(node, mean, (x.value,), how, last=last)

    finish(lowering, node, IDENTITY, make, wide=wide)
