"""Weights in codebooks: how kernels want indices and tables, and the kernel of fully connected layers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lpdnn.ops._codebooks import unpack
from lpdnn.ops.fc_codebook import FcCodebook
from lpdnn.plugins.cpu_simd._activation import activation
from lpdnn.plugins.cpu_simd._isa import ISAS, Isa, constant
from lpdnn.primitives import Primitive

if TYPE_CHECKING:
    from lpdnn.ir import Array, Operator, TensorType, Types
    from lpdnn.targets import Target

WORD = 32
BYTES = Isa("avx512vbmi", 16, 32, ("avx512f", "avx512vl", "avx512bw", "avx512vbmi", "fma"))
"""Where bytes can be permuted, tables of 256 entries are permuted as the bytes of them."""
SUMS = 8
"""Sums side by side that hide the latency of one."""


def per_word(bits: int) -> int:
    """Return the indices in a word."""
    return WORD // bits


def words(indices: Array, bits: int) -> Array:
    """Return indices [..., count] as words (int32) [..., count / indices in a word], the first lowest."""
    per = per_word(bits)
    count = -(-indices.shape[-1] // per)
    filled = np.zeros((*indices.shape[:-1], count * per), np.uint32)
    filled[..., : indices.shape[-1]] = indices
    shifts = np.arange(per, dtype=np.uint32) * np.uint32(bits)
    parts = filled.reshape(*filled.shape[:-1], count, per) << shifts
    return np.asarray(np.bitwise_or.reduce(parts, axis=-1)).view(np.int32)


def lying(packed: Array, isa: Isa) -> Array:
    """Return words as they lie in memory, flat: where bytes are permuted, squares of 4 x 4 bytes transposed."""
    if isa is not BYTES:
        return packed.ravel()
    squares = np.ascontiguousarray(packed).view(np.uint8).reshape(-1, 4, 4)
    return np.ascontiguousarray(squares.transpose(0, 2, 1)).view(np.int32).ravel()


def tables(codebook: Array, isa: Isa) -> Array:
    """Return a codebook [books][entries][vector] as [books][vector][entries], or the bytes of these by place.

    Fewer entries than lanes are repeated to fill a vector.
    """
    repeats = max(1, isa.lanes // codebook.shape[1])
    table = np.ascontiguousarray(np.tile(np.moveaxis(codebook, 2, 1), (1, 1, repeats)))
    if isa is not BYTES:
        return table
    places = table.view(np.uint8).reshape(*table.shape, 4)
    return np.ascontiguousarray(np.moveaxis(places, 3, 2)).view(np.int32)


def unfit(isa: Isa, bits: int, target: Target) -> str:
    """Return "" or why weights with indices of so many bits are not looked up with these instructions."""
    if isa is BYTES and bits != 8:
        return "permutes bytes, for indices of 8 bits"
    return isa.missing(target)


def filled(values: Array | None, count: int) -> Array | None:
    """Return what filters have each, with zeros up to `count`."""
    return None if values is None else np.pad(values.astype(np.float32), (0, count - len(values)))


def constants_of(inputs: Types, isa: Isa) -> dict[str, int]:
    """Return the constants of lookup.h that follow from the operands of a layer."""
    codebook = inputs[2]
    assert codebook is not None
    books, _, vector = codebook.shape
    optional = [len(inputs) > i and inputs[i] is not None for i in (3, 4)]
    return {
        "BOOKS": books,
        "VECTOR": vector,
        "SCALED": int(optional[0]),
        "BIAS": int(optional[1]),
        "BYTE_PLANES": int(isa is BYTES),
    }


@dataclass(frozen=True)
class Stream:
    """A product of a vector with a matrix of indices that is read once, in order."""

    isa: Isa

    def _panel(self, outputs: int, bits: int) -> int:
        most = SUMS if bits <= 5 else SUMS // 2  # larger tables take the registers
        return min(most, -(-outputs // self.isa.lanes))

    def defines(self, op: Operator, inputs: Types, outputs: tuple[TensorType, ...]) -> dict[str, int]:
        """Return the constants that the kernel lists."""
        assert isinstance(op, FcCodebook)
        count, size = op.shape
        panel = self._panel(count, op.bits)
        return {
            "VL": self.isa.lanes,
            "OUTPUTS": count,
            "INPUTS": size,
            "BATCH": outputs[0].count // count,
            "PANEL": panel,
            "SPLIT": min(-(-SUMS // panel), per_word(op.bits)),
            "BITS": op.bits,
            "ACTIVATION": activation(op.activation),
            **constants_of(inputs, self.isa),
        }

    def prepare(self, op: Operator, constants: tuple[Array | None, ...]) -> tuple[Array | None, ...]:
        """Return indices as [panels][words][outputs of a panel], the last one only the vectors it needs."""
        assert isinstance(op, FcCodebook)
        codebook = constant(constants, 2)
        units, size = op.shape
        length = size // codebook.shape[2]
        rows = unpack(constant(constants, 1), units * length, op.bits).reshape(units, length)
        lanes = self.isa.lanes
        wide = self._panel(units, op.bits) * lanes
        count = -(-units // lanes) * lanes
        packed = words(np.pad(rows, ((0, count - units), (0, 0))), op.bits)
        panels = [lying(packed[first : first + wide].T, self.isa) for first in range(0, count, wide)]
        scale, bias = (constants[i] if i < len(constants) else None for i in (3, 4))
        return (
            constants[0],
            np.concatenate(panels),
            tables(codebook, self.isa),
            filled(scale, count),
            filled(bias, count),
        )[: len(constants)]

    def accepts(self, op: Operator, inputs: Types, outputs: tuple[TensorType, ...], target: Target) -> str:
        """Return "" or what the target lacks, or why not."""
        assert isinstance(op, FcCodebook)
        assert inputs[2] is not None
        units = op.shape[0]
        wide = self._panel(units, op.bits) * self.isa.lanes
        size = units // inputs[2].shape[0]
        if size < units and size % wide:
            return f"looks {wide} outputs up in one codebook"
        return unfit(self.isa, op.bits, target)

    def primitive(self) -> Primitive:
        """Return it as a primitive."""
        return Primitive(
            FcCodebook,
            f"stream_{self.isa.name}",
            accepts=self.accepts,
            prepare=self.prepare,
            defines=self.defines,
            alignment=4 * self.isa.lanes,
            estimate=self.isa.estimate(0.3),
            source="stream",
            shares="own",
        )


PRIMITIVES = [Stream(isa).primitive() for isa in (BYTES, *ISAS)]
