"""Weights as packed indices into a codebook: shared by convolution and fully connected layers.

Index i takes bits i * `bits` to (i + 1) * `bits` of the bytes in order, the lowest bit of a byte first, so that
eight indices fill `bits` bytes. It stands for weights i * `vector` to (i + 1) * `vector` in the order of memory:
channels of one tap of a pointwise convolution and of fully connected layers, neighbouring taps else. Of a
codebook [books][2^bits][vector], the first book is that of the first M / books filters, and so on. A filter whose
entries are not used as they are has a factor for all of them.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from lpdnn.ir import LpdnnError, Sample, TensorType

if TYPE_CHECKING:
    from lpdnn.ir import Array

WHOLE = ("s8", "s16")
"""Types of the entries of codebooks of integers."""
WIDEST = 8
"""Bits of the widest index: a table of 256 entries."""


def packed_bytes(count: int, bits: int) -> int:
    """Return the bytes that so many indices take."""
    return -(-count * bits // 8)


def pack(indices: Array, bits: int) -> Array:
    """Return indices below 2^bits, in order, as packed bytes (uint8, flat)."""
    flat = np.ascontiguousarray(indices).astype(np.uint8).ravel()
    if bits == 8:
        return flat
    return np.packbits((flat[:, None] >> np.arange(bits, dtype=np.uint8)) & 1, bitorder="little")


def unpack(packed: Array, count: int, bits: int) -> Array:
    """Return the first `count` indices (uint8, flat) of packed bytes."""
    single = np.unpackbits(packed, count=count * bits, bitorder="little").reshape(count, bits)
    return np.packbits(single, axis=1, bitorder="little")[:, 0] if count else single.ravel()


def decode(indices: Array, codebook: Array, scale: Array | None, shape: tuple[int, ...], bits: int) -> Array:
    """Return the weights [M][C][taps...] that packed indices and a codebook stand for."""
    books, _, vector = codebook.shape
    count = math.prod(shape)
    entries = unpack(indices, count // vector, bits).reshape(books, -1)
    weight = codebook[np.arange(books)[:, None], entries].reshape(shape)
    return weight if scale is None else weight * scale.reshape(-1, *[1] * (len(shape) - 1))


def check(
    indices: TensorType,
    codebook: TensorType,
    scale: TensorType | None,
    shape: tuple[int, ...],
    bits: int,
    types: tuple[str, ...] = ("f32",),
) -> None:
    """Refuse what are no indices and codebook, of one of `types`, of weights [M][C][taps...].

    A codebook has 2^bits entries, so that no index in a damaged file leads out of it.
    """
    if not 1 <= bits <= WIDEST:
        message = f"indices of {bits} bits: a codebook has indices of 1 to {WIDEST} bits"
        raise LpdnnError(message)
    if indices.dtype != "u8" or codebook.dtype not in types or codebook.rank != 3:
        kinds = " or ".join(types)
        message = f"indices {indices} and codebook {codebook} must be u8 and {kinds} [books][entries][vector]"
        raise LpdnnError(message)
    weights = TensorType(shape).occupied().count
    books, entries, vector = codebook.shape
    size = weights // shape[0]
    if shape[0] % books or size % vector or entries != 1 << bits:
        message = (
            f"codebook {codebook} does not fit {shape[0]} filters of {size} weights with indices of {bits} bits: "
            f"it needs books and entries that divide them, and {1 << bits} entries"
        )
        raise LpdnnError(message)
    if scale is not None and (scale.dtype != "f32" or scale.shape != shape[:1]):
        message = f"scale {scale} is not one for each of {shape[0]} filters"
        raise LpdnnError(message)
    count = weights // vector
    if indices.shape != (packed_bytes(count, bits),):
        message = (
            f"{count} indices of {bits} bits take {packed_bytes(count, bits)} bytes, and there are {indices}"
        )
        raise LpdnnError(message)


def sample(shape: tuple[int, ...], bits: int, books: int = 1, vector: int = 1) -> tuple[Array, Array]:
    """Return seeded indices and a codebook for weights [M][C][taps...]."""
    rng = np.random.default_rng(bits)
    count = math.prod(shape) // vector
    codebook = rng.standard_normal((books, 1 << bits, vector)).astype(np.float32)
    return pack(rng.integers(0, 1 << bits, count), bits), codebook


def whole(case: Sample, seed: int, books: int = 1, vector: int = 1) -> Sample:
    """Return a case of an operator of integers with its weights replaced by indices and some of them as entries."""
    x, weight, *rest = case.inputs
    assert isinstance(weight, np.ndarray)
    bits = case.op.bits  # type: ignore[attr-defined]
    rng = np.random.default_rng(seed)
    codebook = rng.choice(weight.ravel(), (books, 1 << bits, vector))
    indices = pack(rng.integers(0, 1 << bits, weight.size // vector), bits)
    return Sample(case.op, (x, indices, codebook, *rest))
