"""Functions of one value."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lpdnn.quantization.operators.finish import look_up
from lpdnn.quantization.operators.registry import lowers

if TYPE_CHECKING:
    from lpdnn.ir import Array, Node
    from lpdnn.ops.activation import Activation
    from lpdnn.ops.power import Power
    from lpdnn.ops.unary import Unary
    from lpdnn.quantization.lowering import Lowering


@lowers("activation")
def activation(lowering: Lowering, node: Node, op: Activation) -> None:
    """A change of bounds, or a table."""
    x = lowering.whole(node.inputs[0])
    cut = lowering.stored(node.outputs[0]).clamped(op.function)
    if cut is None:
        look_up(lowering, node, x, op.function)
    else:
        lowering.converted_to(x, cut, node)


@lowers("power")
def power(lowering: Lowering, node: Node, op: Power) -> None:
    """A table."""
    look_up(lowering, node, lowering.whole(node.inputs[0]), lambda x: (op.shift + op.scale * x) ** op.power)


@lowers("unary")
def unary(lowering: Lowering, node: Node, op: Unary) -> None:
    """A table."""

    def function(x: Array) -> Array:
        return op.reference(x.astype(np.float32))[0].astype(np.float64)

    look_up(lowering, node, lowering.whole(node.inputs[0]), function)
