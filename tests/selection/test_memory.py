"""Choices within a budget of memory, and for size: against trying everything, and in the program that is built."""

from __future__ import annotations

import re
import subprocess
from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
import pytest

from lpdnn.codegen import write_bundle
from lpdnn.compiler import load, simplify
from lpdnn.ir import Graph, GraphBuilder, LpdnnError, TensorType
from lpdnn.ops.conv2d import Conv2d
from lpdnn.ops.eltwise import Eltwise
from lpdnn.planning import footprint, lay_out, plan
from lpdnn.primitives import Plugin, Primitive, at_rate
from lpdnn.selection import (
    CostTable,
    Measurement,
    Model,
    Selection,
    fastest,
    front,
    layer_key,
    model,
    parse,
    smallest,
    within,
)
from lpdnn.selection.budget import Budget
from lpdnn.selection.optimum import optimum
from lpdnn.selection.size import sizes
from lpdnn.targets import find
from lpdnn.toolchain import Program
from selection.synthetic import plugins
from selection.with_kernels import PLUGIN, PLUGINS, branching
from shared_data import shared

if TYPE_CHECKING:
    from pathlib import Path

NATIVE = find("native")


def _residual() -> Graph:
    """Return three convolutions with a shortcut around the last two."""
    net = GraphBuilder("residual")
    x = net.input("data", TensorType((1, 8, 6, 6)))
    for name in ("a", "b", "c"):
        weight = net.constant(f"{name}.w", np.full((8, 8, 1, 1), len(name), np.float32))
        y = net.apply(Conv2d(), x, weight, None, name=name)
        x = y
    return net.finish([net.apply(Eltwise(), "a", x, name="sum")])


def _plugin() -> Plugin:
    """Return convolutions of which the faster ones take more workspace."""

    def taking(count: int) -> Primitive:
        return Primitive(
            Conv2d, f"ws{count}", workspace=lambda *_: count * 400, estimate=at_rate(1e9 * (1 + count))
        )

    return replace(PLUGIN, primitives=(taking(1), taking(2), taking(5), *PLUGIN.primitives))


GREEDY = (*PLUGINS[:1], _plugin())
USE = [parse("op:conv2d=test_layouts:ws*"), parse("sum=cpu_vanilla")]


def _measure(graph: Graph, selection: Selection) -> int:
    return plan(*lay_out(graph, selection)).arena_bytes


def _everything(given: Model) -> list[tuple[float, int]]:
    """Return time and memory of every selection."""
    problem = given.problem
    all_picks = product(*(range(len(site.alternatives)) for site in problem.sites))
    return [
        (problem.cost(picks), _measure(given.graph, given.selection(picks)))
        for picks in all_picks
        if np.isfinite(problem.cost(picks))
    ]


def test_the_fastest_that_fits_is_found_and_proven_for_every_budget() -> None:
    given = model(_residual(), NATIVE, use=USE, plugins=GREEDY)
    known = _everything(given)
    assert len({size for _, size in known}) > 3
    for budget in sorted({size for _, size in known}):
        fit = within(given, budget, lambda one: footprint(given.graph, one))
        assert fit.bytes <= budget
        assert fit.selection.proof is not None
        assert fit.selection.proof.proven
        assert fit.selection.seconds == pytest.approx(min(t for t, size in known if size <= budget))
    with pytest.raises(LpdnnError, match="does not fit into"):
        within(given, min(size for _, size in known) - 1, lambda one: footprint(given.graph, one))


def test_the_front_is_that_of_all_selections() -> None:
    given = model(_residual(), NATIVE, use=USE, plugins=GREEDY)
    known = _everything(given)
    best = [(t, s) for t, s in known if not any(a <= t and b <= s and (a, b) != (t, s) for a, b in known)]
    fits = front(given, lambda one: footprint(given.graph, one))
    assert [fit.bytes for fit in fits] == sorted({s for _, s in best}, reverse=True)
    assert [fit.selection.seconds for fit in fits] == pytest.approx(sorted({t for t, _ in best}))


@pytest.mark.parametrize("seed", range(12))
def test_bounds_are_below_what_plans_take(seed: int) -> None:
    graph = branching() if seed % 2 else _residual()
    given = model(graph, NATIVE, plugins=GREEDY)
    budget = Budget(given, lambda one: footprint(graph, one))
    rng = np.random.default_rng(seed)
    picks = tuple(int(rng.integers(len(site.alternatives))) for site in budget.problem.sites)
    least = max(int(bounds[pick]) for bounds, pick in zip(budget.sites, picks, strict=True))
    for value in budget.problem.values:
        least = max([least, *(int(budget.values[value.name][s]) for s in budget.problem.steps(value, picks))])
    assert 0 < least <= budget.plan(picks).bytes


