"""Which values share memory, case by case."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from lpdnn.interpreter import interpret
from lpdnn.ir import Graph, LpdnnError, TensorType
from lpdnn.ops.concat import Concat
from lpdnn.ops.conv2d import Conv2d
from lpdnn.ops.permute import Permute
from lpdnn.ops.slice import Slice
from lpdnn.planning import Plan, plan
from planning.executor import execute
from planning.networks import Net, planned, vanilla

if TYPE_CHECKING:
    from collections.abc import Callable


def _steps(made: Plan) -> list[str]:
    return [step.node.op.NAME for step in made.steps]


def _same(graph: Graph) -> Plan:
    """Return the plan, after seeing that it computes what the graph means."""
    made = planned(graph)
    rng = np.random.default_rng(1)
    inputs = {name: rng.standard_normal(graph.types[name].shape).astype(np.float32) for name in graph.inputs}
    outputs = execute(made, inputs)
    for name, array in interpret(graph, inputs).items():
        if name in graph.outputs:
            np.testing.assert_array_equal(outputs[name], array)
    return made


def test_an_input_that_is_an_output_stays_where_it_is() -> None:
    net = Net()
    x = net.input(1, 2, 2, 2)
    made = _same(net.finish(x, net.relu(x)))
    assert _steps(made) == ["activation"]
    assert made.steps[0].outputs != made.steps[0].inputs


def test_a_network_without_nodes_needs_no_step() -> None:
    net = Net()
    made = _same(net.finish(net.input(1, 2, 2, 2)))
    assert made.steps == ()
    assert made.arena_bytes == 32


def test_an_output_that_is_a_constant_is_copied_and_keeps_its_name() -> None:
    net = Net()
    net.input(1, 2, 2, 2)
    fixed = net.constant("priors", np.arange(6, dtype=np.float32).reshape(1, 2, 3))
    made = _same(net.finish(fixed, net.relu("data"), net.reshape(fixed, 6)))
    assert _steps(made) == ["activation", "reshape", "reshape"]
    assert made.graph.outputs == ("priors", "activation0", "reshape1")
    assert [tensor.name for tensor in made.tensors] == ["priors.constant", "priors.constant.ref"][
        : len(made.tensors)
    ]


def test_a_view_of_a_constant_is_the_constant() -> None:
    net = Net()
    x = net.input(1, 2, 2, 2)
    seen = net.reshape(net.constant("c", np.ones((2, 4), np.float32)), 1, 2, 2, 2)
    made = _same(net.finish(net.add(x, seen)))
    assert _steps(made) == ["eltwise"]
    assert [operand.kind for operand in made.steps[0].inputs] == ["arena", "tensor"]


def test_a_view_of_an_input_that_is_the_output_has_no_step() -> None:
    net = Net()
    made = _same(net.finish(net.reshape(net.input(1, 2, 2, 2), 8)))
    assert made.steps == ()
    assert made.offsets == {"data": 0, "reshape0": 0}


@pytest.mark.parametrize("shape", [(8,), (1, 2, 2, 2)])
def test_outputs_that_are_views_of_each_other_are_copies(shape: tuple[int, ...]) -> None:
    net = Net()
    x = net.conv(net.input(1, 2, 2, 2), 2)
    made = _same(net.finish(x, net.reshape(x, *shape)))
    assert _steps(made) == ["conv2d", "reshape"]
    assert any("are outputs, which must not overlap" in line for line in made.explanation)


def test_a_part_that_is_an_output_beside_the_whole_is_a_copy() -> None:
    net = Net()
    x = net.input(1, 2, 2, 2)
    a, b = net.conv(x, 2), net.conv(x, 3)
    assert _steps(_same(net.finish(net.concat(a, b), a))) == ["conv2d", "conv2d", "concat"]


def test_a_part_that_is_an_output_may_lie_in_a_whole_that_is_none() -> None:
    net = Net()
    x = net.input(1, 2, 2, 2)
    a, b = net.conv(x, 2), net.conv(x, 3)
    made = _same(net.finish(net.conv(net.concat(a, b), 9), a))
    assert _steps(made) == ["conv2d"] * 3


def test_slices_that_are_outputs_lie_apart_in_one_value() -> None:
    net = Net()
    x = net.conv(net.input(1, 2, 2, 2), 5)
    made = _same(net.finish(net.channels(x, 0, 2), net.channels(x, 2, 3)))
    assert _steps(made) == ["conv2d"]


def test_a_value_in_two_concats_is_copied_by_one() -> None:
    net = Net()
    x = net.input(1, 2, 2, 2)
    a, b, c = net.conv(x, 2), net.conv(x, 3), net.conv(x, 4)
    made = _same(net.finish(net.concat(a, b), net.concat(c, b)))
    assert _steps(made).count("concat") == 1


def test_concats_that_share_neighbours_overlap() -> None:
    net = Net()
    x = net.input(1, 2, 2, 2)
    a, b, c = net.conv(x, 2), net.conv(x, 3), net.conv(x, 4)
    made = _same(net.finish(net.conv(net.concat(a, b), 1), net.conv(net.concat(b, c), 1)))
    assert _steps(made).count("concat") == 0


def test_a_value_twice_in_a_concat_is_copied() -> None:
    net = Net()
    a = net.conv(net.input(1, 2, 2, 2), 2)
    assert _steps(_same(net.finish(net.concat(a, a)))) == ["conv2d", "concat"]


def test_a_constant_part_is_copied() -> None:
    net = Net()
    a = net.conv(net.input(1, 2, 2, 2), 2)
    fixed = net.constant("c", np.ones((1, 1, 2, 2), np.float32))
    assert _steps(_same(net.finish(net.concat(a, fixed)))) == ["conv2d", "concat"]


def test_nested_concats_have_no_step() -> None:
    net = Net()
    x = net.input(1, 2, 2, 2)
    inner = net.concat(net.conv(x, 2), net.conv(x, 3))
    made = _same(net.finish(net.concat(net.conv(x, 1), net.reshape(inner, 1, 5, 2, 2), net.conv(inner, 2))))
    assert _steps(made) == ["conv2d"] * 4


def test_an_input_may_be_a_part() -> None:
    net = Net()
    x = net.input(1, 2, 2, 2)
    made = _same(net.finish(net.concat(x, net.conv(x, 2))))
    assert _steps(made) == ["conv2d"]
    assert made.arena_bytes == 64


def test_parts_of_a_batch_are_not_runs_and_are_copied() -> None:
    net = Net()
    x = net.input(2, 2, 2, 2)
    assert _steps(_same(net.finish(net.concat(net.conv(x, 2), net.conv(x, 2))))) == [
        "conv2d",
        "conv2d",
        "concat",
    ]
    net = Net()
    x = net.input(2, 2, 2, 2)
    assert _steps(_same(net.finish(net.concat(net.conv(x, 2), net.conv(x, 2), axis=0)))) == ["conv2d"] * 2


def test_a_concat_that_would_hold_memory_too_long_is_copied() -> None:
    # A small part is made early, then a wide stretch follows, then the wide part.
    net = Net()
    x = net.input(1, 1, 4, 4)
    small = net.conv(x, 1)
    wide = net.conv(net.conv(net.conv(net.conv(small, 30), 30), 1), 20)
    made = _same(net.finish(net.conv(net.concat(small, wide), 1)))
    assert "concat" in _steps(made)
    assert made.arena_bytes == 4 * 16 * (30 + 30 + 1)
    assert any("it would take more memory" in line for line in made.explanation)


def test_a_chain_in_place_may_grow_into_a_concat() -> None:
    net = Net()
    x = net.input(1, 1, 4, 4)
    branches = [net.relu(net.relu(net.conv(x, 4))) for _ in range(3)]
    made = _same(net.finish(net.concat(*branches)))
    assert "concat" not in _steps(made)
    assert made.arena_bytes == 4 * 16 * (1 + 12)
    assert made.unaliased_bound > made.arena_bytes


def test_a_part_is_not_written_over_while_the_whole_is_needed() -> None:
    net = Net()
    x = net.input(1, 1, 4, 4)
    a, b = net.conv(x, 4), net.conv(x, 4)
    whole = net.concat(a, b)
    made = _same(net.finish(net.conv(whole, 1), net.relu(a)))
    for step in made.steps:
        if step.node.op.NAME == "activation" and made.steps.index(step) < len(made.steps) - 1:
            assert step.outputs[0] != step.inputs[0]


def test_an_operand_twice_can_be_written_over() -> None:
    net = Net()
    x = net.conv(net.input(1, 2, 2, 2), 2)
    made = _same(net.finish(net.add(x, x)))
    assert made.steps[1].inputs == made.steps[1].outputs * 2


def test_halves_of_a_value_are_written_over_one_by_one() -> None:
    net = Net()
    x = net.conv(net.input(1, 1, 4, 4), 8)
    made = _same(net.finish(net.concat(net.relu(net.channels(x, 0, 4)), net.relu(net.channels(x, 4, 4)))))
    assert _steps(made) == ["conv2d", "activation", "activation"]
    assert made.arena_bytes == 4 * 16 * (1 + 8)


def test_an_unread_input_has_its_own_place_at_the_start_only() -> None:
    net = Net()
    net.input(1, 1, 2, 2, name="other")
    made = _same(net.finish(net.conv(net.input(1, 1, 2, 2), 8)))
    assert made.arena_bytes == 16 + 128
    assert made.offsets["other"] != made.offsets["data"]


def test_a_value_nobody_reads_is_made_all_the_same() -> None:
    net = Net()
    x = net.input(1, 2, 2, 2)
    net.conv(x, 3)
    assert _steps(_same(net.finish(net.relu(x)))) == ["conv2d", "activation"]


@pytest.mark.parametrize(("alignment", "concats"), [(4, 0), (8, 0), (16, 1), (64, 1)])
def test_a_part_that_would_not_be_aligned_is_copied(alignment: int, concats: int) -> None:
    net = Net()
    x = net.input(1, 1, 1, 2)
    graph = net.finish(net.concat(net.conv(x, 3), net.conv(x, 1)))
    choice = {
        name: (plugin, replace(primitive, alignment=alignment if primitive.op.NAME == "conv2d" else 4))
        for name, (plugin, primitive) in vanilla(graph).items()
    }
    made = plan(graph, choice)
    assert _steps(made).count("concat") == concats
    assert made.alignment == alignment


@pytest.mark.parametrize(
    ("layout", "channels", "axis", "start"),
    [
        ("nchw", 3, 1, 3 * 20),
        ("nhwc", 3, 1, None),
        ("nhwc", 3, 2, 3 * 20),
        ("nchw8c", 8, 1, 8 * 20),
        ("nchw8c", 3, 1, None),
        ("nchw16c", 8, 1, None),
        ("nchw8c", 8, 2, 8 * 20),
        ("nchw8c", 3, 2, 8 * 20),
        ("nchw8c", 9, 2, None),
    ],
)
def test_concat_knows_where_parts_lie_in_each_layout(
    layout: str, channels: int, axis: int, start: int | None
) -> None:
    part = TensorType((1, channels, 4, 5), layout=layout)
    op = Concat(axis)
    starts = op.parts((part, part), op.infer(part, part))
    assert starts == (None if start is None else (0, start))
    if start is not None:
        assert Slice((0, 0, 0, 0), part.shape).piece(op.infer(part, part), (part,)) == 0


def test_a_permutation_is_no_view() -> None:
    net = Net()
    made = _same(net.finish(net.apply(Permute((0, 2, 3, 1)), net.input(1, 2, 3, 4))))
    assert _steps(made) == ["permute"]


def test_too_much_memory_is_said() -> None:
    net = Net()
    graph = net.finish(net.relu(net.input(1, 2, 2**14, 2**14)))
    with pytest.raises(LpdnnError, match=r"network 'net' needs 2147483648 bytes of memory"):
        planned(graph)


def test_a_missing_or_wrong_choice_is_said() -> None:
    net = Net()
    graph = net.finish(net.conv(net.relu(net.input(1, 2, 2, 2)), 2))
    choice = vanilla(graph)
    with pytest.raises(LpdnnError, match="node 'conv1' \\(conv2d\\) needs a primitive"):
        plan(graph, {"activation0": choice["activation0"]})
    with pytest.raises(
        LpdnnError, match="node 'conv1' is a conv2d, and lpdnn_activation_f32_nchw__ref was chosen"
    ):
        plan(graph, {**choice, "conv1": choice["activation0"]})
    plugin, primitive = choice["conv1"]
    with pytest.raises(LpdnnError, match="alignment of 12; it must be a power of two"):
        plan(graph, {**choice, "conv1": (plugin, replace(primitive, alignment=12))})


def _with_prepare(graph: Graph, prepare: Callable[..., tuple[object, ...]]) -> Plan:
    choice = {
        name: (plugin, replace(primitive, prepare=prepare) if primitive.op.NAME == "conv2d" else primitive)
        for name, (plugin, primitive) in vanilla(graph).items()
    }
    return plan(graph, choice)


def test_equal_constants_are_one_tensor() -> None:
    net = Net()
    x = net.input(1, 2, 1, 1)
    for name in ("a", "b"):
        net.constant(name, np.full((1, 2, 1, 1), 3, np.float32))
    made = _same(net.finish(net.add(x, net.constant("c", np.zeros((1, 2, 1, 1), np.float32)), "a", "b")))
    assert [tensor.name for tensor in made.tensors] == ["c", "a"]
    assert [operand.index for operand in made.steps[0].inputs[1:]] == [0, 1, 1]


def test_constants_are_as_the_kernel_wants_them() -> None:
    net = Net()
    x = net.input(1, 2, 2, 2)
    weight = net.constant("w", np.arange(4, dtype=np.float32).reshape(2, 2, 1, 1))
    graph = net.finish(
        net.apply(Conv2d(), net.apply(Conv2d(), x, weight, name="first"), weight, name="second")
    )
    made = _with_prepare(graph, lambda _op, arrays: (None, arrays[1].T, *arrays[2:]))
    (tensor,) = made.tensors
    np.testing.assert_array_equal(tensor.array, graph.constants["w"].T)
    assert tensor.array.flags.c_contiguous
    gone = _with_prepare(graph, lambda _op, arrays: (None,) * len(arrays))
    assert gone.tensors == ()
    assert gone.steps[0].inputs[1].kind == "absent"
    with pytest.raises(LpdnnError, match="prepares 1 constants of node 'first', which has 5 inputs"):
        _with_prepare(graph, lambda _op, _arrays: (None,))


def test_one_constant_prepared_in_two_ways_has_two_names() -> None:
    net = Net()
    x = net.input(1, 2, 2, 2)
    weight = net.constant("w", np.arange(4, dtype=np.float32).reshape(2, 2, 1, 1))
    graph = net.finish(net.apply(Conv2d(), net.apply(Conv2d(groups=1, stride=(1, 1)), x, weight), weight))
    scales = iter((1, 2))
    made = _with_prepare(graph, lambda _op, arrays: (None, arrays[1] * next(scales), *arrays[2:]))
    assert [tensor.name for tensor in made.tensors] == ["w", "w.ref"]


def test_an_optional_input_that_is_left_out_is_an_absent_operand() -> None:
    net = Net()
    x = net.input(1, 2, 2, 2)
    weight = net.constant("w", np.ones((2, 2, 1, 1), np.float32))
    made = _same(net.finish(net.apply(Conv2d(), x, weight)))
    assert [operand.kind for operand in made.steps[0].inputs] == ["arena", "tensor", *["absent"] * 3]
