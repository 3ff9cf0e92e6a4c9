"""Codebooks: a few numbers, or short vectors, that the weights of a layer are replaced by, and indices into them.

Uniform: numbers at equal distances from the least to the greatest weight. k-means: the numbers of least
squared error. Of vectors: product quantization (Gersho and Gray, Vector Quantization and Signal Compression,
1992; for networks Gong et al., arXiv 1412.6115), seeded with k-means++ (Arthur and Vassilvitskii, SODA 2007).
Entries may be rounded to fixed point [IL.FL] afterwards: the joint scheme.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from lpdnn.ir import LpdnnError
from lpdnn.ops._codebooks import WIDEST, packed_bytes
from lpdnn.quantization.kmeans import kmeans

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lpdnn.ir import Array

ROUNDS = 4
"""Turns, at most, that the factors of filters and the codebook are fitted in, each to the other."""
GAIN = 0.98
"""What is left of the error after a turn that is worth another one, at most."""
ROUGH = 1 << 16
"""Work (see kmeans) for a codebook whose factors are not settled yet."""
AT_ONCE = 1 << 16
"""Vectors whose distances to all entries are in memory at once."""


@dataclass(frozen=True)
class Scheme:
    """How the weights of a layer become a codebook.

    - `bits` of an index, 1 to 8; `method`: how entries are chosen.
    - `vector`: weights that an index stands for, neighbours in memory; only k-means has vectors.
    - `books`: groups of filters that have codebooks of their own.
    - `scaled`: each filter has a factor, so that filters of all sizes share the codebook.
    - `fixed`: (IL, FL) of the entries; IL counts the sign.
    - `iterations` at most, where there is no exact way; `seed` of what is drawn.
    """

    bits: int
    method: Literal["kmeans", "uniform"] = "kmeans"
    vector: int = 1
    books: int = 1
    scaled: bool = False
    fixed: tuple[int, int] | None = None
    iterations: int = 50
    seed: int = 0

    def check(self, weight: Array) -> None:
        """Refuse what cannot be, in one sentence."""
        filters, size = len(weight), weight[0].size
        wrong = ""
        if not 1 <= self.bits <= WIDEST:
            wrong = f"indices of {self.bits} bits: a codebook has indices of 1 to {WIDEST} bits"
        elif self.books < 1 or filters % self.books:
            wrong = f"{self.books} codebooks do not divide {filters} filters"
        elif self.vector < 1 or size % self.vector:
            wrong = f"vectors of {self.vector} do not divide the {size} weights of a filter"
        elif self.vector > 1 and self.method != "kmeans":
            wrong = f"method {self.method} has no vectors: take kmeans"
        elif self.fixed is not None and not 2 <= sum(self.fixed) <= 32:
            wrong = f"[{self.fixed[0]}.{self.fixed[1]}] is {sum(self.fixed)} bits wide, and must be 2 to 32"
        elif not np.isfinite(weight).all():
            wrong = "the weights hold NaN or infinity"
        if wrong:
            raise LpdnnError(wrong)


@dataclass(frozen=True)
class Codebook:
    """Weights as entries [books][2^bits][vector] (f32) and indices [M][weights of a filter / vector] (u8).

    `scale` [M] (f32) multiplies the weights of each filter. `bound`: the least mean squared error that any
    codebook of this kind can have, as far as it is known.
    """

    entries: Array
    indices: Array
    scale: Array | None
    shape: tuple[int, ...]
    bits: int
    bound: float = 0.0

    @property
    def weight(self) -> Array:
        """The weights that it stands for."""
        books = len(self.entries)
        parts = self.indices.reshape(books, -1)
        weight = self.entries[np.arange(books)[:, None], parts].reshape(self.shape)
        return weight if self.scale is None else weight * _along(self.scale, weight)

    @property
    def bytes(self) -> int:
        """What indices, entries and factors take."""
        factors = 0 if self.scale is None else self.scale.nbytes
        return packed_bytes(self.indices.size, self.bits) + self.entries.nbytes + factors

    def error(self, weight: Array) -> float:
        """Return the mean squared error."""
        return float(np.mean((self.weight.astype(np.float64) - weight) ** 2))


def codebook(weight: Array, scheme: Scheme, counts: Array | None = None) -> Codebook:
    """Return weights [M, ...] as a codebook.

    `counts`, positive, which stretches over [M][weights of a filter], says how much the error of each weight
    counts.
    """
    scheme.check(weight)
    shape = len(weight), weight[0].size
    counts = None if counts is None else np.broadcast_to(counts, shape)
    if not scheme.scaled:
        return _unscaled(weight, scheme, counts)
    # The size of filters first; then, in turns, the best codebook for the factors and factors for the codebook.
    rows = weight.reshape(len(weight), -1).astype(np.float64)
    factors = np.sqrt(np.mean(rows**2, axis=1))
    factors[factors == 0] = 1.0
    best: Codebook | None = None
    least = math.inf
    for _ in range(ROUNDS):
        squares = np.broadcast_to(factors[:, None] ** 2, shape)
        found = _unscaled(
            (rows / factors[:, None]).reshape(weight.shape),
            scheme,
            squares if counts is None else squares * counts,
        )
        found = replace(found, scale=factors.astype(np.float32), bound=0.0)
        errors = np.square(found.weight.reshape(shape) - rows)
        error = float(np.mean(errors if counts is None else errors * counts))
        worth = best is None or error < GAIN * least
        if best is None or error < least:
            best, least = found, error
        if not worth:
            break
        plain = replace(found, scale=None).weight.reshape(rows.shape).astype(np.float64)
        heavy = plain if counts is None else plain * counts
        power = np.sum(heavy * plain, axis=1)
        better = np.divide(np.sum(rows * heavy, axis=1), power, out=factors.copy(), where=power > 0)
        factors = np.where(better > 0, better, factors)
    assert best is not None
    return best


def least_bits(weight: Array) -> int | None:
    """Return the bits of an index with which a codebook loses nothing, None where 256 entries are too few."""
    distinct = len(np.unique(weight))
    return max(1, (distinct - 1).bit_length()) if distinct <= 1 << WIDEST else None


def _along(scale: Array, weight: Array) -> Array:
    return scale.reshape(-1, *[1] * (weight.ndim - 1))


def _unscaled(weight: Array, scheme: Scheme, counts: Array | None) -> Codebook:
    """Return a codebook without factors; `counts` [M][weights of a filter] as of `codebook`."""
    entries, indices, bounds = [], [], []
    for number, (part, count) in enumerate(_parts(weight, scheme.books, counts)):
        book, bound = _entries(part, count, scheme, scheme.seed + number)
        book = _rounded(book, scheme.fixed).astype(np.float32)
        entries.append(_filled(book, 1 << scheme.bits))
        indices.append(nearest(part.reshape(-1, scheme.vector), book))
        bounds.append(bound)
    return Codebook(
        np.stack(entries),
        np.concatenate(indices).reshape(len(weight), -1),
        None,
        weight.shape,
        scheme.bits,
        math.fsum(bounds) / weight.size,
    )


def _parts(weight: Array, books: int, counts: Array | None) -> Iterator[tuple[Array, Array | None]]:
    """Yield the weights of each group of filters, and how much each of them counts."""
    for group in np.array_split(np.arange(len(weight)), books):
        yield weight[group], None if counts is None else counts[group]


def _entries(weight: Array, count: Array | None, scheme: Scheme, seed: int) -> tuple[Array, float]:
    """Return entries [at most 2^bits][vector], f64, and the least squared error that others could have."""
    most = 1 << scheme.bits
    if scheme.method == "uniform":
        return np.linspace(float(weight.min()), float(weight.max()), most)[:, None], 0.0
    if scheme.vector == 1:
        found = kmeans(weight, most, scheme.iterations, count, work=ROUGH if scheme.scaled else None)
        return found.centroids[:, None], found.bound
    parts = weight.reshape(-1, scheme.vector).astype(np.float64)
    counts = np.ones(len(parts)) if count is None else count.reshape(-1, scheme.vector)[:, 0]
    return _vectors(parts, counts, most, scheme.iterations, seed), 0.0


def _vectors(parts: Array, counts: Array, most: int, iterations: int, seed: int) -> Array:
    """Return at most `most` centroids of vectors, by Lloyd's algorithm from k-means++."""
    distinct, places = np.unique(parts, axis=0, return_inverse=True)
    if len(distinct) <= most:
        return distinct
    weights = np.bincount(places.ravel(), counts)
    rng = np.random.default_rng(seed)
    book = np.empty((most, parts.shape[1]))
    far = np.full(len(distinct), np.inf)
    pick = rng.choice(len(distinct), p=weights / weights.sum())
    for number in range(most):
        book[number] = distinct[pick]
        far = np.minimum(far, ((distinct - book[number]) ** 2).sum(axis=1))
        odds = np.cumsum(weights * far)
        pick = min(int(np.searchsorted(odds, rng.random() * odds[-1], side="right")), len(distinct) - 1)
    before = None
    for _ in range(iterations):
        indices = nearest(distinct, book)
        if before is not None and np.array_equal(indices, before):
            break
        before = indices
        total = np.bincount(indices, weights, most)
        there = total > 0  # an entry that nothing is nearest to stays where it is
        for axis in range(parts.shape[1]):
            sums = np.bincount(indices, weights * distinct[:, axis], most)
            book[there, axis] = sums[there] / total[there]
    return book


