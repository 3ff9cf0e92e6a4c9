"""Softmax of 16-bit integers by two curves, as TensorFlow Lite's reference kernels compute it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from lpdnn.ir import Array, Cost, LpdnnError, Operator, Sample, TensorType, Types, rescale
from lpdnn.ops._blocks import blocks
from lpdnn.ops._checks import axis_of
from lpdnn.ops._integers import activations, drawn, factor

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

STEPS = 512
ONE = 2**15
MOST = 2**15
"""Elements along the axis, at most: powers are below 1, and their sum has 16 bits before the point."""
REACH = 10.0
"""Powers are known down to e^-10."""


def curve(function: Callable[[Array], Array], least: float, most: float) -> Array:
    """Return a function at 513 places from least to most, with 15 bits behind the point: s16 [513].

    Values between two are found on the line through them, so each is moved by half of how far the line is
    off in the middle.
    """
    places = least + np.arange(STEPS + 1) * ((most - least) / STEPS)
    exact = function(places) * ONE
    middle = np.floor(function(places[:-1] + (most - least) / STEPS / 2) * ONE + 0.5)
    line = np.floor((exact[1:] + np.floor(exact[:-1] + 0.5)) / 2 + 0.5)
    half = (line - middle) / 2
    moved = np.floor(exact[:-1] + 0.5) - np.sign(half) * np.floor(np.abs(half) + 0.5)
    whole = np.append(moved, np.floor(exact[-1] + 0.5))
    return np.asarray(np.clip(whole, -ONE, ONE - 1).astype(np.int16))


def powers() -> Array:
    """Return the curve of e^x from -10 to 0."""
    return curve(np.exp, -REACH, 0.0)


def reciprocals() -> Array:
    """Return the curve of 1 / (1 + x) from 0 to 1."""
    return curve(lambda x: 1 / (1 + x), 0.0, 1.0)


def _on(curve_: Array, place: Array) -> Array:
    """Return what a curve is at places from 0 to 65535."""
    before, part = place >> 7, place & 127
    a, b = curve_[before].astype(np.int64), curve_[before + 1].astype(np.int64)
    return np.asarray(a + ((b - a) * part + 64 >> 7))


@dataclass(frozen=True)
class SoftmaxCurves(Operator):
    """e^x divided by its sum along an axis, of 16-bit integers: y stands for 1/32768 of each step.

    The distance from the largest x, times multiplier * 2^(shift - 31), is a place on the curve `powers`, of
    which 65535 is the top; so 1 / sum is found on the curve `reciprocals`, of the sum as a number from 1 to 2.
    """

    NAME: ClassVar[str] = "softmax_curves"
    INPUTS: ClassVar[tuple[str, ...]] = ("x", "powers", "reciprocals")
    PARAMETERS: ClassVar[frozenset[str]] = frozenset({"powers", "reciprocals"})
    HOST_ONLY: ClassVar[frozenset[str]] = frozenset({"axis"})
    TOLERANCE: ClassVar[float] = 0.0

    multiplier: int
    shift: int
    axis: int = 1

    def infer(self, x: TensorType, powers: TensorType, reciprocals: TensorType) -> tuple[TensorType, ...]:
        activations(x, "s16")
        axis = axis_of(x, self.axis)
        factor(self.multiplier, self.shift)
        if powers != TensorType((STEPS + 1,), "s16") or reciprocals != powers:
            message = f"curves are s16[{STEPS + 1}], not {powers} and {reciprocals}"
            raise LpdnnError(message)
        if x.shape[axis] > MOST:
            message = f"a sum of {x.shape[axis]} powers does not fit; {MOST} at most do"
            raise LpdnnError(message)
        return (x,)

    def reference(self, x: Array, powers: Array, reciprocals: Array) -> tuple[Array, ...]:
        wide = x.astype(np.int64)
        apart = wide.max(axis=self.axis, keepdims=True) - wide
        place = 65535 - np.minimum(rescale(apart, self.multiplier, self.shift, "double"), 65535)
        p = _on(powers, place)
        total = np.maximum(p.sum(axis=self.axis, keepdims=True), 1)
        headroom = 31 - np.frexp(total.astype(np.float64))[1].astype(np.int64)  # bits free below the sign
        shifted = ((total << headroom) + (1 << 13) >> 14) - (1 << 16)
        r = _on(reciprocals, np.clip(shifted, 0, 65535))
        right = 30 - headroom
        return (np.clip(p * r + (1 << right >> 1) >> right, 0, ONE - 1).astype(np.int16),)

    def geometry(self, inputs: Types, outputs: tuple[TensorType, ...]) -> dict[str, int | tuple[int, ...]]:
        outer, size, inner = blocks(outputs[0].shape, self.axis)
        return {"outer": outer, "size": size, "inner": inner}

    def cost(self, inputs: Types, outputs: tuple[TensorType, ...]) -> Cost:
        count = outputs[0].count
        return Cost(multiplications=3 * count, additions=5 * count, comparisons=3 * count)

    @classmethod
    def samples(cls) -> Sequence[Sample]:
        shapes = {1: (3, 10), 2: (2, 7, 21), 3: (1, 2, 3, 5), 0: (5,)}
        curves = powers(), reciprocals()
        found = [
            Sample(cls(1717986918, 1 - 3 * seed, axis), (drawn(shape, "s16", seed), *curves))
            for seed, (axis, shape) in enumerate(shapes.items())
        ]
        return [*found, Sample(cls(2**30, 1), (np.full((2, 1000), 7, np.int16), *curves))]