@pytest.mark.parametrize("name", ["mobilenet_v1_shicai.deploy", "bvlc_googlenet.deploy"])
def test_bounds_are_below_what_plans_of_networks_take(name: str) -> None:
    graph = simplify(load(shared(f"models/caffe_prototxts/{name}.prototxt"), fill="random"))
    given = model(graph, NATIVE, plugins=plugins(out_layouts=False))
    budget = Budget(given, lambda one: footprint(graph, one))
    rng = np.random.default_rng(0)
    drawn = tuple(
        replace(site, alternatives=tuple(replace(a, cost=rng.random()) for a in site.alternatives))
        for site in budget.problem.sites
    )
    # What is best by drawn costs, and not drawn itself: what comes in bands does so for both its nodes.
    picks = optimum(replace(budget.problem, sites=drawn), memory=True).picks
    least = max(int(bounds[pick]) for bounds, pick in zip(budget.sites, picks, strict=True))
    assert least <= budget.plan(picks).bytes


def test_a_search_that_is_cut_short_does_not_claim_a_proof() -> None:
    given = model(_residual(), NATIVE, use=USE, plugins=GREEDY)
    known = _everything(given)
    budget = min(size for _, size in known)

    def measure(one: Selection) -> object:
        return replace(footprint(given.graph, one), blamed=())

    search = Budget(given, measure, trials=0)  # type: ignore[arg-type]
    search.sites = [
        np.zeros_like(bounds) for bounds in search.sites
    ]  # as if nothing could be told beforehand
    try:
        fit = search.within(budget)
    except LpdnnError as error:
        assert "not proven that there is none" in str(error)  # noqa: PT017
    else:
        assert fit.selection.proof is not None
        assert not fit.selection.proof.proven
        assert "it is not proven" in fit.selection.notes[-1]


def test_without_bounds_the_search_still_finds_and_proves_the_same() -> None:
    given = model(_residual(), NATIVE, use=USE, plugins=GREEDY)
    known = _everything(given)
    for budget in sorted({size for _, size in known}):
        search = Budget(given, lambda one: footprint(given.graph, one), trials=10_000)
        search.sites = [np.zeros_like(bounds) for bounds in search.sites]
        fit = search.within(budget)
        assert fit.selection.proof is not None
        assert fit.selection.proof.proven
        assert fit.selection.seconds == pytest.approx(min(t for t, size in known if size <= budget))


def test_the_program_that_is_built_keeps_to_the_budget(tmp_path: Path) -> None:
    graph = branching()
    layers = {
        layer_key(node.op, graph.input_types(node), graph.output_types(node)): {
            "test_layouts:conv2d_f32_nhwc__test:nhwc": Measurement(0.0001),
            "cpu_vanilla:conv2d_f32_nchw__ref:nchw": Measurement(0.1),
        }
        for node in graph.nodes
        if node.op.NAME == "conv2d"
    }
    given = model(graph, NATIVE, CostTable.of(NATIVE).with_measurements(layers), plugins=PLUGINS)
    fastest_of_all, *_, least = front(given, lambda one: footprint(graph, one))
    assert least.bytes < fastest_of_all.bytes == _measure(graph, fastest(given))
    lowered, choice = lay_out(graph, least.selection)
    bundle = write_bundle(plan(lowered, choice), NATIVE, tmp_path / "bundle")
    assert Program.load(bundle).description["arena_bytes"] == least.bytes
    variables = _writable(bundle)
    assert variables.pop("arena") == least.bytes
    # The rest of what the program writes to is the runtime's pool of handles, whatever the network.
    assert sum(variables.values()) < 1024, variables


def _writable(bundle: Path) -> dict[str, int]:
    """Build a bundle as its user does; return the bytes of every variable in it that starts as zeros."""
    subprocess.run(["make", "-s", "-C", str(bundle)], check=True)
    (archive,) = (bundle / "build").glob("lib*.a")
    listing = subprocess.run(
        ["nm", "--print-size", str(archive)], capture_output=True, text=True, check=True
    ).stdout
    rows = re.findall(r"^[0-9a-f]+ ([0-9a-f]+) [bBC] (\S+)$", listing, re.MULTILINE)
    return {name: int(size, 16) for size, name in rows}


def test_the_smallest_is_that_of_all_selections() -> None:
    given = model(_residual(), NATIVE, use=[parse("b=cpu_vanilla")], plugins=GREEDY)
    known = sizes(given)
    least = None
    for picks in product(*(range(len(site.alternatives)) for site in given.problem.sites)):
        if any(given.problem.steps(value, picks) for value in given.problem.values):
            continue
        kernels = {known.kernels[place][pick] for place, pick in enumerate(picks)}
        workspace = max(
            site.alternatives[p].workspace for site, p in zip(given.problem.sites, picks, strict=True)
        )
        weights = sum(known.weights[place][pick] for place, pick in enumerate(picks))
        total = weights + sum(known.code[kernel] for kernel in kernels) + workspace
        least = total if least is None else min(least, total)
    found = smallest(given)
    assert found.proof is not None
    assert found.proof.proven
    assert least is not None
    assert found.proof.cost <= least + 1
    if not found.conversions:
        assert found.proof.cost == pytest.approx(least, abs=1)
