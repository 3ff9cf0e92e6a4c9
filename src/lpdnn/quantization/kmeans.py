"""k-means in one dimension, by dynamic programming: exact, or with a proven bound on how far from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from lpdnn.ir import Array

WORK = 1 << 21
"""Distinct values times clusters up to which these are exact, which takes a second or two; more values are put
into bins first, so many that this is the work."""
LEAST_BINS = 8
"""Bins for each cluster, at least."""


@dataclass(frozen=True)
class Clusters:
    """Centroids in ascending order, float64, and the sum of squared distances to the nearest, weighed.

    `bound` is what that sum is at least, whatever the centroids: the sum itself where the clusters are exact.
    """

    centroids: Array
    error: float
    bound: float


def kmeans(
    x: Array, count: int, iterations: int = 50, weights: Array | None = None, *, work: int | None = None
) -> Clusters:
    """Return `count` clusters of the values of x, or one for each distinct value where there are fewer.

    Clusters of numbers are runs of the sorted numbers, so that dynamic programming finds the best (Wang and
    Song, Ckmeans.1d.dp, The R Journal 3/2, 2011), here by divide and conquer over the last cuts, which are
    monotone. Where that is more than `work` (WORK, if not given), the means of bins are clustered, and at most
    `iterations` of Lloyd's steps on the values themselves follow. The bound then holds by the triangle
    inequality: distances to any centroids, seen as one vector, change by no more than the vector of distances
    between values and the means of their bins. `weights`, of x's shape and positive, say how much each counts.
    """
    work = work or WORK
    values, places = np.unique(np.asarray(x, np.float64).ravel(), return_inverse=True)
    if len(values) <= count:
        return Clusters(values, 0.0, 0.0)
    counts = np.bincount(places, None if weights is None else np.asarray(weights, np.float64).ravel())
    sums = _Sums.of(values, counts.astype(np.float64))
    if len(values) * count <= work:
        starts = _best_cuts(sums, count)
        error = sums.error(starts)
        return Clusters(sums.means(starts), error, error)
    edges = _bins(values, counts, max(work // count, LEAST_BINS * count))
    binned = _Sums.of(sums.means(edges), np.add.reduceat(counts, edges))
    chosen = _best_cuts(binned, count)
    starts = _lloyd(values, sums, edges[chosen], iterations)
    least = max(0.0, np.sqrt(binned.error(chosen)) - np.sqrt(sums.error(edges))) ** 2
    return Clusters(sums.means(starts), sums.error(starts), float(least))


@dataclass(frozen=True)
class _Sums:
    """Sums of weights, values and squares over the first so many of the sorted values, about `centre`."""

    weight: Array
    value: Array
    square: Array
    centre: float

    @staticmethod
    def of(values: Array, weights: Array) -> _Sums:
        """Return the sums of values, each counted as often as its weight says."""
        centre = float(np.average(values, weights=weights))
        moved = values - centre
        weight, value, square = (
            np.concatenate(([0.0], np.cumsum(terms)))
            for terms in (weights, weights * moved, weights * moved**2)
        )
        return _Sums(weight, value, square, centre)

    def cost(self, first: Array, end: Array) -> Array:
        """Return the squared distances of values [first, end) to their mean."""
        total = self.value[end] - self.value[first]
        squares = self.square[end] - self.square[first]
        return np.asarray(np.maximum(squares - total**2 / (self.weight[end] - self.weight[first]), 0.0))

    def _ends(self, starts: Array) -> Array:
        return np.append(starts[1:], len(self.weight) - 1)

    def means(self, starts: Array) -> Array:
        """Return the means of the runs that start there."""
        ends = self._ends(starts)
        total = self.value[ends] - self.value[starts]
        return np.asarray(total / (self.weight[ends] - self.weight[starts]) + self.centre)

    def error(self, starts: Array) -> float:
        """Return the squared distances of all values to the means of the runs that start there."""
        return float(self.cost(starts, self._ends(starts)).sum())


def _best_cuts(sums: _Sums, count: int) -> Array:
    """Return where each of `count` runs of least error starts."""
    size = len(sums.weight) - 1
    least = sums.cost(
        np.zeros(size, int), np.arange(1, size + 1)
    )  # of the first 1 to size values, in one run
    least = np.concatenate(([0.0], least))
    last = np.zeros((count, size + 1), np.int32)
    for runs in range(1, count):
        least, last[runs] = _another_run(sums, least, runs)
    starts = [size]
    for runs in range(count - 1, -1, -1):
        starts.append(int(last[runs, starts[-1]]))
    return np.array(starts[:0:-1])


def _another_run(sums: _Sums, before: Array, runs: int) -> tuple[Array, Array]:
    """Return the least error of the first j values in runs + 1 runs, and where the last of these starts.

    `before` is that error in `runs` runs. The best start grows with j: each j lies between two whose start is
    known, so that all j of a level together look at about as many starts as there are values.
    """
    size = len(before) - 1
    least = np.full(size + 1, np.inf)
    last = np.full(size + 1, size, np.int32)
    last[: runs + 1] = runs
    step = 1 << size.bit_length()
    while step:
        ends = np.arange(step, size + 1, 2 * step) if step <= size else np.array([size])
        ends = ends[ends > runs]
        if len(ends):
            low = np.maximum(last[np.maximum(ends - step, 0)], runs)
            high = np.minimum(last[np.minimum(ends + step, size)], ends - 1)
            lengths = high - low + 1
            offsets = np.cumsum(lengths) - lengths
            starts = np.arange(lengths.sum()) + np.repeat(low - offsets, lengths)
            costs = before[starts] + sums.cost(starts, np.repeat(ends, lengths))
            least[ends] = np.minimum.reduceat(costs, offsets)
            hits = np.flatnonzero(costs == np.repeat(least[ends], lengths))
            last[ends] = starts[hits[np.searchsorted(hits, offsets)]]
        step //= 2
    return least, last


def _bins(values: Array, weights: Array, count: int) -> Array:
    """Return where bins of sorted values start: half of the cuts are at equal distances, half at equal counts."""
    even = np.searchsorted(values, np.linspace(values[0], values[-1], count // 2, endpoint=False))
    total = np.cumsum(weights)
    full = np.searchsorted(total, np.linspace(0, total[-1], count // 2, endpoint=False))
    return np.unique(np.concatenate((even, full)))


def _lloyd(values: Array, sums: _Sums, starts: Array, iterations: int) -> Array:
    """Return the starts of runs after steps in which each value goes to the nearest mean."""
    for _ in range(iterations):
        means = sums.means(starts)
        moved = np.searchsorted(values, (means[1:] + means[:-1]) / 2)
        better = np.concatenate(([0], moved))
        if np.array_equal(better, starts) or np.any(np.diff(better) < 1) or better[-1] >= len(values):
            break
        starts = better
    return starts
