"""What does little arithmetic on 8-bit integers: sums, changes of scale, pooling, layout, the way from and to floats."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from lpdnn.ir import ELEMENT, RANGE, fixed_point
from lpdnn.ops.concat import Concat
from lpdnn.ops.convert import Convert
from lpdnn.ops.dequantize import Dequantize
from lpdnn.ops.pool import Pool
from lpdnn.ops.qadd import QAdd
from lpdnn.ops.qlut import QLut
from lpdnn.ops.qpool import QPool
from lpdnn.ops.quantize import Quantize
from lpdnn.ops.requantize import Requantize
from lpdnn.plugins.cpu_simd._int8 import ISAS, Int8, result_defines
from lpdnn.primitives import Primitive, at_rate, of_types

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lpdnn.ir import Array, Operator, TensorType, Types
    from lpdnn.targets import Target

    Constants = Callable[[Operator, Types, tuple[TensorType, ...]], "dict[str, int] | None"]

EIGHT = ("s8", "u8")
GRID = 2.0**-20
"""Constants of sums are multiples of it: so sums of products of 8-bit values have no more bits than doubles."""
NEAR = (0, 1, -1)
"""Units in the last place that factors which might do are apart from the exact ones."""
OFFSETS = (0, 1, -1, 2, -2, 4, -4, 6, -6)
"""The same of constants, in units of GRID."""
FAR_STEPS = 1024
"""Results beyond it are at their bounds."""
TIES = 512
"""A tie within FAR_STEPS has products of odd parts below twice that: of a multiplier's, below this."""


def bits(value: float) -> int:
    """Return the bits of a float as an integer."""
    return int(np.float32(value).view(np.int32))


def _sum_of(factors: tuple[np.float32, ...], start: float, values: tuple[Array, ...]) -> Array:
    """Return what int8_sum.h computes, before it is clamped; fused multiply-adds by doubles, which are exact."""
    total: Array = np.asarray(np.float32(start))
    for factor, x in reversed(list(zip(factors, values, strict=True))):
        total = np.asarray(x.astype(np.float64) * np.float64(factor) + total, np.float32)
    return np.asarray(np.rint(total))


def _tries(factors: tuple[float, ...], start: float) -> Iterator[tuple[tuple[np.float32, ...], float]]:
    """Yield factors and constants that might do, the nearest first."""
    near = [[(np.float32(f).view(np.int32) + np.int32(n)).view(np.float32) for n in NEAR] for f in factors]
    for offset in OFFSETS:
        for some in itertools.product(*near):
            yield some, (round(start / GRID) + offset) * GRID


@cache
def sum_constants(op: QAdd | Requantize, dtype: str) -> dict[str, int] | None:
    """Return the constants of int8_sum.h; None where no floats do for all values of the inputs."""
    if isinstance(op, QAdd):
        last = op.multiplier * 2.0 ** (op.shift - 31)
        terms = list(zip(op.zeros, op.multipliers, op.shifts, strict=True))
        exact = [(zero, m * 2.0 ** (shift - 31 + op.left) * last) for zero, m, shift in terms]
    else:
        exact = [(op.x_zero, op.multiplier * 2.0 ** (op.shift - 31))]
    factors = tuple(factor for _, factor in exact)
    start = op.y_zero - sum(zero * factor for zero, factor in exact)
    if len(exact) > 2 or not all(2.0**-12 < abs(f) < 2.0**6 for f in factors) or abs(start) > 2.0**14:
        return None
    low, high = RANGE[dtype]
    every = np.arange(low, high + 1).astype(ELEMENT[dtype])
    values = tuple(np.meshgrid(*[every] * len(exact), indexing="ij"))
    wished = op.reference(*values)[0]
    for some, constant in _tries(factors, start):
        if np.array_equal(np.clip(_sum_of(some, constant, values), op.low, op.high), wished):
            names = {f"FACTOR_{i}": bits(float(factor)) for i, factor in enumerate(some)}
            return {
                "INPUTS": len(some),
                "BY_INTEGERS": 0,
                "CONSTANT": bits(constant),
                "IN_UNSIGNED": int(dtype == "u8"),
                **names,
            }
    return None


