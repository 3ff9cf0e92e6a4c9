"""What operators of integers have in common: their types, their bounds, and how a sum becomes a result."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lpdnn.ir import ELEMENT, RANGE, LpdnnError, Sample, rescale

if TYPE_CHECKING:
    from lpdnn.ir import Array, Operator, Rounding, TensorType

TYPES = {"s16": 1, "s8": 2, "u8": 3, "s32": 4}
"""Types of integers, and their numbers in lpdnn_dtypes.h."""
NARROW = ("s8", "u8", "s16")
"""Types of activations."""
TERMS = 65535
"""Products that a sum may have: with 16 bits each, their lower halves add up within 32 bits."""


def activations(x: TensorType, *types: str) -> None:
    """Refuse a tensor that does not hold integers of 8 or 16 bits."""
    if x.dtype not in (types or NARROW):
        message = f"{x} holds no integers of {' or '.join(types or NARROW)}"
        raise LpdnnError(message)


def bounds(dtype: str, zero: int, low: int, high: int) -> None:
    """Refuse bounds that the type does not hold, and a zero point that the arithmetic cannot take."""
    least, most = RANGE[dtype]
    if not least <= low <= high <= most:
        message = f"results from {low} to {high} do not fit {dtype}, which holds {least} to {most}"
        raise LpdnnError(message)
    zero_point(dtype, zero)


def zero_point(dtype: str, zero: int) -> None:
    """Refuse a zero point that is no value of the type; of 16 bits and more it must be 0."""
    least, most = RANGE[dtype]
    if not least <= zero <= most or (zero and dtype in {"s16", "s32"}):
        message = f"a zero point of {zero} does not go with {dtype}"
        raise LpdnnError(message)


def factor(multiplier: int, shift: int) -> None:
    """Refuse a factor that lpdnn.ir.rescale does not take."""
    if not (0 <= multiplier <= RANGE["s32"][1] and -64 <= shift <= 64):
        message = f"multiplier {multiplier} must be from 0 to 2^31 - 1, and shift {shift} from -64 to 64"
        raise LpdnnError(message)


def factors(multiplier: TensorType, shift: TensorType, count: int) -> None:
    """Refuse factors that are not s32, one for all or one for each of `count`."""
    if multiplier.dtype != "s32" or multiplier.shape not in {(1,), (count,)} or shift != multiplier:
        message = f"multiplier {multiplier} and shift {shift} must both be s32[1] or s32[{count}]"
        raise LpdnnError(message)


def bias_type(bias: TensorType | None) -> None:
    """Refuse biases that are not s32."""
    if bias is not None and bias.dtype != "s32":
        message = f"bias {bias} must be s32"
        raise LpdnnError(message)


def weights(x: TensorType, weight: TensorType, terms: int, rounding: str) -> None:
    """Refuse weights whose products with x, so many in a sum, have no kernel."""
    activations(x)
    if weight.dtype not in ({"s8", "s16"} if x.dtype == "s16" else {"s8"}):
        message = f"weights {weight} do not go with {x}: s8 does, and s16 with s16"
        raise LpdnnError(message)
    if terms > TERMS:
        message = f"a sum of {terms} products may not fit; {TERMS} at most do"
        raise LpdnnError(message)
    if x.dtype == "s16" and rounding == "float":
        message = "sums of 16-bit products are not rounded to single precision"
        raise LpdnnError(message)


def accumulated(x: Array, acc: Array) -> Array:
    """Return sums (float64, exact) as the kernels hold them: of 48 bits for s16, else modulo 2^32."""
    whole = acc.astype(np.int64)
    return whole if x.dtype == np.int16 else whole.astype(np.int32).astype(np.int64)


def result(
    acc: Array,
    multiplier: Array | int,
    shift: Array | int,
    *,
    dtype: str,
    zero: int,
    low: int,
    high: int,
    rounding: Rounding = "single",
) -> Array:
    """Return zero + acc * multiplier * 2^(shift - 31), rounded, within [low, high]."""
    y = np.clip(rescale(acc, multiplier, shift, rounding, wide=dtype == "s16") + zero, low, high)
    return np.asarray(y.astype(ELEMENT[dtype]))


def name_of(x: Array) -> str:
    """Return the type of an array's elements."""
    return next(name for name, element in ELEMENT.items() if x.dtype == element)


def drawn(
    shape: tuple[int, ...], dtype: str, seed: int, low: int | None = None, high: int | None = None
) -> Array:
    """Return integers for a sample, of all that the type holds, the extremes among them."""
    least, most = RANGE[dtype]
    low, high = least if low is None else low, most if high is None else high
    x = np.random.default_rng(seed).integers(low, high + 1, shape)
    x.flat[0], x.flat[-1] = low, high
    return x.astype(ELEMENT[dtype])


def weighted(
    op: Operator,
    dtype: str,
    kind: str,
    x: tuple[int, ...],
    w: tuple[int, ...],
    seed: int,
    *,
    bias: bool = True,
    filters: int = 0,
) -> Sample:
    """Return a case with weights of a kind whose results fill their type: sums grow as a root of their terms."""
    filters = filters or w[0]
    deviation = {"s8": 74.0, "u8": 147.0, "s16": 18918.0}
    spread = deviation[dtype] * deviation[kind] * float(np.prod(w) / filters) ** 0.5
    _, exponent = np.frexp({"s8": 50.0, "u8": 50.0, "s16": 12000.0}[dtype] / spread)
    count = filters if seed % 2 == 0 else 1
    limit = min(int(spread), RANGE["s32"][1])
    return Sample(
        op,
        (
            drawn(x, dtype, seed),
            drawn(w, kind, seed + 1),
            drawn((count,), "s32", seed, 2**30, 2**31 - 1),
            np.full(count, exponent, np.int32),
            drawn((filters,), "s32", seed, -limit, limit) if bias else None,
        ),
    )
