"""Convolutions in bands of rows: where they are chosen, that they compute the same, and take less memory."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
import pytest

from lpdnn.bench.roofline import roofline
from lpdnn.compiler import build, lower, options, select
from lpdnn.interpreter import interpret
from lpdnn.ir import GraphBuilder, LpdnnError, TensorType
from lpdnn.ops.activation import IDENTITY, ActivationFunction
from lpdnn.ops.conv2d import Conv2d
from lpdnn.ops.eltwise import Eltwise
from lpdnn.selection import fastest, save_selection
from lpdnn.selection.bands import bands
from lpdnn.selection.explain import explain
from lpdnn.targets import Core, find

if TYPE_CHECKING:
    from pathlib import Path

    from lpdnn.ir import Graph
    from lpdnn.selection import Model, Selection

RELU = ActivationFunction("relu")
RNG = np.random.default_rng(0)
NATIVE = find("native")


def _conv(
    net: GraphBuilder,
    x: str,
    name: str,
    filters: int,
    size: int = 1,
    stride: int = 1,
    groups: int = 1,
    function: ActivationFunction = RELU,
) -> str:
    channels = net.types[x].shape[1]
    weight = RNG.standard_normal((filters, channels // groups, size, size)).astype(np.float32)
    bias = RNG.standard_normal(filters).astype(np.float32)
    op = Conv2d((stride, stride), (size // 2,) * 4, groups=groups, activation=function)
    return net.apply(
        op,
        x,
        net.constant(f"{name} w", weight / np.float32(np.sqrt(channels / groups) * size)),
        net.constant(f"{name} b", bias),
        name=name,
    )


def _inverted(size: int = 40, *, residual: bool = True, stride: int = 1) -> Graph:
    """Return x -> expand -> filter -> project, and x added to it."""
    net = GraphBuilder("net")
    x = net.input("x", TensorType((1, 16, size, size)))
    wide = _conv(net, x, "expand", 48)
    filtered = _conv(net, wide, "filter", 48, 3, stride, 48)
    y = _conv(net, filtered, "project", 16, function=IDENTITY)
    return net.finish([net.apply(Eltwise("sum"), x, y, name="sum") if residual else y])


def _options(graph: Graph, *use: str) -> Model:
    return options(graph, use=use, simplified=False)


def _alone(given: Model) -> Model:
    """Return a model without bands."""
    sites = tuple(
        replace(
            site,
            alternatives=tuple(
                a for a in site.alternatives if a.implementation and not a.implementation.joint
            ),
        )
        for site in given.problem.sites
    )
    return replace(given, problem=replace(given.problem, sites=sites))


def _near(core: Core) -> Core:
    """Return a core with small caches, so that bands are worth it."""
    return replace(core, levels=((1 << 12, 1e12), (1 << 14, 1e12), (1 << 62, 1e10)))


def _in_bands(selection: Selection) -> dict[str, str]:
    return {name: one.layouts for name, one in selection.nodes.items() if one.joint}


@pytest.mark.parametrize("use", ["*=cpu_vanilla", "*=cpu_simd"])
@pytest.mark.parametrize(("residual", "stride"), [(True, 1), (False, 2)])
def test_three_convolutions_are_one_step_with_the_same_result(
    use: str, stride: int, *, residual: bool
) -> None:
    graph = _inverted(residual=residual, stride=stride)
    wishes = [f"expand={use[2:]}:*>bands", f"filter={use[2:]}:bands", f"project={use[2:]}:bands>*"]
    chosen = select(graph, use=[use, *wishes], simplified=False)
    assert set(_in_bands(chosen)) == {"expand", "filter", "project"}
    plan = lower(graph, NATIVE, simplified=False, selection=chosen)
    steps = {step.node.name: step.node.op.NAME for step in plan.steps if "@" not in step.node.name}
    assert steps == {"expand": "separable"}
    x = {"x": RNG.standard_normal((1, 16, 40, 40)).astype(np.float32)}
    (got,) = build(graph, simplified=False, selection=chosen).run(x).values()
    assert np.allclose(got, interpret(graph, x)[graph.outputs[0]], atol=1e-4)
    if "simd" in use:  # its bands are shared by threads
        (shared,) = build(graph, simplified=False, selection=chosen, threads=3).run(x).values()
        assert np.array_equal(shared, got)
    alone = lower(graph, NATIVE, simplified=False, selection=fastest(_alone(_options(graph, use))))
    assert plan.arena_bytes < alone.arena_bytes


def test_without_melting_each_convolution_is_a_step() -> None:
    graph = _inverted(20)
    chosen = select(graph, use=["filter=cpu_vanilla:bands"], simplified=False)
    plan = lower(graph, NATIVE, simplified=False, selection=chosen, melted=False)
    assert {"expand", "filter", "project", "sum"} <= {step.node.name for step in plan.steps}


def test_bands_are_chosen_where_maps_leave_the_second_level_of_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    graph = _inverted()
    assert not _in_bands(fastest(_options(graph)))
    board = replace(NATIVE, core=_near(NATIVE.core))
    monkeypatch.setattr("lpdnn.compiler.find", lambda _name: board)
    assert _in_bands(fastest(_options(graph))) == {
        "expand": "nhwc>bands",
        "filter": "bands",
        "project": "bands>nhwc",
    }


def test_the_choice_is_the_best_of_all(monkeypatch: pytest.MonkeyPatch) -> None:
    board = replace(NATIVE, core=_near(NATIVE.core))
    monkeypatch.setattr("lpdnn.compiler.find", lambda _name: board)
    given = _options(_inverted(), "*=cpu_vanilla")
    problem = given.problem
    every = product(*(range(len(site.alternatives)) for site in problem.sites))
    best = min(map(problem.cost, every))
    chosen = fastest(given)
    assert chosen.seconds == pytest.approx(best)
    assert _in_bands(chosen)
    assert chosen.seconds < fastest(_alone(given)).seconds


def test_memory_counts_bands() -> None:
    graph = _inverted(residual=False)
    alone = fastest(_alone(_options(graph)))
    least = lower(graph, NATIVE, simplified=False, selection=alone).arena_bytes
    chosen = select(graph, ram=least * 2 // 3, simplified=False)
    assert set(_in_bands(chosen)) == {"expand", "filter", "project"}
    assert lower(graph, NATIVE, simplified=False, selection=chosen).arena_bytes <= least * 2 // 3


def test_rooflines_know_what_is_computed_in_bands() -> None:
    graph = _inverted(residual=False)
    chosen = select(graph, use=["filter=cpu_vanilla:bands"], simplified=False)
    _, layers = roofline(graph, chosen, 1)
    moved = {one.name: one.activations for one in layers}
    assert moved["expand"] >= 2 * graph.types["x"].bytes


def test_a_selection_file_keeps_bands(tmp_path: Path) -> None:
    graph = _inverted()
    chosen = select(graph, use=["filter=cpu_simd:bands"], simplified=False)
    save_selection(chosen, graph, tmp_path / "selection.json")
    again = select(graph, selection=tmp_path / "selection.json", simplified=False)
    assert {name: str(one) for name, one in again.nodes.items()} == {
        name: str(one) for name, one in chosen.nodes.items()
    }
    assert _in_bands(again)["filter"] == "bands"
    told = explain(_options(graph), chosen, episodes=50)
    assert all(np.isfinite(rival.seconds) for rival in told.searches)
    assert [story.implementation.rpartition(":")[2] for story in told.nodes[:3]] == [
        "nhwc>bands",
        "bands",
        "bands>nhwc",
    ]
    document = json.loads((tmp_path / "selection.json").read_text())
    document["nodes"] |= {"project": str(fastest(_alone(_options(graph))).nodes["project"])}
    (tmp_path / "selection.json").write_text(json.dumps(document))
    with pytest.raises(LpdnnError, match="no conversions lead between"):
        select(graph, selection=tmp_path / "selection.json", simplified=False)


def test_what_else_reads_or_is_an_output_exists_as_a_whole() -> None:
    assert bands(_inverted()) == {"expand", "filter"}
    net = GraphBuilder("net")
    x = net.input("x", TensorType((1, 8, 6, 6)))
    wide = _conv(net, x, "expand", 16)
    filtered = _conv(net, wide, "filter", 16, 3, 1, 16)
    graph = net.finish([_conv(net, filtered, "project", 8), filtered])
    assert not bands(graph)
