"""Nodes whose operands are all known are computed here, by the onnx package's own reference."""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING

import numpy as np
from onnx import AttributeProto, NodeProto, helper
from onnx.reference import ReferenceEvaluator

from lpdnn.frontends.onnx.report import UnsupportedError, plain

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lpdnn.ir import Array

MOST = 2**28
"""Elements of the largest result that is computed at compile time."""
RANDOM = {
    "Bernoulli",
    "Multinomial",
    "RandomNormal",
    "RandomNormalLike",
    "RandomUniform",
    "RandomUniformLike",
}


def _largest(x: Array | None) -> int:
    if x is None or not x.size or x.dtype.kind not in "iuf":
        return 1
    finite = np.abs(x.astype(np.float64))
    return 1 + int(np.max(np.where(np.isfinite(finite), np.minimum(finite, MOST + 1), 0)))


def _growth(node: NodeProto, operands: Sequence[Array | None]) -> int:
    """Return how many elements the operators that can make much of little will make."""
    first = operands[0] if operands else None
    second = operands[1] if len(operands) > 1 else None
    if first is None:
        return 0
    if node.op_type == "ConstantOfShape":
        return math.prod(int(extent) for extent in first.ravel())
    if second is not None and node.op_type in {"Expand", "Tile"}:
        return max(first.size, 1) * math.prod(abs(int(extent)) for extent in second.ravel())
    if node.op_type in {"Pad", "Resize", "Upsample", "CenterCropPad"}:
        return max(first.size, 1) * max((_largest(x) for x in operands[1:]), default=1)
    if node.op_type == "Range" and len(operands) > 2 and second is not None and operands[2] is not None:
        start, limit, step = (float(x.ravel()[0]) for x in (first, second, operands[2]))
        return int(min(abs((limit - start) / step), MOST + 1)) if step else MOST + 1
    if node.op_type == "OneHot" and second is not None:
        return max(first.size, 1) * abs(int(second.ravel()[0]))
    stretches = node.op_type in {
        "Add",
        "Sub",
        "Mul",
        "Div",
        "Pow",
        "Max",
        "Min",
        "Mod",
        "Where",
        "Equal",
        "Less",
    }
    if stretches and second is not None:
        return math.prod(np.broadcast_shapes(*(x.shape for x in operands if x is not None)))
    return first.size


def folds(node: NodeProto) -> bool:
    """Tell whether a node whose operands are known can be computed at compile time."""
    graphs = {AttributeProto.GRAPH, AttributeProto.GRAPHS}
    return node.op_type not in RANDOM and all(attribute.type not in graphs for attribute in node.attribute)


def folded(node: NodeProto, opset: int, operands: Mapping[str, Array]) -> list[Array]:
    """Return a node's results."""
    present = [None if not name else operands[name] for name in node.input]
    if _growth(node, present) > MOST:
        message = f"its result would have more than {MOST} elements"
        raise UnsupportedError(message)
    feeds = {name: operands[name] for name in node.input if name}
    inputs = [
        helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(array.dtype), array.shape)
        for name, array in feeds.items()
    ]
    outputs = [helper.make_empty_tensor_value_info(name) for name in node.output if name]
    graph = helper.make_graph([node], "fold", inputs, outputs)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid(node.domain, opset)])
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            results = iter(ReferenceEvaluator(model).run(None, feeds))
    except Exception as error:  # the reference raises what it likes, MemoryError and IndexError among them
        message = f"it cannot be computed at compile time: {plain(str(error).partition(chr(10))[0], 120)}"
        raise UnsupportedError(message) from error
    arrays = [np.asarray(next(results)) if name else np.zeros(0, np.float32) for name in node.output]
    if any(array.dtype.kind in "OUS" for array in arrays):
        message = "its result is not a tensor of numbers"
        raise UnsupportedError(message)
    return arrays
