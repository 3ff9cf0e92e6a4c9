"""Instruction sets for 8-bit integers, and the order of channels in vectors of their sums."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, get_args

import numpy as np

from lpdnn.ir import RANGE, Rounding
from lpdnn.plugins.cpu_simd._isa import Isa
from lpdnn.plugins.cpu_simd._rescale import Results

if TYPE_CHECKING:
    from lpdnn.ir import Array
    from lpdnn.primitives import Estimate
    from lpdnn.targets import Core

FAR = 2**31
"""Sums are modulo 2^32."""


@dataclass(frozen=True)
class Int8:
    """Sums in a vector, and products that an instruction adds to each: 4 or 64 of 8 bits, or 2 of 16."""

    isa: Isa
    lane: int
    times: float
    """Its products a second beside those of floats."""

    def defines(self, unsigned: bool) -> dict[str, int]:  # noqa: FBT001  # a macro's value
        """Return the constants of int8.h that are not the operator's."""
        return {"VL": self.isa.lanes, "LANE": self.lane, "UNSIGNED": int(unsigned)}

    def offset(self, dtype: str) -> int:
        """Return what activations are larger by when they are multiplied."""
        return 128 if self.lane == 4 and dtype == "s8" else 0

    def estimate(self, share: float) -> Estimate:
        """Return the estimate of kernels that reach a share of the core's rate, and of what moves."""
        return self.isa.estimate(self.times * share)

    def rate(self, core: Core) -> float:
        """Return the operations a second of products of integers."""
        return self.times * core.rate(self.isa.lanes)


AMX = Int8(
    Isa("amx", 16, 32, ("avx512f", "avx512bw", "avx512vl", "avx512vnni", "fma", "amx_tile", "amx_int8")),
    64,
    32.0,
)
"""16 by 16 sums of 64 products in 16 cycles, and AVX-512 for what comes of them."""
ISAS = (
    Int8(Isa("avx512vnni", 16, 32, ("avx512f", "avx512bw", "avx512vl", "avx512vnni", "fma")), 4, 4.0),
    Int8(Isa("avxvnni", 8, 16, ("avxvnni", "avx2", "fma")), 4, 4.0),
    Int8(Isa("avx2", 8, 16, ("avx2", "fma")), 2, 1.6),
)


def vectors_order(channels: int, vectors: int, lanes: int) -> Array:
    """Return [panels, vectors, lanes]: the channel in each lane of panels of so many vectors, or -1.

    Instructions that narrow vectors take 4 neighbours from each in turn. Where only one vector of the last
    panel is used, it is in order.
    """
    wide = vectors * lanes
    panels = -(-channels // wide)
    order = (
        np.arange(panels * wide)
        .reshape(panels, lanes // 4, vectors, 4)
        .swapaxes(1, 2)
        .reshape(panels, vectors, lanes)
    )
    if vectors == 2 and 0 < channels - (panels - 1) * wide <= lanes:
        order[-1] = np.arange((panels - 1) * wide, panels * wide).reshape(vectors, lanes)
    return np.asarray(np.where(order < channels, order, -1))


def blocks_order(channels: int, lanes: int, *, mixed: bool) -> Array:
    """Return [blocks, 4, lanes]: the channel in each lane of blocks of 4 vectors, of which the last overlaps.

    Mixed, a vector has 4 neighbours of every 16 channels; else vectors follow each other.
    """
    wide = 4 * lanes
    order = np.arange(wide).reshape(4, lanes)
    if mixed:
        order = order.reshape(lanes // 4, 4, 4).swapaxes(0, 1).reshape(4, lanes)
    first = np.minimum(np.arange(0, channels, wide), max(0, channels - wide))
    blocks = first[:, None, None] + order
    return np.asarray(np.where(blocks < channels, blocks, -1))


def results(op: object) -> Results:
    """Return how an operator's sums become results."""
    names = ("y_zero", "low", "high", "rounding")
    return Results(*(getattr(op, name) for name in names))


def result_defines(op: object) -> dict[str, int]:
    """Return the constants of int8.h that are the operator's."""
    how = results(op)
    return {
        "Y_ZERO": how.zero,
        "LOW": how.low,
        "HIGH": how.high,
        "ROUNDING": get_args(Rounding).index(how.rounding),
    }


def reach(weight: Array, bias: Array, dtype: str, zero: int) -> Array:
    """Return [filters, 2]: the least and the greatest sum that activations of a type can lead to."""
    ends = [(end - zero) * weight.reshape(len(weight), -1).astype(np.int64) for end in RANGE[dtype]]
    least, most = (choose(*ends).sum(axis=1) + bias.astype(np.int64) for choose in (np.minimum, np.maximum))
    wraps = (least < -FAR) | (most >= FAR)
    return np.stack([np.where(wraps, -FAR, least), np.where(wraps, FAR, most)], axis=1)
