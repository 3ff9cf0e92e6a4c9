"""A network in which every operator occurs once: what it generates has every kind of table."""

from __future__ import annotations

import numpy as np

from lpdnn.ir import ELEMENT, Graph, GraphBuilder, Node, TensorType
from lpdnn.ops import OPERATORS


def everything() -> Graph:
    """Return it: the first input of each node is an input of the network, the others are constants."""
    builder = GraphBuilder('every "operator" */ once')
    outputs = []
    for name, op in OPERATORS.items():
        sample = op.samples()[0]
        inputs: list[str | None] = []
        for position, array in enumerate(sample.arrays()):
            value = f"{name} {op.input_name(position)} {position}"
            if array is None:
                inputs.append(None)
            elif position == 0:
                dtype = next(dtype for dtype, element in ELEMENT.items() if array.dtype == element)
                inputs.append(builder.input(value, TensorType(tuple(array.shape), dtype)))
            else:
                inputs.append(builder.constant(value, np.abs(array)))
        node = builder.add(Node(name, sample.op, tuple(inputs), tuple(f"{name} {y}" for y in op.OUTPUTS)))
        outputs += node.outputs
    return builder.finish(outputs)
