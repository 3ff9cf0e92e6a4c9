"""Networks in the shapes of well-known ones: the plan is the least possible, quick, and computes the same."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np
import pytest

from lpdnn.interpreter import interpret
from planning import networks as shapes
from planning.executor import execute

if TYPE_CHECKING:
    from collections.abc import Callable

    from lpdnn.ir import Graph

NETWORKS: dict[str, Callable[[], Graph]] = {
    "inception": shapes.inception,
    "inception, ReLU apart": lambda: shapes.inception(fused=False),
    "inception, small": lambda: shapes.inception(32, 5, fused=False),
    "residual 50": shapes.residual,
    "residual 50, batch norm apart": lambda: shapes.residual(fused=False),
    "residual 152": lambda: shapes.residual((3, 8, 36, 3)),
    "fire": shapes.fire,
    "ssd": shapes.ssd,
    "ssd, small": lambda: shapes.ssd(64),
    "dense": shapes.dense,
    "shuffle": shapes.shuffle,
    "unet": shapes.unet,
}


@pytest.mark.parametrize("name", NETWORKS)
def test_the_arena_is_the_least_possible(name: str) -> None:
    graph = NETWORKS[name]()
    begin = time.perf_counter()
    plan = shapes.planned(graph)
    assert time.perf_counter() - begin < 10  # about 1 s; the machine may be busy
    assert plan.arena_bytes == plan.lower_bound == plan.order_bound
    assert plan.optimal
    assert plan.lower_bound <= plan.unaliased_bound <= plan.naive_bytes
    for moment in range(-1, len(plan.steps) + 1):
        taken = sum(b.bytes for b in plan.buffers if b.first <= moment <= b.last)
        assert taken <= plan.lower_bound


def test_concats_of_channels_have_no_step() -> None:
    for graph in (shapes.inception(), shapes.fire()):
        assert not any(step.node.op.NAME == "concat" for step in shapes.planned(graph).steps)


def test_reshapes_have_no_step() -> None:
    assert not any(step.node.op.NAME in {"reshape", "concat"} for step in shapes.planned(shapes.ssd()).steps)


def test_residual_sums_are_written_over_an_operand() -> None:
    plan = shapes.planned(shapes.residual())
    for step in plan.steps:
        if step.node.op.NAME == "eltwise":
            assert step.outputs[0] in step.inputs


@pytest.mark.parametrize(
    "graph",
    [
        shapes.inception(32, 2, fused=False),
        shapes.residual((1, 1), 32, fused=False),
        shapes.fire(35),
        shapes.dense(8, 4),
        shapes.shuffle(7, 2),
        shapes.unet(16),
    ],
    ids=lambda graph: graph.name,
)
def test_the_planned_network_computes_the_same(graph: Graph) -> None:
    rng = np.random.default_rng(7)
    for name, array in graph.constants.items():  # every element counts
        array[...] = rng.standard_normal(array.shape) * 0.3 + name.endswith(".v")
        if name.endswith(".v"):
            np.abs(array, out=array)
    inputs = {name: rng.standard_normal(graph.types[name].shape).astype(np.float32) for name in graph.inputs}
    outputs = execute(shapes.planned(graph), inputs)
    expected = interpret(graph, inputs)
    for name in graph.outputs:
        np.testing.assert_array_equal(outputs[name], expected[name])


def test_planning_is_deterministic() -> None:
    first, second = (shapes.planned(shapes.inception(64, 4)) for _ in range(2))
    assert (first.offsets, first.buffers, first.explanation) == (
        second.offsets,
        second.buffers,
        second.explanation,
    )
    assert [step.node.name for step in first.steps] == [step.node.name for step in second.steps]
