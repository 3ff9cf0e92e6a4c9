"""The exact solver against trying everything, and against the integer program."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np
import pytest

from lpdnn.compiler import load, simplify
from lpdnn.ir import LpdnnError
from lpdnn.selection import model
from lpdnn.selection.bounds import tightened
from lpdnn.selection.marginals import marginals
from lpdnn.selection.milp import milp
from lpdnn.selection.optimum import costs_if_forced, encode, optimum
from lpdnn.selection.pbqp import Pbqp, State, evaluate, forced, solve
from lpdnn.selection.problem import Alternative, Problem, Site, Value, cheapest, pruned
from lpdnn.selection.trees import Trees
from lpdnn.targets import find
from selection.synthetic import plugins, random_problem
from shared_data import shared

VGG16 = Path(__file__).parents[2] / "evaluation" / "vgg16.prototxt"
NETWORKS = (
    VGG16.stem,
    "mobilenet_ssd_chuanqi.deploy",
    "bvlc_alexnet.deploy",
    "bvlc_googlenet.deploy",
    "mobilenet_v1_shicai.deploy",
    "mobilenet_v2_shicai.deploy",
    "MobileNetSSD_voc_deploy",
    "ResNet-50-deploy",
    "ResNet-152-deploy",
    "sphereface20.deploy",
    "squeezenet_v1.1.deploy",
    "ssd300_vgg16_voc.deploy",
)


def _random_pbqp(
    rng: np.random.Generator, nodes: int, density: float, alternatives: int = 4, impossible: float = 0.15
) -> Pbqp:
    costs = tuple(rng.random(int(rng.integers(1, alternatives + 1))) for _ in range(nodes))
    edges = {}
    for one in range(nodes):
        for other in range(one + 1, nodes):
            if rng.random() < density:
                matrix = rng.random((len(costs[one]), len(costs[other])))
                matrix[rng.random(matrix.shape) < impossible] = np.inf
                edges[one, other] = matrix
    return Pbqp(costs, edges)


def _all(problem: Pbqp) -> list[tuple[int, ...]]:
    return list(product(*(range(len(costs)) for costs in problem.costs)))


@pytest.mark.parametrize("seed", range(60))
def test_solver_finds_what_trying_everything_finds(seed: int) -> None:
    rng = np.random.default_rng(seed)
    problem = _random_pbqp(rng, int(rng.integers(1, 8)), float(rng.random()))
    costs = {picks: evaluate(problem, picks) for picks in _all(problem)}
    found = solve(problem)
    assert found.proven
    assert found.cost == pytest.approx(min(costs.values()), rel=1e-12)
    if np.isfinite(found.cost):
        assert costs[found.picks] == found.cost
    at_best = marginals(problem)
    for node, alternatives in enumerate(problem.costs):
        for pick in range(len(alternatives)):
            least = min(cost for picks, cost in costs.items() if picks[node] == pick)
            assert forced(problem, node)[pick] == pytest.approx(least, rel=1e-9)
            assert at_best[node][pick] == pytest.approx(least, rel=1e-9)


@pytest.mark.parametrize("seed", range(10))
def test_bound_is_below_every_choice_and_leaves_the_costs_as_they_were(seed: int) -> None:
    rng = np.random.default_rng(seed)
    problem = _random_pbqp(rng, 5, 0.9, 3)
    state = State.of(problem)
    before = {picks: evaluate(problem, picks) for picks in _all(problem)}
    bound = state.base + tightened(state.costs, state.edges)
    assert bound <= min(before.values()) + 1e-12
    moved = Pbqp(
        tuple(state.costs[n] for n in range(5)),
        {(a, b): m for a, near in state.edges.items() for b, m in near.items() if a < b},
    )
    for picks, cost in before.items():
        assert evaluate(moved, picks) + state.base == pytest.approx(cost, rel=1e-9)


def test_series_and_parallel_networks_need_no_branching() -> None:
    rng = np.random.default_rng(3)
    for _ in range(20):
        problem = random_problem(rng, 40, chain=True)
        assert "branch" not in optimum(problem).proof.reductions


def test_dense_problems_are_proven_by_branching() -> None:
    problem = _random_pbqp(np.random.default_rng(0), 18, 0.5, 5, 0.0)
    found = solve(problem)
    assert found.proven
    assert found.reductions["branch"] > 0
    assert found.bound == pytest.approx(found.cost)


def test_a_search_that_is_cut_short_says_so_and_still_bounds() -> None:
    problem = _random_pbqp(np.random.default_rng(0), 18, 0.5, 5, 0.0)
    whole, cut = solve(problem), solve(problem, branches=6)
    assert not cut.proven
    assert cut.bound <= whole.cost <= cut.cost


@pytest.mark.parametrize("seed", range(20))
def test_conversion_trees_are_the_cheapest(seed: int) -> None:
    rng = np.random.default_rng(seed)
    direct = rng.integers(0, 9, (4, 4)).astype(float)
    direct[rng.random((4, 4)) < 0.3] = np.inf
    trees = Trees(direct)
    for made, wanted in product(range(4), range(16)):
        parents = [[None, *(p for p in range(4) if p != n)] if n != made else [None] for n in range(4)]
        least = np.inf
        for choice in product(*parents):
            if all(_reaches(choice, n, made) for n in range(4) if wanted >> n & 1):
                least = min(least, sum(direct[p, n] for n, p in enumerate(choice) if p is not None))
        assert trees.cost[made, wanted] == least
        if np.isfinite(least):
            held = {made}
            for source, target in trees.steps(made, wanted):
                assert source in held
                assert target not in held
                held.add(target)
            assert all(n in held for n in range(4) if wanted >> n & 1)
            assert sum(direct[step] for step in trees.steps(made, wanted)) == least


def _reaches(parents: tuple[int | None, ...], node: int, made: int) -> bool:
    seen = set()
    at: int | None = node
    while at is not None and at != made and at not in seen:
        seen.add(at)
        at = parents[at]
    return at == made


def test_a_conversion_is_paid_once_however_many_read_it() -> None:
    direct = np.full((4, 4), np.inf)
    np.fill_diagonal(direct, 0.0)
    direct[0, 1] = 10.0
    reader = (Alternative(0, 0, 8.0), Alternative(1, 0, 1.0))
    sites = (Site("maker", (Alternative(0, 0, 0.0),)), *(Site(f"reader{i}", reader) for i in range(3)))
    problem = Problem(sites, (Value("v", 0, (1, 2, 3), kept=False, direct=direct),))
    found = optimum(problem)
    assert found.picks == (0, 1, 1, 1)  # paid by each alone, the conversion would not pay
    assert found.proof.cost == 13.0


@pytest.mark.parametrize("block", range(20))
def test_solver_and_integer_program_agree_on_random_problems(block: int) -> None:
    rng = np.random.default_rng(1000 + block)
    for _ in range(50):
        problem = random_problem(rng, int(rng.integers(1, 13)), alternatives=6)
        found = optimum(problem)
        assert found.proof.proven
        assert problem.cost(found.picks) == pytest.approx(found.proof.cost, rel=1e-12)
        assert problem.cost(milp(problem)) == pytest.approx(found.proof.cost, rel=1e-9)


@pytest.mark.parametrize("name", NETWORKS)
def test_solver_and_integer_program_agree_on_networks(name: str) -> None:
    path = VGG16 if name == VGG16.stem else shared(f"models/caffe_prototxts/{name}.prototxt")
    graph = simplify(load(path, fill="random"))
    problem, _ = pruned(model(graph, find("native"), plugins=plugins()).problem)
    found = optimum(problem)
    assert found.proof.proven
    assert "branch" not in found.proof.reductions
    assert problem.cost(milp(problem)) == pytest.approx(found.proof.cost, rel=1e-9)


@pytest.mark.parametrize("seed", range(5))
def test_pruning_loses_no_optimum(seed: int) -> None:
    problem = random_problem(np.random.default_rng(seed), 25, alternatives=12)
    assert solve(encode(problem)).cost == pytest.approx(optimum(problem).proof.cost, rel=1e-12)
    for site in problem.sites:
        some, more = set(cheapest(site)), set(cheapest(site, memory=True))
        assert some <= more


def test_costs_if_forced_are_those_of_the_problem_with_one_alternative_left() -> None:
    problem = random_problem(np.random.default_rng(2), 12)
    for place, (site, totals) in enumerate(zip(problem.sites, costs_if_forced(problem), strict=True)):
        for pick, alternative in enumerate(site.alternatives):
            sites = list(problem.sites)
            sites[place] = Site(site.name, (alternative,))
            assert totals[pick] == pytest.approx(optimum(Problem(tuple(sites), problem.values)).proof.cost)


def test_without_scipy_the_integer_program_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(_name: str) -> None:
        raise ImportError

    monkeypatch.setattr("lpdnn.selection.milp.importlib.import_module", missing)
    with pytest.raises(LpdnnError, match=r"pip install 'lpdnn\[select\]'"):
        milp(random_problem(np.random.default_rng(0), 2))
