"""Element types of 2, 4 and 8 bits that no device has: their numbers are floats here, rounded as they say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ml_dtypes
import numpy as np

from lpdnn.ops.activation import Activation, ActivationFunction
from lpdnn.ops.binary import Binary
from lpdnn.ops.round_to_float import RoundToFloat
from lpdnn.ops.unary import Unary
from lpdnn.ops.where import Where

if TYPE_CHECKING:
    from lpdnn.frontends.onnx.context import Context
    from lpdnn.ops.round_to_float import Limit, Way

FLOATS = ("float8", "float4")
INTEGERS = ("int2", "uint2", "int4", "uint4")
_WAYS: dict[str, Way] = {"up": "up", "down": "down", "nearest": "away"}


def to_float(context: Context, kind: str, x: str) -> str:
    """Return x rounded to the floats of a type of the onnx package, too large ones as `saturate` says."""
    info: Any = ml_dtypes.finfo(kind)  # type: ignore[no-untyped-call]
    saturated = bool(context.attr("saturate", 1))
    least, largest = int(info.minexp), float(info.max)
    if kind == "float8_e8m0fnu":  # powers of two, without a sign or zero
        x = context.step("size", Activation(ActivationFunction("abs")), x)
        x = context.step("least", Binary("max"), x, context.constant(np.array(2.0**least)))
        way = _WAYS.get(str(context.attr("round_mode", "up")))
        if way is None:
            context.unsupported(f"the rounding {context.attr('round_mode', 'up')!r}")
        op = RoundToFloat(0, least, largest, way, "largest" if saturated else "nan")
    elif kind.startswith("float4") or saturated:
        if kind.startswith("float4"):  # it has no NaN
            none = context.constant(np.array(0.0))
            x = context.step("number", Where(), context.step("is_nan", Unary("is_nan"), x), none, x)
        op = RoundToFloat(int(info.nmant), least, largest)
    else:
        beyond: Limit = "infinity" if kind == "float8_e5m2" else "nan"
        op = RoundToFloat(int(info.nmant), least, largest, "even", beyond)
    return context.step("narrow", op, x)


def to_integer(context: Context, kind: str, x: str) -> str:
    """Return the lowest bits of the whole part of x."""
    info: Any = ml_dtypes.iinfo(kind)  # type: ignore[no-untyped-call]
    below, count = float(info.min), float(info.max - info.min + 1)
    x = context.step("whole", Unary("trunc"), x)
    if below:
        x = context.step("above", Binary("sub"), x, context.constant(np.array(below)))
    x = context.step("lowest", Binary("mod"), x, context.constant(np.array(count)))
    return context.step("low", Binary("add"), x, context.constant(np.array(below))) if below else x
