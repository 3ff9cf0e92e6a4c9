"""Operators whose operands are all known are computed here: converted alone, then interpreted."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from lpdnn.frontends._report import UnsupportedError
from lpdnn.frontends._values import MOST, Names
from lpdnn.frontends.tflite.context import CONVERTERS, Context, Value
from lpdnn.ir import GraphBuilder

if TYPE_CHECKING:
    from lpdnn.ir import Array


def folded(context: Context) -> dict[int, Value]:
    """Return the results of an operator, as known values."""
    alone = replace(
        context,
        builder=GraphBuilder("known"),
        names=Names(),
        nodes=Names(),
        results={},
        operands=tuple(None if v is None else replace(v, forms={}) for v in context.operands),
    )
    CONVERTERS[context.kind](alone)
    values: dict[str, Array] = dict(alone.builder.constants)
    for node in alone.builder.nodes:
        if any(alone.builder.types[name].count > MOST for name in node.outputs):
            message = f"its result would have more than {MOST} elements"
            raise UnsupportedError(message)
        arrays = (None if name is None else values[name] for name in node.inputs)
        values.update(zip(node.outputs, node.op.reference(*arrays), strict=True))
    return {index: _known(value, values) for index, value in alone.results.items()}


def _known(value: Value, values: dict[str, Any]) -> Value:
    if value.array is not None:
        return replace(value, forms={})
    order, name = next(iter(value.forms.items()))
    array = np.transpose(values[name], np.argsort(order))
    return Value(value.kind, tuple(array.shape), array.astype(value.kind), value.affine)
