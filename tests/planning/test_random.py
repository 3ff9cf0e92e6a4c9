"""Any network: the plan computes the same, keeps to its bound, and is the optimum where that can be tried."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations, product
from typing import TYPE_CHECKING

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from lpdnn.interpreter import interpret
from lpdnn.ir import LpdnnError
from lpdnn.planning import Operand, Plan, Step, check, plan
from lpdnn.planning.aliases import decide
from lpdnn.planning.arrangement import Arrangement, Clash, arrange
from lpdnn.planning.order import heights
from lpdnn.planning.problem import content_links, problem, take_overs
from lpdnn.planning.tensors import ABSENT
from planning.executor import execute
from planning.networks import Net, vanilla

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lpdnn.ir import Graph
    from lpdnn.primitives import Plugin, Primitive

Choice = dict[str, "tuple[Plugin, Primitive]"]


@st.composite
def graphs(draw: st.DrawFn, most: int, *, kinds: tuple[str, ...]) -> Graph:
    net = Net("random")
    values = [
        net.input(1, draw(st.integers(1, 3)), 2, 1, name=f"in{i}") for i in range(draw(st.integers(1, 2)))
    ]
    if "constant" in kinds:
        values.append(net.constant("fixed", np.arange(4, dtype=np.float32).reshape(1, 2, 2, 1)))
    for _ in range(draw(st.integers(1, most))):
        kind = draw(st.sampled_from([kind for kind in kinds if kind != "constant"]))
        x = draw(st.sampled_from(values))
        channels = net.shape(x)[1]
        if kind == "conv":
            values.append(net.conv(x, draw(st.integers(1, 4))))
        elif kind == "relu":
            values.append(net.relu(x))
        elif kind == "add":
            alike = [value for value in values if net.shape(value) == net.shape(x)]
            values.append(net.add(x, *draw(st.lists(st.sampled_from(alike), min_size=1, max_size=2))))
        elif kind == "concat":
            alike = [value for value in values if net.shape(value)[2:] == net.shape(x)[2:]]
            values.append(net.concat(x, *draw(st.lists(st.sampled_from(alike), min_size=1, max_size=2))))
        elif kind == "slice":
            begin = draw(st.integers(0, channels - 1))
            values.append(net.channels(x, begin, draw(st.integers(1, channels - begin))))
        else:
            height = net.shape(x)[2]
            swapped = (1, channels * height, 1, 1) if height > 1 else (1, channels, 1, 1)
            values.append(net.reshape(x, *swapped))
    outputs = draw(st.lists(st.sampled_from(values), max_size=2))
    return net.finish(*dict.fromkeys([*outputs, values[-1]]))


ALL = ("conv", "relu", "add", "concat", "slice", "reshape", "constant")


def _choice(graph: Graph, workspace: int, alignment: int) -> Choice:
    """Return cpu_vanilla's primitives; convolutions with a workspace, and an alignment of their own."""
    return {
        name: (plugin, replace(p, workspace=lambda *_: workspace, alignment=alignment))
        if p.op.NAME == "conv2d"
        else (plugin, p)
        for name, (plugin, p) in vanilla(graph).items()
    }


@settings(max_examples=250, deadline=None)
@given(graphs(12, kinds=ALL), st.sampled_from([0, 4, 20]), st.sampled_from([4, 8, 64]))
def test_a_plan_computes_what_the_graph_means(graph: Graph, workspace: int, alignment: int) -> None:
    made = plan(graph, _choice(graph, workspace, alignment))
    rng = np.random.default_rng(3)
    inputs = {name: rng.standard_normal(graph.types[name].shape).astype(np.float32) for name in graph.inputs}
    outputs = execute(made, inputs)
    expected = interpret(graph, inputs)
    for name in graph.outputs:
        np.testing.assert_array_equal(outputs[name], expected[name])
    assert made.arena_bytes >= made.lower_bound
    assert made.optimal or made.arena_bytes > made.lower_bound
    assert made.order_bound is None or made.order_bound == made.lower_bound
    assert made.alignment == (alignment if any(n.op.NAME == "conv2d" for n in graph.nodes) else 4)
    for buffer in made.buffers:
        assert buffer.offset % made.alignment == 0
        assert buffer.bytes % made.alignment == 0


def _orders(arrangement: Arrangement) -> Iterator[tuple[int, ...]]:
    jobs = arrangement.network
    for order in permutations(range(jobs.count)):
        done = 0
        for job in order:
            if jobs.preds[job] & ~done:
                break
            done |= 1 << job
        else:
            yield order


@settings(max_examples=60, deadline=None)
@given(graphs(4, kinds=ALL))
def test_no_other_links_or_order_have_a_lower_bound(graph: Graph) -> None:
    given_problem = problem(graph, vanilla(graph))
    assume(not any(value in given_problem.constants for value in graph.outputs))
    links = [*content_links(given_problem), *take_overs(given_problem)]
    least = None
    for picks in product((True, False), repeat=len(links)):
        try:
            arrangement = arrange(
                given_problem, [link for link, pick in zip(links, picks, strict=True) if pick]
            )
        except Clash:
            continue
        best = min(max(heights(arrangement.network, order)) for order in _orders(arrangement))
        least = best if least is None else min(least, best)
    assert decide(given_problem).bound == least


def _works(good: Plan, names: Sequence[str], choice: Choice, offsets: dict[str, int], size: int) -> bool:
    """Tell if nodes in this order, with values at these offsets, make a plan."""
    nodes = {node.name: node for node in good.graph.nodes}
    steps = []
    for name in names:
        node = nodes[name]
        operands = [
            Operand("arena", offsets[v]) if v in offsets else Operand("tensor", 0)
            for v in map(str, node.inputs)
        ]
        absent = [ABSENT] * (len(node.op.INPUTS) - len(operands))
        outputs = tuple(Operand("arena", offsets[v]) for v in node.outputs)
        steps.append(Step(node, *choice[name], (*operands, *absent), outputs, ABSENT, 0))
    try:
        check(replace(good, steps=tuple(steps), offsets=offsets, arena_bytes=size))
    except LpdnnError:
        return False
    return True


def _fits(good: Plan, choice: Choice, size: int) -> bool:
    """Tell, by trying every order, view and offset, if an arena is enough."""
    graph = good.graph
    arena = {value: tensor.bytes for value, tensor in graph.types.items() if value not in graph.constants}
    places = [range(0, size - count + 1, 4) for count in arena.values()]
    free = [node.name for node in graph.nodes if node.op.VIEW]
    for without in product((True, False), repeat=len(free)):
        skipped = {name for name, skip in zip(free, without, strict=True) if skip}
        names = [node.name for node in graph.nodes if node.name not in skipped]
        for order in permutations(names):
            for offsets in product(*places):
                if _works(good, order, choice, dict(zip(arena, offsets, strict=True)), size):
                    return True
    return False


@settings(max_examples=25, deadline=None)
@given(graphs(3, kinds=("conv", "relu", "add", "reshape")))
def test_no_smaller_arena_is_enough(graph: Graph) -> None:
    choice = vanilla(graph)
    made = plan(graph, choice)
    assume(made.arena_bytes <= 40)
    assert _fits(made, choice, made.arena_bytes)
    assert not _fits(made, choice, made.arena_bytes - 4)
    assert made.optimal
