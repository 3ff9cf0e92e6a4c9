"""Numbers that only move, in the format that they have."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from lpdnn.quantization.operators.finish import values
from lpdnn.quantization.operators.registry import lowers

if TYPE_CHECKING:
    from lpdnn.ir import Node
    from lpdnn.quantization.lowering import Lowering


@lowers("reshape", "permute", "slice", "expand", "resize")
def moved(lowering: Lowering, node: Node, op: Any) -> None:
    """Numbers that only move, in the same format."""
    x = lowering.whole(node.inputs[0])
    lowering.emit(node, op, (x.value,), x.stored)


@lowers("pad")
def pad(lowering: Lowering, node: Node, op: Any) -> None:
    """Numbers in a frame, in the same format."""
    x = lowering.whole(node.inputs[0])
    around = float(x.stored.integers(np.array(op.value)))
    lowering.emit(node, replace(op, value=around), (x.value,), x.stored)


@lowers("gather", "gather_elements")
def gather(lowering: Lowering, node: Node, op: Any) -> None:
    """Numbers picked by constant indices, in the same format."""
    x, index = lowering.whole(node.inputs[0]), values(lowering, node.inputs[1])
    assert index is not None
    chosen = lowering.constant(f"{node.name}/index", index.astype(np.int32))
    lowering.emit(node, op, (x.value, chosen), x.stored)