def nearest(parts: Array, book: Array) -> Array:
    """Return the index (u8) of the entry nearest to each vector of parts [count][vector]; of equals, the first."""
    if book.shape[1] == 1:
        order = np.argsort(book[:, 0], kind="stable")
        middles = (book[order[1:], 0].astype(np.float64) + book[order[:-1], 0]) / 2
        return order[np.searchsorted(middles, parts[:, 0])].astype(np.uint8)
    norms = (book.astype(np.float64) ** 2).sum(axis=1)
    runs = np.array_split(parts.astype(np.float64), 1 + len(parts) // AT_ONCE)
    return np.concatenate([np.argmin(norms - 2 * run @ book.T, axis=1) for run in runs]).astype(np.uint8)


def _rounded(book: Array, fixed: tuple[int, int] | None) -> Array:
    """Return entries as fixed point [IL.FL] has them: nearest, ties away from zero, saturated."""
    if fixed is None:
        return book
    il, fl = fixed
    steps = np.ldexp(book, fl)
    most = 1 << (il + fl - 1)
    whole = np.trunc(steps + np.copysign(0.5, steps))
    return np.asarray(np.ldexp(np.clip(whole, -most, most - 1), -fl))


def _filled(book: Array, count: int) -> Array:
    """Return a codebook of `count` entries: the last one as often as needed, so that no index leads nowhere."""
    return np.concatenate((book, np.repeat(book[-1:], count - len(book), axis=0)))