def integer_constants(op: QAdd | Requantize, dtype: str) -> dict[str, int] | None:
    """Return the constants of int8_sum.h for products of integers; None where they could exceed 32 bits."""
    if not isinstance(op, QAdd) or len(op.zeros) != 2 or not -31 <= op.shift < 0:
        return None
    if not all(-31 <= shift <= 0 for shift in op.shifts):
        return None
    terms = enumerate(zip(op.zeros, op.multipliers, op.shifts, strict=True))
    names = {f"{n}_{i}": v for i, t in terms for n, v in zip(("ZERO", "MULTIPLIER", "SHIFT"), t, strict=True)}
    last = {"LEFT": op.left, "MULTIPLIER": op.multiplier, "SHIFT": op.shift}
    return {"INPUTS": 2, "BY_INTEGERS": 1, "IN_UNSIGNED": int(dtype == "u8"), **last, **names}


def _sum(op: Operator, inputs: Types, _outputs: tuple[TensorType, ...]) -> dict[str, int] | None:
    assert isinstance(op, QAdd | Requantize)
    assert inputs[0] is not None
    dtype = inputs[0].dtype
    if dtype not in EIGHT:
        return None
    found = sum_constants(op, dtype) or integer_constants(op, dtype)
    return None if found is None else {**result_defines(op), **found}


def _quantize(op: Operator, _inputs: Types, _outputs: tuple[TensorType, ...]) -> dict[str, int] | None:
    assert isinstance(op, Quantize)
    multiplier, shift = fixed_point(1 / op.scale)
    factor = np.ldexp(np.float64(multiplier), shift - 31)
    limit = FAR_STEPS * op.scale
    if not np.finfo(np.float32).tiny < limit < np.finfo(np.float32).max:
        return None
    odd = multiplier // max(multiplier & -multiplier, 1)
    if odd <= TIES:  # exact products have few bits then: this is nearer to none of them
        factor = np.nextafter(factor, np.inf)
    low, high = (int(half) for half in np.array([factor]).view(np.int32))
    plain = {"Y_ZERO": op.zero, "LOW": op.low, "HIGH": op.high, "ROUNDING": 0}
    return {**plain, "FACTOR_LOW": low, "FACTOR_HIGH": high, "LIMIT": bits(limit)}


def _dequantize(op: Operator, inputs: Types, _outputs: tuple[TensorType, ...]) -> dict[str, int] | None:
    assert isinstance(op, Dequantize)
    assert inputs[0] is not None
    plain = {"Y_ZERO": 0, "LOW": 0, "HIGH": 0, "ROUNDING": 0, "UNSIGNED": int(inputs[0].dtype == "u8")}
    return {**plain, "ZERO": op.zero} if inputs[0].dtype in EIGHT else None


def _window(op: Pool | QPool, inputs: Types, outputs: tuple[TensorType, ...]) -> dict[str, int]:
    x = inputs[0]
    assert x is not None
    names = "BATCH CHANNELS HEIGHT WIDTH OUT_HEIGHT OUT_WIDTH KERNEL_H KERNEL_W STRIDE_H STRIDE_W PAD_TOP PAD_LEFT"
    values = (*x.shape, *outputs[0].shape[2:], *op.kernel, *op.stride, *op.padding)
    return dict(zip([*names.split(), "PAD_BOTTOM", "PAD_RIGHT"], values, strict=True))


def _pool(op: Operator, inputs: Types, outputs: tuple[TensorType, ...]) -> dict[str, int] | None:
    assert isinstance(op, Pool)
    plain = {"Y_ZERO": 0, "LOW": 0, "HIGH": 0, "ROUNDING": 0}
    return {**plain, **_window(op, inputs, outputs)} if op.kind == "max" else None


