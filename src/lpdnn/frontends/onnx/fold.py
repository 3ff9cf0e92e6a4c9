"""Nodes whose operands are all known are computed here, by the onnx package's own reference."""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING

import numpy as np
from onnx import AttributeProto, NodeProto, helper
from onnx.reference import ReferenceEvaluator

from lpdnn.frontends._report import UnsupportedError, plain
from lpdnn.frontends._values import MOST

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lpdnn.ir import Array

RANDOM = {
    "Bernoulli",
    "Multinomial",
    "RandomNormal",
    "RandomNormalLike",
    "RandomUniform",
    "RandomUniformLike",
}


def _largest(x: Array) -> int:
    if not x.size or x.dtype.kind not in "iuf":
        return 1
    finite = np.abs(x.astype(np.float64))
    return 1 + int(np.max(np.where(np.isfinite(finite), np.minimum(finite, MOST + 1), 0)))


_STRETCHING = {"Add", "Div", "Equal", "Less", "Max", "Min", "Mod", "Mul", "Pow", "Sub", "Where"}


def _steps(operands: Sequence[Array]) -> int:
    """Return how many elements a Range has."""
    start, limit, step = (float(x.ravel()[0]) for x in operands)
    return int(min(abs((limit - start) / step), MOST + 1)) if step else MOST + 1


def _growth(node: NodeProto, operands: Sequence[Array | None]) -> int:
    """Return how many elements the operators that can make much of little will make."""
    given = [x for x in operands if x is not None]
    if not given:
        return 0
    kind, count = node.op_type, max(given[0].size, 1)
    if kind == "ConstantOfShape":
        count = math.prod(int(extent) for extent in given[0].ravel())
    elif kind == "Expand":
        count = math.prod(np.broadcast_shapes(given[0].shape, tuple(int(n) for n in given[1].ravel())))
    elif kind == "Tile":
        count *= math.prod(abs(int(repeat)) for repeat in given[1].ravel())
    elif kind in {"Pad", "Resize", "Upsample", "CenterCropPad"}:
        count *= max((_largest(x) for x in given[1:]), default=1)
    elif kind == "Range":
        count = _steps(given)
    elif kind == "OneHot":
        count *= abs(int(given[1].ravel()[0]))
    elif kind in _STRETCHING:
        count = math.prod(np.broadcast_shapes(*(x.shape for x in given)))
    return count


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
