"""Concatenations of channels in nhwc, made in place: pixels of the parts lie apart, and nothing else changes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lpdnn.compiler import build, lower, select
from lpdnn.interpreter import interpret
from lpdnn.ir import Graph, LpdnnError
from lpdnn.planning import Plan, check, plan
from lpdnn.targets import find
from planning.executor import execute
from planning.networks import Net, vanilla
from planning.test_random import graphs

if TYPE_CHECKING:
    from lpdnn.primitives import Plugin, Primitive

KINDS = ("conv", "relu", "add", "concat", "slice", "reshape")


def _nhwc(graph: Graph) -> Graph:
    made = {*graph.inputs, *(value for node in graph.nodes for value in node.outputs)}
    types = {v: replace(t, layout="nhwc") if v in made and t.rank == 4 else t for v, t in graph.types.items()}
    return replace(graph, types=types)


def _able(graph: Graph, able: int) -> dict[str, tuple[Plugin, Primitive]]:
    """Return cpu_vanilla's primitives; `able` says bit by bit which convolutions can write pixels apart."""
    return {
        name: (plugin, replace(p, apart=p.op.NAME == "conv2d" and bool(able >> i & 1)))
        for i, (name, (plugin, p)) in enumerate(vanilla(graph).items())
    }


def _fire(*, batch: int = 1) -> Graph:
    net = Net("fire")
    x = net.conv(net.input(batch, 3, 5, 4), 4)
    return _nhwc(net.finish(net.conv(net.concat(net.conv(x, 2), net.conv(x, 3, 3)), 4)))


def _steps(made: Plan) -> list[str]:
    return [step.node.op.NAME for step in made.steps]


@settings(max_examples=100, deadline=None)
@given(graphs(12, kinds=KINDS), st.integers(0, 2**12 - 1))
def test_any_network_computes_the_same(graph: Graph, able: int) -> None:
    rng = np.random.default_rng(0)
    inputs = {name: rng.standard_normal(graph.types[name].shape).astype(np.float32) for name in graph.inputs}
    got = execute(plan(_nhwc(graph), _able(graph, able)), inputs)
    want = interpret(graph, inputs)
    for name in graph.outputs:
        assert np.array_equal(got[name], want[name])


@pytest.mark.parametrize("batch", [1, 2])
def test_parts_are_written_into_the_pixels_of_the_whole(batch: int) -> None:
    made = plan(graph := _fire(batch=batch), _able(graph, -1))
    assert _steps(made) == ["conv2d"] * 4
    concat = next(node for node in graph.nodes if node.op.NAME == "concat")
    one, other = map(str, concat.inputs)
    assert [made.graph.types[value].pitch for value in (one, other)] == [5, 5]
    whole = made.offsets[concat.outputs[0]]
    assert [made.offsets[value] for value in (one, other)] == [whole, whole + 8]
    assert any("of each pixel" in line for line in made.explanation)


def test_a_kernel_that_cannot_is_named() -> None:
    graph = _fire()
    made = plan(graph, _able(graph, 0b1011))  # not the one of 3x3
    assert "concat" in _steps(made)
    assert any("copies, since" in line and "in one piece" in line for line in made.explanation)


@pytest.mark.parametrize("change", ["pitch", "offset", "unable"])
def test_a_wrong_plan_is_found_out(change: str) -> None:
    made = plan(graph := _fire(), _able(graph, -1))
    part = next(value for value, tensor in made.graph.types.items() if tensor.pitch)
    if change == "pitch":
        types = {**made.graph.types, part: replace(made.graph.types[part], pitch=4)}
        wrong = replace(made, graph=replace(made.graph, types=types))
    elif change == "offset":
        index = made.offsets[part] + 4
        steps = tuple(
            replace(s, outputs=(replace(s.outputs[0], index=index),)) if part in s.node.outputs else s
            for s in made.steps
        )
        wrong = replace(made, offsets={**made.offsets, part: index}, steps=steps)
    else:
        steps = tuple(replace(s, primitive=replace(s.primitive, apart=False)) for s in made.steps)
        wrong = replace(made, steps=steps)
    with pytest.raises(LpdnnError, match="the memory plan of network 'fire' is wrong"):
        check(wrong)


@pytest.mark.parametrize("batch", [1, 2])
def test_c_and_interpreter_agree(batch: int) -> None:
    net = Net("fire")
    x = net.conv(net.input(batch, 3, 9, 7), 16)
    once = net.concat(net.conv(x, 32), net.conv(x, 16, 3), net.conv(x, 24, 5))
    y = net.conv(once, 16)
    graph = net.finish(
        net.conv(net.concat(net.concat(net.conv(y, 16), net.conv(y, 16, 3)), net.conv(y, 8)), 5)
    )
    chosen = select(graph, use=["conv*=cpu_simd:*direct*"], simplified=False)
    made = lower(graph, find("native"), simplified=False, selection=chosen)
    assert "concat" not in _steps(made)
    x_ = np.random.default_rng(0).standard_normal((batch, 3, 9, 7)).astype(np.float32)
    program = build(graph, simplified=False, selection=chosen)
    want = interpret(graph, {graph.inputs[0]: x_})
    for name, got in program.run(x_).items():
        assert np.allclose(got, want[name], atol=1e-4)
    for name, got in program.trace(x_).items():
        if name in want:
            assert np.allclose(got, want[name], atol=1e-4), name
