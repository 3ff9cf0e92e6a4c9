"""Which way an operator goes: with integers, with floats, or with floats between two conversions."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from lpdnn.frontends._values import LARGEST
from lpdnn.frontends.tflite.context import (
    CONVERTERS,
    MOVING,
    QUANTIZED,
    SCALAR,
    WITH_INTEGERS,
    Context,
    Value,
)
from lpdnn.frontends.tflite.fold import folded
from lpdnn.ir import RANGE
from lpdnn.ops.dequantize import Dequantize
from lpdnn.ops.qlut import STEP, QLut
from lpdnn.ops.quantize import Quantize


def convert(context: Context) -> None:
    """Convert an operator some of whose operands are computed at run time."""
    at_run_time = [v for v in context.operands if v is not None and v.array is None]
    quantized = any(v.quantized for v in at_run_time)
    if not quantized and context.kind != "QUANTIZE":
        CONVERTERS[context.kind](context)
        return
    context.integers = True
    if any(v.quantized and v.affine is not None and v.affine.scale.size > 1 for v in at_run_time):
        context.unsupported("what is computed has a scale for each channel")
    if context.kind in WITH_INTEGERS:
        WITH_INTEGERS[context.kind](context)
    elif context.kind in MOVING:
        CONVERTERS[context.kind](context)
    elif context.kind in SCALAR:
        by_table(context)
    else:
        by_floats(context)


def by_table(context: Context) -> None:
    """Give a function of each element, computed for each integer that there is."""
    value = context.operand(0)
    assert value.affine is not None
    low, high = RANGE[QUANTIZED[value.kind]]
    places = np.arange(low, high + 1) if value.kind != "int16" else np.arange(low, high + 2, STEP)
    known = Value("float32", (places.size,), value.affine.real(places))
    (name, kind, affine), *_ = context.outputs
    if affine is None or kind not in QUANTIZED:
        by_floats(context)
        return
    alone = replace(context, operands=(known,), outputs=((name, "float32", None),), integers=False)
    array = folded(alone)[0].array
    assert array is not None
    reals = np.nan_to_num(
        array, nan=-LARGEST, posinf=LARGEST, neginf=-LARGEST
    )  # what is undefined is the least
    table = context.stored(affine.format.quantize(reals, QUANTIZED[kind]))
    x, order = context.any_form(0)
    context.emit(QLut(), x, table, order=order)


def by_floats(context: Context) -> None:
    """Give results that are computed with floats and then rounded."""
    context.operands = tuple(_real(context, value) for value in context.operands)
    context.integers = False
    CONVERTERS[context.kind](context)
    context.integers = True
    for index, (_, kind, affine) in enumerate(context.outputs):
        made = context.results.get(index)
        if made is None or affine is None or kind not in QUANTIZED or made.array is not None:
            continue
        order, name = next(iter(made.forms.items()))
        low, high = RANGE[QUANTIZED[kind]]
        op = Quantize(float(affine.scale[0]), int(affine.zero[0]), low, high, QUANTIZED[kind])  # type: ignore[arg-type]
        context.give(context.step("rounded", op, name), order, index)


def _real(context: Context, value: Value | None) -> Value | None:
    """Return a value that is computed as the real numbers that it stands for."""
    if value is None or value.array is not None or not value.quantized:
        return value
    order, name = next(iter(value.forms.items()))
    real = context.step("real", Dequantize(float(value.scale), value.zero), name)
    return Value("float32", value.shape, None, None, {order: real})
