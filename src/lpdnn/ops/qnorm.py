"""Integers divided by a function of the sum of their squares: what lrn and normalize are."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from lpdnn.ir import RANGE, Array, Cost, LpdnnError, Operator, Sample, TensorType, Types, rescale
from lpdnn.ops._integers import (
    NARROW,
    TERMS,
    activations,
    bounds,
    drawn,
    factors,
    name_of,
    result,
    zero_point,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

PARTS = 64
"""Entries of the table for each doubling of the sum."""
MOST = 2**31 - 1


def places(squares: Array) -> Array:
    """Return the place of each sum, of at most 31 bits, in a table: whole below 64, then 64 for each doubling."""
    sums = np.asarray(squares, np.int64)
    octave = np.maximum(np.frexp(sums.astype(np.float64))[1] - 7, 0)
    return np.asarray(PARTS * octave + (sums >> octave))


def table(function: Callable[[Array], Array]) -> Array:
    """Return the table of a function of sums, the results in 1/2^31: s32 [1665]."""
    place = np.arange(PARTS * 26 + 1)
    octave = np.maximum(place // PARTS - 1, 0)
    sums = (place - PARTS * octave) * 2.0**octave
    return np.asarray(np.clip(np.rint(function(sums) * 2.0**31), 0, MOST).astype(np.int32))


@dataclass(frozen=True)
class QNorm(Operator):
    """y_zero + (x - x_zero) * f(s) * multiplier * 2^(shift - 31), within [low, high].

    s is the sum of (x - x_zero)^2 over a region, shifted right by `drop`, rounded down. Region: `size` channels
    or a window of one channel, around x; all channels of a place; or an image. f is a table (see `table`),
    straight lines between its entries: a + (b - a) * rest / 2^octave, rounded to the nearest; f(s) times the
    multiplier, [C] or [1], is rounded to 1/2^31.
    """

    NAME: ClassVar[str] = "qnorm"
    INPUTS: ClassVar[tuple[str, ...]] = ("x", "table", "multiplier", "shift")
    PARAMETERS: ClassVar[frozenset[str]] = frozenset({"table", "multiplier", "shift"})
    TOLERANCE: ClassVar[float] = 0.0

    region: Literal["across_channels", "within_channel", "all_channels", "image"]
    size: int = 1
    drop: int = 0
    x_zero: int = 0
    y_zero: int = 0
    low: int = -128
    high: int = 127

    def terms(self, x: TensorType) -> int:
        """Return how many squares are summed at most."""
        return {
            "across_channels": self.size,
            "within_channel": self.size * self.size,
            "all_channels": x.shape[1],
            "image": x.count // x.shape[0],
        }[self.region]

    def infer(
        self, x: TensorType, table: TensorType, multiplier: TensorType, shift: TensorType
    ) -> tuple[TensorType, ...]:
        activations(x)
        if x.rank < 2 or (self.region == "within_channel" and x.rank != 4):
            message = f"normalization {self.region} needs channels, and for a window two more axes, not {x}"
            raise LpdnnError(message)
        if self.size < 1 or self.size % 2 == 0 or self.terms(x) > TERMS:
            message = f"size {self.size} must be odd, and there may be {TERMS} squares in a sum"
            raise LpdnnError(message)
        if table != TensorType((PARTS * 26 + 1,), "s32"):
            message = f"a table is s32[{PARTS * 26 + 1}], not {table}"
            raise LpdnnError(message)
        factors(multiplier, shift, x.shape[1])
        zero_point(x.dtype, self.x_zero)
        bounds(x.dtype, self.y_zero, self.low, self.high)
        if not least_drop(x.dtype, self.terms(x)) <= self.drop < 32:
            message = (
                f"sums of {self.terms(x)} squares of {x} shifted right by {self.drop} may not fit 31 bits"
            )
            raise LpdnnError(message)
        return (x,)

    def reference(self, x: Array, table: Array, multiplier: Array, shift: Array) -> tuple[Array, ...]:
        steps = x.astype(np.int64) - self.x_zero
        sums = self._sums(steps * steps) >> self.drop
        place = places(sums)
        octave = np.maximum(place // PARTS - 1, 0)
        rest = sums & ((1 << octave) - 1)
        before, after = (
            table[place].astype(np.int64),
            table[np.minimum(place + 1, table.size - 1)].astype(np.int64),
        )
        value = before + rescale(after - before, rest << (31 - octave), 0)
        along = (-1, *(1,) * (x.ndim - 2))
        factor = rescale(value, multiplier.reshape(along), 0)
        return (
            result(
                steps,
                np.broadcast_to(factor, x.shape),
                np.broadcast_to(shift.reshape(along), x.shape),
                dtype=name_of(x),
                zero=self.y_zero,
                low=self.low,
                high=self.high,
            ),
        )

    def _sums(self, squares: Array) -> Array:
        if self.region in {"all_channels", "image"}:
            axes = tuple(range(1, squares.ndim)) if self.region == "image" else (1,)
            return np.asarray(squares.sum(axis=axes, keepdims=True))
        for axis in (1,) if self.region == "across_channels" else (2, 3):
            border = [(0, 0)] * squares.ndim
            border[axis] = (self.size // 2, self.size // 2)
            view = np.lib.stride_tricks.sliding_window_view(np.pad(squares, border), self.size, axis)
            squares = view.sum(axis=-1)
        return squares

    def geometry(self, inputs: Types, outputs: tuple[TensorType, ...]) -> dict[str, int | tuple[int, ...]]:
        batch, channels, *inner = outputs[0].shape
        width = inner[-1] if inner else 1
        multiplier = inputs[2]
        assert multiplier is not None
        return {
            "batch": batch,
            "channels": channels,
            "height": math.prod(inner) // width,
            "width": width,
            "factors": multiplier.count,
        }

    def cost(self, inputs: Types, outputs: tuple[TensorType, ...]) -> Cost:
        count, terms = outputs[0].count, self.terms(outputs[0])
        sums = count * terms // (1 if self.size > 1 or terms == 1 else terms)
        return Cost(multiplications=4 * count, additions=sums + 3 * count, comparisons=2 * count)

    @classmethod
    def samples(cls) -> Sequence[Sample]:
        found = []
        regions: list[tuple[Literal["across_channels", "within_channel", "all_channels", "image"], int]] = [
            ("across_channels", 5),
            ("within_channel", 3),
            ("all_channels", 1),
            ("image", 1),
        ]
        for dtype in NARROW:
            low, high = RANGE[dtype]
            zero, wide = (9 if dtype != "s16" else 0), dtype == "s16"
            for seed, (region, size) in enumerate(regions):
                x = drawn((2, 7, 4, 5), dtype, seed)
                x[0, 2:, 1] = zero
                drop = max(least_drop(dtype, cls(region, size).terms(TensorType(x.shape))), seed % 2)
                some = table(_damping(2.0**24 if wide else 2.0**12))
                count = 7 if seed % 2 else 1
                multiplier = drawn((count,), "s32", seed, 2**30, MOST)
                op = cls(region, size, drop, zero, zero, low, high)
                found.append(Sample(op, (x, some, multiplier, np.full(count, 1 if seed else 3, np.int32))))
        root = table(lambda sums: 1 / np.sqrt(np.maximum(sums, 1)))
        x, one = drawn((1, 40), "s16", 5), np.array([2**30], np.int32)
        op = cls("all_channels", 1, least_drop("s16", 40), low=-(2**15), high=2**15 - 1)
        found.append(Sample(op, (x, root, one, np.array([14], np.int32))))
        return found


def _damping(half: float) -> Callable[[Array], Array]:
    return lambda sums: np.asarray((1 + sums / half) ** -0.75)


def least_drop(dtype: str, terms: int) -> int:
    """Return by how much a sum of so many squares must be shifted right to have 31 bits."""
    largest = terms * (2**15 if dtype == "s16" else 2**8) ** 2
    return max(0, largest.bit_length() - 31)