def _qpool(op: Operator, inputs: Types, outputs: tuple[TensorType, ...]) -> dict[str, int] | None:
    assert isinstance(op, QPool)
    factors = {"MULTIPLIER": op.multiplier, "SHIFT": op.shift, "LEFT": op.left, "X_ZERO": op.x_zero}
    counted = {"COUNT_PADDING": int(op.count_padding)}
    return {**result_defines(op), **factors, **counted, **_window(op, inputs, outputs)}


def _convert(_op: Operator, inputs: Types, _outputs: tuple[TensorType, ...]) -> dict[str, int] | None:
    x = inputs[0]
    assert x is not None
    channels, pixels = x.shape[1], x.shape[2] * x.shape[3]
    rows, columns = (channels, pixels) if x.layout == "nchw" else (pixels, channels)
    return {"ROWS": rows, "COLUMNS": columns}


def _of_channels(op: Operator, _inputs: Types, _outputs: tuple[TensorType, ...], _target: Target) -> str:
    assert isinstance(op, Concat)
    return "" if op.axis == 1 else "is for the axis of channels"


def _looks_up(_op: Operator, inputs: Types, _outputs: tuple[TensorType, ...], target: Target) -> str:
    assert inputs[0] is not None
    lacking = "" if "avx512vbmi" in target.features else "needs avx512vbmi"
    return lacking or ("" if inputs[0].dtype in EIGHT else "is for 8 bits")


@dataclass(frozen=True)
class Elementwise:
    """An operator, the constants of its kernel (None: it cannot do a node), and what its output may overwrite."""

    op: type[Operator]
    layout: str
    constants: Constants
    refusal: str = ""
    in_place: tuple[str, ...] = ()
    out_layout: str = ""

    def primitive(self, int8: Int8, dtype: str) -> Primitive:
        """Return the primitive for one instruction set."""

        def accepts(op: Operator, inputs: Types, outputs: tuple[TensorType, ...], target: Target) -> str:
            missing = int8.isa.missing(target)
            return missing or ("" if self.constants(op, inputs, outputs) is not None else self.refusal)

        def defines(op: Operator, inputs: Types, outputs: tuple[TensorType, ...]) -> dict[str, int]:
            return {**int8.defines(dtype == "u8"), **(self.constants(op, inputs, outputs) or {})}

        return Primitive(
            self.op,
            f"simd_{int8.isa.name}",
            dtype,
            layout=self.layout,
            out_layout=self.out_layout,
            accepts=accepts,
            in_place=self.in_place,
            defines=defines,
            alignment=4 * int8.isa.lanes,
            estimate=int8.estimate(0.05),
            like="s8" if dtype == "u8" else "",
            source="simd",
        )


NARROW = (
    Elementwise(QAdd, "any", _sum, "is for two tensors, with factors below 1 and not too small", ("x",)),
    Elementwise(Requantize, "any", _sum, "is for factors that floats compute exactly", ("x",)),
    Elementwise(Quantize, "any", _quantize, "is for scales that are not at the ends of floats"),
    Elementwise(Pool, "nhwc", _pool, "is for the largest value"),
    Elementwise(QPool, "nhwc", _qpool),
    Elementwise(Convert, "nchw", _convert, out_layout="nhwc"),
    Elementwise(Convert, "nhwc", _convert, out_layout="nchw"),
)
REAL = Elementwise(Dequantize, "any", _dequantize, "is for 8 bits")
PRIMITIVES = [
    *(kernel.primitive(int8, dtype) for int8 in ISAS for kernel in NARROW for dtype in EIGHT),
    *(REAL.primitive(int8, "f32") for int8 in ISAS),
    *of_types(
        Primitive(
            QLut, "simd", "s8", layout="any", accepts=_looks_up, in_place=("x",), estimate=at_rate(1e11, 2e10)
        ),
        "u8",
    ),
    *of_types(
        Primitive(Concat, "copy", "s8", layout="nhwc", accepts=_of_channels, estimate=at_rate(1e9, 4e9)),
        "u8",
        "s16",
    ),
]
