"""k-means and the knapsack against brute force."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lpdnn.ir import LpdnnError
from lpdnn.quantization import Weighed, front, pack
from lpdnn.quantization.kmeans import kmeans

NUMBERS = st.lists(st.integers(-50, 50), min_size=1, max_size=9)


def spread(x: np.ndarray, centres: np.ndarray) -> float:
    return float(((x[:, None] - centres[None]) ** 2).min(axis=1).sum())


def best_of_all(x: np.ndarray, clusters: int) -> float:
    runs = [
        np.split(np.sort(x), cuts)
        for cuts in itertools.combinations(range(1, x.size), min(clusters, x.size) - 1)
    ]
    return min(sum(float(((run - run.mean()) ** 2).sum()) for run in one) for one in runs)


@settings(max_examples=60, deadline=None)
@given(NUMBERS, st.integers(1, 4))
def test_kmeans_is_exact(numbers: list[int], clusters: int) -> None:
    x = np.array(numbers, float)
    found = kmeans(x, clusters).centroids
    assert found.size <= clusters
    assert spread(x, found) == pytest.approx(best_of_all(x, clusters), abs=1e-9)


def test_kmeans_of_many_numbers_is_the_known_quantizer_of_the_normal_distribution() -> None:
    x = np.random.default_rng(0).standard_normal(200_000)
    for levels, distortion in ((2, 0.3634), (4, 0.1175), (16, 0.009497)):  # Max 1960, table I
        assert spread(x[:20000], kmeans(x, levels).centroids) / 20000 == pytest.approx(distortion, rel=0.05)


ITEMS = st.lists(
    st.lists(st.tuples(st.integers(1, 20), st.integers(0, 20)), min_size=1, max_size=4),
    min_size=1,
    max_size=5,
)


@settings(max_examples=80, deadline=None)
@given(ITEMS)
def test_the_knapsack_s_front_is_that_of_all_packings(items: list[list[tuple[int, int]]]) -> None:
    weighed = [[Weighed(size, float(cost)) for size, cost in item] for item in items]
    sums = [(sum(s for s, _ in one), sum(c for _, c in one)) for one in itertools.product(*items)]
    best = {size: min(c for s, c in sums if s <= size) for size, _ in sums}
    for one in front(weighed):
        assert one.cost == best[one.size]
        assert one.size == sum(item[i].size for item, i in zip(weighed, one.chosen, strict=True))
        assert one.cost == sum(item[i].cost for item, i in zip(weighed, one.chosen, strict=True))
    assert {one.cost for one in front(weighed)} == set(best.values())
    budget = max(best)
    assert pack(weighed, budget).cost == best[budget]
    with pytest.raises(LpdnnError, match="nothing fits"):
        pack(weighed, min(best) - 1)
