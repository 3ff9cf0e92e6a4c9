"""Searches to compare with: none beats the exact answer, and learning finds it on chains."""

from __future__ import annotations

import numpy as np
import pytest

from lpdnn.selection import model
from lpdnn.selection.optimum import optimum
from lpdnn.selection.searches import (
    Learning,
    Walk,
    greedy,
    plugins_of,
    q_learning,
    random_search,
    single_plugin,
)
from lpdnn.targets import find
from selection.synthetic import plugins, random_problem
from selection.with_kernels import branching


@pytest.mark.parametrize("seed", range(8))
def test_prices_along_a_walk_add_up_to_the_cost(seed: int) -> None:
    rng = np.random.default_rng(seed)
    problem = random_problem(rng, 15)
    walk = Walk(problem)
    for site in problem.sites:
        walk.take(int(rng.integers(len(site.alternatives))))
    assert walk.paid == pytest.approx(problem.cost(walk.picks))


@pytest.mark.parametrize("seed", range(8))
def test_no_search_beats_the_exact_answer_and_each_tells_its_true_cost(seed: int) -> None:
    problem = random_problem(np.random.default_rng(seed), 20)
    best = optimum(problem).proof.cost
    for found in (
        greedy(problem),
        random_search(problem, 50, seed),
        q_learning(problem, Learning(episodes=60), seed),
    ):
        assert found.cost == problem.cost(found.picks)
        assert found.cost >= best * (1 - 1e-12)
        assert list(found.curve) == sorted(found.curve, reverse=True)


@pytest.mark.parametrize("seed", range(3))
def test_q_learning_without_discount_reaches_the_optimum_of_chains(seed: int) -> None:
    problem = random_problem(np.random.default_rng(seed), 10, alternatives=4, chain=True)
    best = optimum(problem).proof.cost
    how = Learning(episodes=3000, rate=1.0, discount=1.0)
    assert q_learning(problem, how, seed).cost == pytest.approx(best, rel=1e-12)


def test_q_learning_learns_more_than_chance_in_as_many_episodes() -> None:
    problem = random_problem(np.random.default_rng(7), 30, chain=True)
    assert q_learning(problem).cost < random_search(problem).cost


def test_searches_give_the_same_answer_for_the_same_seed() -> None:
    problem = random_problem(np.random.default_rng(1), 12)
    assert q_learning(problem, Learning(100), 3) == q_learning(problem, Learning(100), 3)
    assert random_search(problem, 100, 3) == random_search(problem, 100, 3)


def test_a_single_plugin_is_helped_out_by_one_that_has_everything() -> None:
    problem = model(branching(), find("native"), plugins=plugins()).problem
    counts = plugins_of(problem)
    assert counts["cpu_vanilla"] == len(problem.sites) > counts["beta"]
    best = optimum(problem).proof.cost
    for name in counts:
        found = single_plugin(problem, name)
        assert found.cost >= best * (1 - 1e-12)
        for site, pick in zip(problem.sites, found.picks, strict=True):
            chosen = site.alternatives[pick].implementation
            has = {a.implementation.plugin.name for a in site.alternatives if a.implementation}
            assert chosen is not None
            assert chosen.plugin.name == (name if name in has else "cpu_vanilla")
