"""How the numbers of one tensor are stored: fixed point, scales, a codebook, or as they are."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

from lpdnn.ir import Array, LpdnnError, ties_away
from lpdnn.quantization.codebook import nearest

if TYPE_CHECKING:
    from collections.abc import Sequence

Method = Literal["float", "S", "D", "K", "PC"]
"""As they are; standard fixed point (one [IL.FL] for the net); dynamic fixed point (one a tensor); codebook;
scales (one a filter, weights; a scale and a zero point, activations)."""

WIDTHS = {"float": (32, 32), "S": (2, 16), "D": (2, 16), "K": (1, 8), "PC": (2, 16)}
"""Least and most bits of an element."""
LEAST_FL, MOST_FL = -126, 126


@dataclass(frozen=True)
class Format:
    """How one tensor is stored. Which fields matter depends on the method.

    - S, D: the [IL.FL] format `il`, `fl`, il + fl = bits; the sign bit, if `signed`, is counted in IL. An
      element q stands for q / 2^fl. Weights of D may have scales, powers of two, by which that of each filter
      is multiplied: so each has an IL and an FL of its own.
    - PC: q stands for scale * (q - zero). Weights have a scale for each filter (axis 0), `zero` 0, and
      q from -(2^(bits-1) - 1) up, so that it is symmetric; activations have one scale.
    - K: an index of `bits` bits into `codebook`, whose entries are `vector` numbers each, one behind the
      other; where there are scales, one for each filter, entries are multiplied by it. The entries are
      multiples of 2^-fl where `il` + `fl` is not 0. For weights only.
    - `mse`: mean squared error that it makes; `sqnr`: signal to quantization noise in dB, None where the
      error or the signal is 0. `clip`: the largest magnitude that is kept, as a part of the largest there is.
    """

    method: Method
    bits: int = 32
    signed: bool = True
    il: int = 0
    fl: int = 0
    scale: tuple[float, ...] = ()
    zero: int = 0
    codebook: tuple[float, ...] = ()
    vector: int = 1
    mse: float = field(default=0.0, compare=False)
    sqnr: float | None = field(default=None, compare=False)
    clip: float = field(default=1.0, compare=False)

    def __post_init__(self) -> None:
        problem = self._problem()
        if problem:
            raise LpdnnError(problem)

    @property
    def label(self) -> str:
        """Method and width in one word: D8, PC4, K4, KC4 with a scale for each filter, K4x2 of pairs; float."""
        if self.method == "float":
            return "float"
        scaled, vector = (
            "C" if self.method in {"D", "K"} and self.scale else "",
            f"x{self.vector}" if self.vector > 1 else "",
        )
        return f"{self.method}{scaled}{self.bits}{vector}"

    @property
    def low(self) -> int:
        """Least integer."""
        if self.method == "PC" and len(self.scale) != 1:
            return 1 - (1 << self.bits - 1)
        return -(1 << self.bits - 1) if self.signed else 0

    @property
    def high(self) -> int:
        """Greatest integer."""
        return (1 << self.bits - 1) - 1 if self.signed else (1 << self.bits) - 1

    def scales(self) -> Array:
        """Return the size of a step: f64 [1], or [filters]."""
        if self.method in {"S", "D"}:
            return 2.0**-self.fl * np.array(self.scale or (1.0,))
        return np.array(self.scale)

    def table(self) -> Array:
        """Return the codebook: f64 [entries][vector]."""
        return np.array(self.codebook).reshape(-1, self.vector)

    def integers(self, x: Array) -> Array:
        """Return the integers that stand for x (S, D, PC), s32: nearest, ties away from zero, saturated."""
        steps = x / _along(self.scales(), x)
        return np.asarray(np.clip(ties_away(steps) + self.zero, self.low, self.high).astype(np.int32))

    def rounded(self, x: Array) -> Array:
        """Return what is left of x: f32, of x's shape."""
        if self.method == "float":
            return x.astype(np.float32)
        if self.method == "K":
            indices, scales = self.indices(x), _along(self.scales(), x) if self.scale else 1.0
            entries = self.table()[indices].reshape(x.shape)
            return np.asarray(entries * scales).astype(np.float32)
        return np.asarray((self.integers(x) - self.zero) * _along(self.scales(), x)).astype(np.float32)

    def indices(self, x: Array) -> Array:
        """Return the indices of the nearest entries (K): s64, one for each `vector` elements of x in order."""
        scaled = x / _along(self.scales(), x) if self.scale else x
        parts = scaled.reshape(-1, self.vector).astype(np.float64)
        return nearest(parts, self.table()).astype(np.int64)

    def stored_bits(self, shape: Sequence[int]) -> int:
        """Return the bits that a tensor of a shape takes: its elements, scales of 32 bits and the codebook.

        Scaled integers of less than 8 bits are stored as a codebook is (see `as_codebook`).
        """
        if self.method == "PC" and self.bits < 8 and len(shape) > 1:
            return self.as_codebook().stored_bits(shape)
        count = math.prod(shape)
        if self.method == "K":
            entry = self.il + self.fl or 32
            return -(-count // self.vector) * self.bits + entry * len(self.codebook) + 32 * len(self.scale)
        return count * self.bits + (32 * len(self.scale) if len(self.scale) > 1 else 0)

    def as_codebook(self) -> Format:
        """Return a codebook of the same numbers: a format of few bits, S, D or PC, as it can be packed."""
        steps, scales = np.arange(self.low, self.high + 1), self.scales()
        if scales.size == 1:
            return Format("K", self.bits, codebook=tuple((steps * scales[0]).tolist()))
        return Format(
            "K", self.bits, codebook=tuple(steps.astype(float).tolist()), scale=tuple(scales.tolist())
        )

    def check_weight(self, shape: Sequence[int]) -> str:
        """Return "" if weights of a shape can be stored so, else why not."""
        if len(self.scale) not in {0, 1, shape[0]}:
            return f"has {len(self.scale)} scales, and there are {shape[0]} filters"
        if self.zero:
            return f"has the zero point {self.zero}, and weights have none"
        if math.prod(shape) % self.vector:
            return f"has entries of {self.vector} numbers, which do not divide {math.prod(shape)} weights"
        return ""

    def check_activation(self) -> str:
        """Return "" if an activation can be stored so, else why not."""
        if self.method == "K":
            return "is a codebook, and only weights have codebooks"
        return f"has {len(self.scale)} scales, and an activation has one" if len(self.scale) > 1 else ""

    def _problem(self) -> str:
        if self.method not in get_args(Method):
            return f"method {self.method!r} is none of {', '.join(get_args(Method))}"
        least, most = WIDTHS[self.method]
        if not least <= self.bits <= most:
            return f"{self.bits} bits cannot be: method {self.method} takes {least} to {most}"
        numbers = (*self.scale, *self.codebook, self.mse, self.clip)
        if not all(map(math.isfinite, numbers)) or any(value <= 0 for value in self.scale):
            return "a scale, or an entry of a codebook, is not a number that can be"
        if not LEAST_FL <= self.fl <= MOST_FL:
            return f"a fraction of {self.fl} bits cannot be; it takes {LEAST_FL} to {MOST_FL}"
        return getattr(self, f"_problem_{self.method}", str)()

    def _problem_D(self) -> str:  # noqa: N802  # after the method's letter
        if self.il + self.fl != self.bits:
            return f"[{self.il}.{self.fl}] is {self.il + self.fl} bits wide, and not {self.bits}"
        if self.codebook:
            return "fixed point has no codebook"
        powers = all(math.log2(one) in range(LEAST_FL, 1) for one in self.scale)
        return "" if powers else "the scales of fixed point are powers of two up to 1"

    def _problem_S(self) -> str:  # noqa: N802
        return self._problem_D() or ("fixed point of a network has no scales" if self.scale else "")

    def _problem_PC(self) -> str:  # noqa: N802
        if not self.scale or self.codebook:
            return "method PC takes scales, and no codebook"
        return "" if self.low <= self.zero <= self.high else f"the zero point {self.zero} is out of its range"

    def _problem_K(self) -> str:  # noqa: N802
        if self.vector < 1 or not self.codebook or len(self.codebook) % self.vector:
            return f"a codebook of {len(self.codebook)} numbers has no entries of {self.vector}"
        entries = len(self.codebook) // self.vector
        if entries > 2**self.bits:
            return f"a codebook of {entries} entries cannot be indexed by {self.bits} bits"
        return ""


FLOAT = Format("float")


def _along(scales: Array, x: Array) -> Array:
    """Return scales as they stretch over x: one, or one for each element of axis 0."""
    return scales.reshape(-1, *[1] * (x.ndim - 1)) if scales.size > 1 else scales


def sqnr(signal: float, mse: float) -> float | None:
    """Return 10 log10(signal / mse), the ratio of mean squares in dB; None where one of them is 0."""
    return 10 * math.log10(signal / mse) if signal > 0 and mse > 0 else None
