"""Layers that divide by what many values have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from lpdnn.ir import fixed_point
from lpdnn.ops.activation import IDENTITY
from lpdnn.ops.qnorm import QNorm, least_drop, table
from lpdnn.ops.qsoftmax import QSoftmax, powers
from lpdnn.quantization.lowering import Held, Lowering, StaysRealError
from lpdnn.quantization.operators.finish import finish, values
from lpdnn.quantization.operators.registry import lowers

if TYPE_CHECKING:
    from collections.abc import Callable

    from lpdnn.ir import Array, Node
    from lpdnn.ops.lrn import Lrn
    from lpdnn.ops.normalize import Normalize
    from lpdnn.ops.softmax import Softmax
    from lpdnn.quantization.stored import Stored

Region = Literal["across_channels", "within_channel", "all_channels", "image"]


@lowers("softmax")
def softmax(lowering: Lowering, node: Node, op: Softmax) -> None:
    """Powers from a table."""
    target, x = lowering.stored(node.outputs[0]), lowering.whole(node.inputs[0])
    wide = "s16" in {x.stored.dtype, target.dtype}
    x = lowering.converted_to(x, x.stored.wide) if wide else x
    known = lowering.constant(f"{node.name}/powers", powers(x.stored.scale))

    def make(how: Stored, last: bool) -> Held:  # noqa: FBT001
        multiplier, shift = fixed_point(1 / how.scale)
        made = QSoftmax(multiplier, shift - 30, op.axis, how.zero, how.low, how.high)
        return lowering.emit(node, made, (x.value, known), how, last=last)

    finish(lowering, node, IDENTITY, make, wide=wide)


def _normalized(
    lowering: Lowering,
    node: Node,
    region: Region,
    size: int,
    function: Callable[[Array], Array],
    scale: Array,
) -> None:
    """Make x * function(sum of x^2) * scale; the function falls as the sum grows."""
    target, x = lowering.stored(node.outputs[0]), lowering.whole(node.inputs[0])
    wide = "s16" in {x.stored.dtype, target.dtype}
    x = lowering.converted_to(x, x.stored.wide) if wide else x
    tensor = lowering.builder.types[x.value]
    drop = least_drop(tensor.dtype, QNorm(region, size).terms(tensor))
    # Where the sum is 0 so is x: what is largest is the function of the least sum there can be.
    step = x.stored.scale**2 * 2.0**drop
    largest = float(function(np.array([step]))[0])

    def part(sums: Array) -> Array:
        return np.asarray(function(np.maximum(sums, 1.0) * step) / largest)

    known = lowering.constant(f"{node.name}/table", table(part))

    def make(how: Stored, last: bool) -> Held:  # noqa: FBT001
        factors = lowering.factors(node.name, scale.ravel() * largest * x.stored.scale / how.scale)
        made = QNorm(region, size, drop, x.stored.zero, how.zero, how.low, how.high)
        return lowering.emit(node, made, (x.value, known, *factors), how, last=last)

    finish(lowering, node, IDENTITY, make, wide=wide)


@lowers("lrn")
def lrn(lowering: Lowering, node: Node, op: Lrn) -> None:
    """A power of the sum of squares."""
    terms = op.size if op.region == "across_channels" else op.size**2

    def damping(sums: Array) -> Array:
        return np.asarray((op.k + op.alpha / terms * sums) ** -op.beta)

    _normalized(lowering, node, op.region, op.size, damping, np.ones(1))


@lowers("normalize")
def normalize(lowering: Lowering, node: Node, op: Normalize) -> None:
    """The root of the sum of squares."""
    scale = values(lowering, node.inputs[1])
    assert scale is not None
    if (scale < 0).any():
        message = "its scale is negative, and factors of a norm are not"
        raise StaysRealError(message)
    region: Region = "image" if op.across_spatial else "all_channels"
    _normalized(lowering, node, region, 1, lambda sums: np.asarray(1 / np.sqrt(sums + op.epsilon)), scale)
