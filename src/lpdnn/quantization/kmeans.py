"""Codebooks of least squared error: k-means of numbers, exact over up to POINTS of them, and of vectors.

In one dimension clusters are runs of the sorted points, so that dynamic programming finds the best; for k
clusters the place of the last boundary grows with the number of points, so that halving the range of places
makes a layer of the table take n log n (Gronlund et al., arXiv 1701.07204).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from lpdnn.ir import Array

POINTS = 1024
"""Points that the exact search is over; of more, neighbours are joined before, and told apart again after."""


def _joined(sorted_: Array) -> tuple[Array, Array]:
    """Return at most POINTS means of neighbours, and how many numbers each stands for."""
    values, counts = np.unique(sorted_, return_counts=True)
    if values.size <= POINTS:
        return values, counts.astype(np.float64)
    # Even steps of the range: dense parts do not hide the tails, which cost most.
    places = ((values - values[0]) * ((POINTS - 1) / (values[-1] - values[0]))).astype(np.int64)
    weight = np.bincount(places, counts, minlength=POINTS)
    means = np.bincount(places, counts * values, minlength=POINTS)
    there = weight > 0
    return means[there] / weight[there], weight[there]


def _layer(before: Array, cost: _Cost) -> tuple[Array, Array]:
    """Return, for each j, the least before[i] + cost of points i to j - 1, and that i."""
    n = before.size - 1
    best, place = np.full(n + 1, np.inf), np.zeros(n + 1, np.int64)
    best[0] = 0.0
    ranges = [(1, n, 0, n - 1)]
    while ranges:  # one level of halving at a time, all of its ranges at once
        middles = np.array([(a + b) // 2 for a, b, _, _ in ranges])
        lows = np.array([low for _, _, low, _ in ranges])
        highs = np.minimum(np.array([high for *_, high in ranges]), middles - 1)
        lengths = highs - lows + 1
        starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
        i = np.arange(lengths.sum()) - np.repeat(starts - lows, lengths)
        j = np.repeat(middles, lengths)
        total = before[i] + cost(i, j)
        least = np.minimum.reduceat(total, starts)
        first = np.flatnonzero(total == np.repeat(least, lengths))
        owner = np.searchsorted(starts, first, side="right") - 1
        chosen = np.zeros(len(ranges), np.int64)
        chosen[owner[::-1]] = i[first[::-1]]
        best[middles], place[middles] = least, chosen
        halves = []
        for (a, b, low, high), middle, at in zip(ranges, middles.tolist(), chosen.tolist(), strict=True):
            if a < middle:
                halves.append((a, middle - 1, low, at))
            if middle < b:
                halves.append((middle + 1, b, at, high))
        ranges = halves
    return best, place


class _Cost:
    """The squared error of a run of points around its mean, from sums of what stands before it."""

    def __init__(self, points: Array, weight: Array) -> None:
        self.weight = np.concatenate([[0.0], np.cumsum(weight)])
        self.sums = np.concatenate([[0.0], np.cumsum(weight * points)])
        self.squares = np.concatenate([[0.0], np.cumsum(weight * points * points)])

    def __call__(self, i: Array, j: Array) -> Array:
        total, weight = self.sums[j] - self.sums[i], self.weight[j] - self.weight[i]
        return np.asarray(self.squares[j] - self.squares[i] - total * total / np.maximum(weight, 1e-300))


def kmeans(x: Array, clusters: int, iterations: int = 20) -> Array:
    """Return at most so many numbers, sorted, of least squared distance to the elements of x: f64.

    `iterations` rounds of Lloyd's algorithm over all elements follow where points had to be joined.
    """
    flat = np.sort(x.ravel().astype(np.float64))
    points, weight = _joined(flat)
    if points.size <= clusters:
        return points
    cost = _Cost(points - points.mean(), weight)
    best = np.concatenate([[0.0], cost(np.zeros(points.size, np.int64), np.arange(1, points.size + 1))])
    places = []
    for _ in range(clusters - 1):
        best, place = _layer(best, cost)
        places.append(place)
    ends = [points.size]
    for place in reversed(places):
        ends.append(int(place[ends[-1]]))
    bounds = np.array(sorted({0, *ends}))
    sums, weights = (np.add.reduceat(part, bounds[:-1]) for part in (points * weight, weight))
    return _polished(flat, sums / weights, iterations)


def _polished(flat: Array, centres: Array, iterations: int) -> Array:
    """Return the centres after rounds of Lloyd's algorithm over sorted numbers."""
    sums = np.concatenate([[0.0], np.cumsum(flat)])
    for _ in range(iterations):
        ends = np.searchsorted(flat, (centres[1:] + centres[:-1]) / 2)
        edges = np.concatenate([[0], ends, [flat.size]])
        counts = np.diff(edges)
        moved = np.where(counts, np.diff(sums[edges]) / np.maximum(counts, 1), centres)
        if np.array_equal(moved, centres):
            break
        centres = moved
    return centres


def vector_kmeans(x: Array, clusters: int, iterations: int = 20, seed: int = 0) -> Array:
    """Return so many vectors of least squared distance to the rows of x, by Lloyd's algorithm: f64."""
    rows = x.astype(np.float64)
    rng = np.random.default_rng(seed)
    centres = rows[rng.choice(len(rows), min(clusters, len(rows)), replace=False)]
    for _ in range(iterations):
        norms = (centres**2).sum(axis=1)
        parts = np.array_split(rows, 1 + len(rows) // 65536)
        nearest = np.concatenate([np.argmin(norms - 2 * part @ centres.T, axis=1) for part in parts])
        counts = np.bincount(nearest, minlength=len(centres))
        sums = np.stack([np.bincount(nearest, column, minlength=len(centres)) for column in rows.T], axis=1)
        lonely = counts == 0
        moved = sums / np.maximum(counts, 1)[:, None]
        moved[lonely] = rows[rng.choice(len(rows), int(lonely.sum()))]
        if np.array_equal(moved, centres):
            break
        centres = moved
    return np.asarray(centres)
