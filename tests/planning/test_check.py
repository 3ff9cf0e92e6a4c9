"""A plan that is tampered with is found out, or computes the same all the same."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lpdnn.interpreter import interpret
from lpdnn.ir import LpdnnError
from lpdnn.planning import Operand, Plan, check
from planning.executor import execute
from planning.networks import Net, fire, planned
from planning.test_random import ALL, graphs

if TYPE_CHECKING:
    from lpdnn.ir import Graph


def _moved(plan: Plan, offsets: dict[str, int], size: int) -> Plan:
    """Return the plan with its values at other offsets."""

    def operands(values: tuple[str | None, ...], old: tuple[Operand, ...]) -> tuple[Operand, ...]:
        moved = (
            Operand("arena", offsets[str(v)]) if o.kind == "arena" else o
            for v, o in zip(values, old, strict=False)
        )
        return (*moved, *old[len(values) :])

    steps = tuple(
        replace(
            step,
            inputs=operands(step.node.inputs, step.inputs),
            outputs=operands(step.node.outputs, step.outputs),
        )
        for step in plan.steps
    )
    return replace(plan, steps=steps, offsets=offsets, arena_bytes=size)


def _passes(plan: Plan) -> bool:
    try:
        check(plan)
    except LpdnnError:
        return False
    return True


@settings(max_examples=150, deadline=None)
@given(graphs(6, kinds=ALL), st.data())
def test_what_passes_computes_the_same(graph: Graph, data: st.DataObject) -> None:
    plan = planned(graph)
    offsets = dict(plan.offsets)
    for value in data.draw(st.lists(st.sampled_from(sorted(offsets)), max_size=2)):
        offsets[value] = 4 * data.draw(st.integers(0, plan.arena_bytes // 4))
    order = data.draw(st.permutations(plan.steps) if data.draw(st.booleans()) else st.just(plan.steps))
    tampered = _moved(replace(plan, steps=tuple(order)), offsets, plan.arena_bytes + 8)
    if _passes(tampered):
        inputs = {
            name: np.random.default_rng(5).standard_normal(graph.types[name].shape).astype(np.float32)
            for name in graph.inputs
        }
        outputs = execute(tampered, inputs)
        expected = interpret(graph, inputs)
        for name in graph.outputs:
            np.testing.assert_array_equal(outputs[name], expected[name])


@pytest.fixture(scope="module")
def good() -> Plan:
    return planned(fire(35))


def test_a_good_plan_passes_at_other_offsets_too(good: Plan) -> None:
    moved = _moved(
        good, {value: offset + 64 for value, offset in good.offsets.items()}, good.arena_bytes + 64
    )
    check(moved)


def test_steps_out_of_order_are_found(good: Plan) -> None:
    steps = list(good.steps)
    steps[2], steps[3] = steps[3], steps[2]  # the input of an expansion is made after it
    assert not _passes(replace(good, steps=tuple(steps)))


def test_a_missing_step_is_found(good: Plan) -> None:
    assert not _passes(replace(good, steps=good.steps[:-1]))
    assert not _passes(replace(good, steps=good.steps[1:]))


def test_a_step_twice_is_found(good: Plan) -> None:
    assert not _passes(replace(good, steps=(*good.steps, good.steps[-1])))


def test_a_place_outside_the_arena_is_found(good: Plan) -> None:
    assert not _passes(replace(good, arena_bytes=good.arena_bytes - 4))
    assert not _passes(_moved(good, {v: o - 4 for v, o in good.offsets.items()}, good.arena_bytes))


def test_a_place_that_is_not_aligned_is_found(good: Plan) -> None:
    moved = {value: offset + 2 for value, offset in good.offsets.items()}
    assert not _passes(_moved(good, moved, good.arena_bytes + 2))


def test_an_operand_that_is_not_the_value_is_found(good: Plan) -> None:
    first, *rest = good.steps
    elsewhere = (Operand("arena", first.inputs[0].index + 4), *first.inputs[1:])
    assert not _passes(replace(good, steps=(replace(first, inputs=elsewhere), *rest)))
    constant = (Operand("tensor", 0), *first.inputs[1:])
    assert not _passes(replace(good, steps=(replace(first, inputs=constant), *rest)))
    unknown = (first.inputs[0], Operand("tensor", len(good.tensors)), *first.inputs[2:])
    assert not _passes(replace(good, steps=(replace(first, inputs=unknown), *rest)))
    assert not _passes(replace(good, steps=(replace(first, inputs=first.inputs[:1]), *rest)))


@pytest.mark.parametrize("offset", [0, 32])
def test_a_workspace_over_what_is_read_or_written_is_found(offset: int) -> None:
    net = Net()
    graph = net.finish(net.conv(net.input(1, 2, 2, 2), 2))
    plan = _moved(planned(graph), {"data": 0, "conv0": 32}, 96)
    (step,) = plan.steps
    apart = replace(step, workspace=Operand("arena", 64), workspace_bytes=32)
    check(replace(plan, steps=(apart,)))
    over = replace(apart, workspace=Operand("arena", offset))
    assert not _passes(replace(plan, steps=(over,)))


def test_writing_over_an_input_needs_the_primitives_leave() -> None:
    net = Net()
    graph = net.finish(net.relu(net.input(1, 2, 2, 2)))
    plan = planned(graph)
    (step,) = plan.steps
    assert step.inputs == step.outputs
    never = replace(step, primitive=replace(step.primitive, in_place=()))
    assert not _passes(replace(plan, steps=(never,)))
    shifted = _moved(plan, {"data": 0, "activation0": 4}, 36)
    assert not _passes(shifted)


def test_outputs_that_overlap_are_found() -> None:
    net = Net()
    x = net.input(1, 2, 2, 2)
    graph = net.finish(net.relu(x), net.conv(x, 2))
    plan = planned(graph)
    same = {**plan.offsets, "conv1": plan.offsets["activation0"]}
    assert not _passes(_moved(plan, same, plan.arena_bytes))


def test_the_error_asks_to_be_reported(good: Plan) -> None:
    with pytest.raises(LpdnnError, match="memory plan of network 'fire' is wrong, please report it: conv"):
        check(replace(good, steps=good.steps[1:]))
